#include "json/writer.hpp"

#include <fmt/format.h>

#include "base/check.hpp"
#include "base/hex.hpp"

namespace scope::json {

void JsonWriter::begin_object() {
    begin('{');
}
void JsonWriter::end_object() {
    end('}');
}
void JsonWriter::begin_array() {
    begin('[');
}
void JsonWriter::end_array() {
    end(']');
}

void JsonWriter::key(std::string_view name) {
    value(name);
    text_ += ": ";
    after_key_ = true;
}

void JsonWriter::value(std::string_view text) {
    separate();
    text_ += '"';
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            text_ += '\\';
            text_ += c;
        } else if (static_cast<unsigned char>(c) < 0x20) {
            text_ += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
        } else {
            text_ += c;
        }
    }
    text_ += '"';
}

void JsonWriter::value(bool truth) {
    separate();
    text_ += truth ? "true" : "false";
}
void JsonWriter::value(uint64_t number) {
    separate();
    text_ += fmt::to_string(number);
}
void JsonWriter::value(double number) {
    separate();
    text_ += fmt::format("{:.3f}", number);
}
void JsonWriter::value(const uint256& number) {
    value(std::string_view{to_decimal(number)});
}
void JsonWriter::value(BytesView bytes) {
    value(std::string_view{to_hex(bytes)});
}

std::string JsonWriter::finish() {
    CHECK(depth_ == 0);
    return std::move(text_) + '\n';
}

void JsonWriter::separate() {
    if (after_key_) {
        after_key_ = false;
        return;
    }
    if (depth_ == 0) return;
    if (!is_first_) text_ += ',';
    is_first_ = false;
    new_line();
}

void JsonWriter::begin(char bracket) {
    separate();
    text_ += bracket;
    ++depth_;
    is_first_ = true;
}

void JsonWriter::end(char bracket) {
    CHECK(depth_ > 0 && !after_key_);
    --depth_;
    if (!is_first_) new_line();
    text_ += bracket;
    is_first_ = false;
}

void JsonWriter::new_line() {
    text_ += '\n';
    text_.append(2 * depth_, ' ');
}

}  // namespace scope::json
