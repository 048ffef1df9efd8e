#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace scope::net {

/// The values in an array or object, as they are written.
///
/// A parser gives values; what has to be echoed byte for byte (an id: 1.0, 1e3, a number of 100
/// digits) or parsed apart (a batch's element) needs their text. REQUIRES text that a parser has
/// accepted as an array or object; of other text it gives some parts, and never reads outside.
class RawItems {
  public:
    explicit RawItems(std::string_view text);
    /// Returns the next element, or the value of the next member; nullopt at the end.
    std::optional<std::string_view> next();

  private:
    void skip_space();
    void skip_value();

    std::string_view text_;
    size_t at_ = 0;
    bool is_object_ = false;
};

/// Returns @p text with the numbers quoted that simdjson may not hold: integers of more than 18
/// digits, and numbers with an exponent. Text that is no JSON does not become it.
std::string quote_big_numbers(std::string_view text);

/// Appends @p text as a JSON string. Bytes that are no UTF-8 become U+FFFD.
void append_json_string(std::string& out, std::string_view text);

}  // namespace scope::net
