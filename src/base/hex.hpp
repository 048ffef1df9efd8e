#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.hpp"

namespace scope {

/// Lower-case hex with 0x.
std::string to_hex(BytesView bytes);

/// Bytes of a hex text, with or without 0x; nothing for an odd number of digits or another
/// character.
std::optional<Bytes> from_hex(std::string_view text);

/// As from_hex, for exactly N bytes.
template <size_t N>
std::optional<FixedBytes<N>> fixed_from_hex(std::string_view text) {
    const auto bytes = from_hex(text);
    if (!bytes || bytes->size() != N) return std::nullopt;
    return FixedBytes<N>::from(*bytes);
}

namespace literals {
/// Bytes, an address or a hash written in hex; a wrong digit or length does not compile.
consteval uint8_t hex_digit(char c) {
    if (c >= '0' && c <= '9') return static_cast<uint8_t>(c - '0');
    if (c >= 'a' && c <= 'f') return static_cast<uint8_t>(c - 'a' + 10);
    if (c >= 'A' && c <= 'F') return static_cast<uint8_t>(c - 'A' + 10);
    throw "not a hex digit";
}
template <size_t N>
consteval FixedBytes<N> fixed_literal(std::string_view text) {
    if (text.starts_with("0x")) text.remove_prefix(2);
    if (text.size() != 2 * N) throw "wrong number of hex digits";
    FixedBytes<N> out;
    for (size_t i = 0; i < N; ++i)
        out[i] = static_cast<uint8_t>(hex_digit(text[2 * i]) << 4 | hex_digit(text[2 * i + 1]));
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
