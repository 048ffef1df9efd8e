#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.hpp"

namespace scope {

/// Returns the value of a hex digit, or -1 for another character.
constexpr int hex_digit(char c) noexcept {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

/// Returns lower-case hex with 0x.
inline std::string to_hex(BytesView bytes) {
    static constexpr char DIGITS[] = "0123456789abcdef";
    std::string out = "0x";
    out.reserve(2 + 2 * bytes.size());
    for (const uint8_t b : bytes) {
        out += DIGITS[b >> 4];
        out += DIGITS[b & 15];
    }
    return out;
}

/// Returns the bytes of a hex text, with or without 0x; nullopt for an odd number of digits or
/// another character.
inline std::optional<Bytes> from_hex(std::string_view text) {
    if (text.starts_with("0x")) text.remove_prefix(2);
    if (text.size() % 2 != 0) return std::nullopt;
    Bytes out(text.size() / 2);
    for (size_t i = 0; i < out.size(); ++i) {
        const int high = hex_digit(text[2 * i]);
        const int low = hex_digit(text[2 * i + 1]);
        if (high < 0 || low < 0) return std::nullopt;
        out[i] = static_cast<uint8_t>(high << 4 | low);
    }
    return out;
}

/// Returns the bytes of a hex text as from_hex does, but exactly N of them.
template <size_t N>
std::optional<FixedBytes<N>> fixed_from_hex(std::string_view text) {
    const auto bytes = from_hex(text);
    if (!bytes || bytes->size() != N) return std::nullopt;
    return FixedBytes<N>::from(*bytes);
}

namespace literals {
/// Returns bytes, an address or a hash written in hex; a wrong digit or length does not compile.
template <size_t N>
consteval FixedBytes<N> fixed_literal(std::string_view text) {
    if (text.starts_with("0x")) text.remove_prefix(2);
    if (text.size() != 2 * N) throw "wrong number of hex digits";
    FixedBytes<N> out;
    for (size_t i = 0; i < N; ++i) {
        const int high = hex_digit(text[2 * i]);
        const int low = hex_digit(text[2 * i + 1]);
        if (high < 0 || low < 0) throw "not a hex digit";
        out[i] = static_cast<uint8_t>(high << 4 | low);
    }
    return out;
}
consteval Address operator""_address(const char* text, size_t size) {
    return fixed_literal<20>({text, size});
}
consteval Hash operator""_hash(const char* text, size_t size) {
    return fixed_literal<32>({text, size});
}
inline Bytes operator""_hex(const char* text, size_t size) {
    auto bytes = from_hex({text, size});
    CHECK(bytes.has_value());
    return std::move(*bytes);
}
}  // namespace literals

}  // namespace scope
