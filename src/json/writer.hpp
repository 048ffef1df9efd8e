#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "base/uint256.hpp"

namespace scope::json {

/// Returns the text as a JSON string, with its quotes. Each byte that is no UTF-8, as a file's name
/// may have, becomes U+FFFD.
std::string quote(std::string_view text);

/// A writer of one JSON document, indented, in the order of the calls.
///
///     json.begin_object();
///     json.key("name");
///     json.value("swap");
///     json.end_object();
///
/// Numbers above 2^53 and bytes are strings: see docs/formats/demo-json.md.
class JsonWriter {
  public:
    void begin_object();
    void end_object();
    void begin_array();
    void end_array();
    void key(std::string_view name);

    void value(std::string_view text);
    void value(const char* text) { value(std::string_view{text}); }
    void value(const std::string& text) { value(std::string_view{text}); }
    void value(bool truth);
    void value(uint64_t number);
    /// Appends a number with three decimals.
    void value(double number);
    /// Appends a decimal string.
    void value(const uint256& number);
    /// Appends a hex string.
    void value(BytesView bytes);
    /// Appends a value that is JSON text already, as it is.
    void raw(std::string_view json);

    template <typename T>
    void member(std::string_view name, const T& content) {
        key(name);
        value(content);
    }

    /// Returns the document, ended by a newline. REQUIRES: everything that was begun has ended.
    [[nodiscard]] std::string finish();

  private:
    void separate();
    void begin(char bracket);
    void end(char bracket);
    void new_line();

    std::string text_;
    size_t depth_ = 0;
    bool is_first_ = true;
    bool after_key_ = false;
};

}  // namespace scope::json
