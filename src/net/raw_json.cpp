#include "net/raw_json.hpp"

#include <simdjson.h>

#include <algorithm>

namespace scope::net {
namespace {

bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}
bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
/// Whether a number, true, false or null ends before @p c.
bool ends_scalar(char c) {
    return is_space(c) || c == ',' || c == ':' || c == '"' || c == '{' || c == '}' || c == '[' ||
           c == ']';
}

/// Returns the place after the string that begins at @p at.
size_t end_of_string(std::string_view text, size_t at) {
    size_t quote = at;
    for (;;) {
        quote = text.find('"', quote + 1);
        if (quote == text.npos) return text.size();
        size_t first = quote;  // of the backslashes before it
        while (first > at + 1 && text[first - 1] == '\\') --first;
        if ((quote - first) % 2 == 0) return quote + 1;
    }
}

size_t end_of_scalar(std::string_view text, size_t at) {
    while (at < text.size() && !ends_scalar(text[at])) ++at;
    return at;
}

size_t count_digits(std::string_view text) {
    return static_cast<size_t>(std::ranges::find_if_not(text, is_digit) - text.begin());
}

/// Whether @p token is a number, by RFC 8259 section 6, that may be out of simdjson's range.
bool is_big_number(std::string_view token) {
    if (token.starts_with('-')) token.remove_prefix(1);
    const size_t whole = count_digits(token);
    if (whole == 0 || (whole > 1 && token[0] == '0')) return false;
    token.remove_prefix(whole);
    if (token.starts_with('.')) {
        const size_t fraction = count_digits(token.substr(1));
        if (fraction == 0) return false;
        token.remove_prefix(1 + fraction);
    }
    if (token.empty()) return whole > 18;
    if (token[0] != 'e' && token[0] != 'E') return false;
    token.remove_prefix(1);
    if (token.starts_with('+') || token.starts_with('-')) token.remove_prefix(1);
    return !token.empty() && count_digits(token) == token.size();
}

/// Whether the next thing at or after @p at is a colon, so that what stands before it is a key.
bool colon_follows(std::string_view text, size_t at) {
    while (at < text.size() && is_space(text[at])) ++at;
    return at < text.size() && text[at] == ':';
}

}  // namespace

RawItems::RawItems(std::string_view text) : text_(text) {
    skip_space();
    is_object_ = at_ < text_.size() && text_[at_] == '{';
    ++at_;
}

std::optional<std::string_view> RawItems::next() {
    skip_space();
    if (at_ < text_.size() && text_[at_] == ',') {
        ++at_;
        skip_space();
    }
    if (at_ >= text_.size() || text_[at_] == '}' || text_[at_] == ']') return std::nullopt;
    if (is_object_) {
        at_ = end_of_string(text_, at_);
        skip_space();
        ++at_;  // the colon
        skip_space();
    }
    const size_t begin = std::min(at_, text_.size());
    skip_value();
    return text_.substr(begin, at_ - begin);
}

void RawItems::skip_space() {
    while (at_ < text_.size() && is_space(text_[at_])) ++at_;
}

void RawItems::skip_value() {
    size_t depth = 0;
    do {
        if (at_ >= text_.size()) {
            at_ = text_.size();
            return;
        }
        switch (text_[at_]) {
            case '"':
                at_ = end_of_string(text_, at_);
                break;
            case '{':
            case '[':
                ++depth;
                ++at_;
                break;
            case '}':
            case ']':
                if (depth > 0) --depth;
                ++at_;
                break;
            case ',':
            case ':':
                ++at_;
                break;
            default:
                at_ = is_space(text_[at_]) ? at_ + 1 : end_of_scalar(text_, at_);
        }
    } while (depth > 0);
}

std::string quote_big_numbers(std::string_view text) {
    std::string out;
    out.reserve(text.size() + simdjson::SIMDJSON_PADDING);
    for (size_t at = 0; at < text.size();) {
        if (text[at] == '"') {
            const size_t end = end_of_string(text, at);
            out += text.substr(at, end - at);
            at = end;
        } else if (ends_scalar(text[at])) {
            out += text[at++];
        } else {
            const size_t end = end_of_scalar(text, at);
            const auto token = text.substr(at, end - at);
            const bool quoted = is_big_number(token) && !colon_follows(text, end);
            if (quoted) out += '"';
            out += token;
            if (quoted) out += '"';
            at = end;
        }
    }
    return out;
}

void append_json_string(std::string& out, std::string_view text) {
    static constexpr char DIGITS[] = "0123456789abcdef";
    const bool is_utf8 = simdjson::validate_utf8(text.data(), text.size());
    out += '"';
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (byte < 0x20) {
            out += "\\u00";
            out += DIGITS[byte >> 4];
            out += DIGITS[byte & 15];
        } else if (byte >= 0x80 && !is_utf8) {
            out += "\\ufffd";
        } else {
            out += c;
        }
    }
    out += '"';
}

}  // namespace scope::net
