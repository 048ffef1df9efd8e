#include "json/writer.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/check.hpp"
#include "base/hex.hpp"

namespace scope::json {

namespace {

/// Returns the size in bytes of the first character of @p text; 0 if it is no UTF-8 (Unicode 15,
/// table 3-7).
size_t size_of_character(std::string_view text) {
    const auto byte = [&](size_t i) -> unsigned {
        return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u;
    };
    const unsigned first = byte(0);
    if (first < 0x80) return 1;
    if (first < 0xc2 || first > 0xf4) return 0;
    const size_t size = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    // The second byte's range leaves out overlong forms, surrogates and what is above U+10FFFF.
    const unsigned least = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    const unsigned most = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    if (byte(1) < least || byte(1) > most) return 0;
    for (size_t i = 2; i < size; ++i)
        if (byte(i) < 0x80 || byte(i) > 0xbf) return 0;
    return size;
}

}  // namespace

std::string quote(std::string_view text) {
    std::string result = "\"";
    while (!text.empty()) {
        const size_t size = size_of_character(text);
        const char c = text.front();
        if (size == 0)
            result += "\xef\xbf\xbd";
        else if (c == '"' || c == '\\')
            (result += '\\') += c;
        else if (size == 1 && static_cast<unsigned char>(c) < 0x20)
            result += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
        else
            result += text.substr(0, size);
        text.remove_prefix(std::max<size_t>(size, 1));
    }
    return result + '"';
}

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
    text_ += quote(text);
}

void JsonWriter::raw(std::string_view json) {
    separate();
    text_ += json;
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
