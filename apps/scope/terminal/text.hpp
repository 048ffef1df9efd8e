#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/uint256.hpp"

/// Text for a terminal: aligned, and narrow enough for 120 columns.
namespace scope::terminal {

inline constexpr size_t COLUMNS = 120;

/// Returns the number of characters, not bytes, of UTF-8 without combining ones.
size_t display_width(std::string_view text);
/// Returns the text filled up with spaces; never cut.
std::string left(std::string_view text, size_t width);
std::string right(std::string_view text, size_t width);
/// Returns the text cut at @p width, with an ellipsis if it was longer.
std::string cut(std::string_view text, size_t width);
/// Returns lines of at most @p width, broken at spaces.
std::vector<std::string> wrap(std::string_view text, size_t width);

/// Returns the number as "1,234,567".
std::string grouped(const uint256& number);
/// Returns an amount of 10^-18 units, with six decimals: "1,234.5", "<0.000001".
std::string amount(const uint256& smallest_units);
/// Returns the change with its sign: "+1.5", "-0.2", "0".
std::string change(const uint256& before, const uint256& after);

enum class Colour : uint8_t { no, yes };

/// A painter of text by escape sequences, or without colour.
class Paint {
  public:
    explicit Paint(Colour colour) : on_(colour == Colour::yes) {}
    [[nodiscard]] std::string bold(std::string_view text) const { return paint("1", text); }
    [[nodiscard]] std::string dim(std::string_view text) const { return paint("2", text); }
    [[nodiscard]] std::string green(std::string_view text) const { return paint("32", text); }
    [[nodiscard]] std::string red(std::string_view text) const { return paint("31", text); }
    /// Returns a tick or a cross.
    [[nodiscard]] std::string mark(bool held) const { return held ? green("✓") : red("✗"); }

  private:
    [[nodiscard]] std::string paint(std::string_view code, std::string_view text) const;
    bool on_;
};

}  // namespace scope::terminal
