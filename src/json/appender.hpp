#pragma once

#include <array>
#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "base/bytes.hpp"
#include "base/uint256.hpp"

namespace scope::json {

/// An appender of compact JSON to a text, in the order of the calls: what JSON-RPC is answered with.
///
///     Appender json;
///     json.begin_object();
///     json.key("number").quantity(7);
///     json.key("hash").hex(hash);
///     json.end_object();
///     std::string text = json.take();
///
/// It puts the commas. REQUIRES: the calls in the order of a document, each key with one value; no
/// checks, for it is on the way of every answer.
class Appender {
  public:
    Appender() = default;
    /// Makes room for @p more characters, so that the text is not moved while it grows.
    void reserve(size_t more) { text_.reserve(text_.size() + more); }

    void begin_object() { open('{'); }
    void end_object() { close('}'); }
    void begin_array() { open('['); }
    void end_array() { close(']'); }

    /// REQUIRES: a name without characters that JSON escapes.
    Appender& key(std::string_view name) {
        separate();
        text_ += '"';
        text_ += name;
        text_ += "\":";
        after_value_ = false;
        return *this;
    }
    /// Appends a key in hex with 0x, as addresses and hashes are.
    Appender& hex_key(BytesView bytes) {
        hex(bytes);
        text_ += ':';
        after_value_ = false;
        return *this;
    }
    /// Appends any text as a key.
    Appender& text_key(std::string_view name) {
        string(name);
        text_ += ':';
        after_value_ = false;
        return *this;
    }

    /// Appends a string, escaped. Each byte that is no UTF-8 becomes U+FFFD.
    void string(std::string_view text);
    void boolean(bool truth) { raw(truth ? "true" : "false"); }
    void null() { raw("null"); }
    /// Appends a number in decimal.
    void number(uint64_t value) { raw(std::to_string(value)); }
    /// Appends a number with as many digits as tell it from its neighbours. REQUIRES: finite.
    void number(double value);
    /// Appends a number as JSON-RPC has quantities: hex, 0x, no leading zeros.
    void quantity(uint64_t value);
    void quantity(const uint256& value);
    /// Appends bytes as JSON-RPC has data: hex with 0x, two digits a byte.
    void hex(BytesView bytes);
    /// Appends JSON text as it is.
    void raw(std::string_view json) {
        separate();
        text_ += json;
        after_value_ = true;
    }

    [[nodiscard]] size_t size() const noexcept { return text_.size(); }
    [[nodiscard]] std::string_view view() const noexcept { return text_; }
    /// Returns the text, and begins a new one.
    [[nodiscard]] std::string take() {
        after_value_ = false;
        return std::exchange(text_, {});
    }

  private:
    void separate() {
        if (after_value_) text_ += ',';
    }
    void open(char bracket) {
        separate();
        text_ += bracket;
        after_value_ = false;
    }
    void close(char bracket) {
        text_ += bracket;
        after_value_ = true;
    }

    std::string text_;
    bool after_value_ = false;
};

/// Returns one value as JSON text: quantity_json(7) is "0x7" with its quotes.
std::string quantity_json(const uint256& value);
std::string hex_json(BytesView bytes);
std::string string_json(std::string_view text);

}  // namespace scope::json
