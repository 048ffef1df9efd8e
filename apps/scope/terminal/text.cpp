#include "terminal/text.hpp"

#include <fmt/format.h>

namespace scope::terminal {

namespace {

bool is_continuation(char c) {
    return (static_cast<unsigned char>(c) & 0xc0) == 0x80;
}

constexpr unsigned DECIMALS = 6;
constexpr uint64_t UNIT = 1'000'000'000'000'000'000;

}  // namespace

size_t display_width(std::string_view text) {
    size_t width = 0;
    for (const char c : text) width += is_continuation(c) ? 0 : 1;
    return width;
}

std::string left(std::string_view text, size_t width) {
    const size_t has = display_width(text);
    return std::string{text} + std::string(has < width ? width - has : 0, ' ');
}

std::string right(std::string_view text, size_t width) {
    const size_t has = display_width(text);
    return std::string(has < width ? width - has : 0, ' ') + std::string{text};
}

std::string cut(std::string_view text, size_t width) {
    if (display_width(text) <= width) return std::string{text};
    size_t end = 0;
    for (size_t seen = 0; end < text.size(); ++end)
        if (!is_continuation(text[end]) && ++seen == width) break;
    return std::string{text.substr(0, end)} + "…";
}

std::vector<std::string> wrap(std::string_view text, size_t width) {
    std::vector<std::string> lines(1);
    while (!text.empty()) {
        const auto word = text.substr(0, text.find(' '));
        text.remove_prefix(std::min(text.size(), word.size() + 1));
        if (!lines.back().empty() && display_width(lines.back()) + 1 + display_width(word) > width)
            lines.emplace_back();
        if (!lines.back().empty()) lines.back() += ' ';
        lines.back() += word;
    }
    return lines;
}

std::string grouped(const uint256& number) {
    std::string digits = to_decimal(number);
    for (size_t i = digits.size(); i > 3; i -= 3) digits.insert(i - 3, ",");
    return digits;
}

std::string amount(const uint256& smallest_units) {
    const auto [whole, rest] = divmod(smallest_units, uint256{UNIT});
    auto decimals = fmt::format("{:018}", rest[0]).substr(0, DECIMALS);
    while (!decimals.empty() && decimals.back() == '0') decimals.pop_back();
    if (whole.is_zero() && decimals.empty() && !rest.is_zero()) return "<0.000001";
    return grouped(whole) + (decimals.empty() ? "" : "." + decimals);
}

std::string change(const uint256& before, const uint256& after) {
    if (before == after) return "0";
    return before < after ? "+" + amount(after - before) : "-" + amount(before - after);
}

std::string Paint::paint(std::string_view code, std::string_view text) const {
    return on_ ? fmt::format("\033[{}m{}\033[0m", code, text) : std::string{text};
}

}  // namespace scope::terminal
