#pragma once

#include <bit>
#include <concepts>
#include <optional>
#include <tuple>
#include <vector>

#include "base/chain_id.hpp"
#include "base/uint256.hpp"

/// RLP (Yellow Paper, appendix B):
///
///     item   = string | list
///     string = byte below 0x80
///            | 0x80 + size, bytes                    size below 56
///            | 0xb7 + size of size, size, bytes
///     list   = 0xc0 + size, items                    size below 56
///            | 0xf7 + size of size, size, items
///
/// A size is big-endian without leading zeros. A number is the string of its bytes, big-endian
/// without leading zeros.
///
/// A value is one of: unsigned integers, bool, uint256 and ChainId (numbers); what converts to
/// BytesView (string); std::optional of such (empty string for nullopt); std::vector of values
/// (list); std::tuple of values (list); Raw; and a struct with fields:
///
///     struct Withdrawal { uint64_t index; Address address; };
///     constexpr auto rlp_fields(const Withdrawal*) {
///         return std::tuple{&Withdrawal::index, &Withdrawal::address};
///     }
///
/// which is the list of these, here and in Reader::read.
namespace scope::rlp {

/// Bytes that are RLP already, one item or several.
struct Raw {
    BytesView encoded;
};

template <typename T>
concept Number = std::unsigned_integral<T> || std::same_as<T, uint256>;
template <typename T>
concept String = std::convertible_to<const T&, BytesView>;
template <typename T>
concept Struct = requires(const T* tag) { rlp_fields(tag); };

inline constexpr uint8_t STRING_BASE = 0x80;
inline constexpr uint8_t LIST_BASE = 0xc0;

/// Returns the size in bytes of the header before a payload of this size.
constexpr size_t header_size(size_t payload_size) noexcept {
    return payload_size < 56 ? 1 : 1 + (static_cast<size_t>(std::bit_width(payload_size)) + 7) / 8;
}
/// Writes a header at @p out and returns the place behind it.
constexpr uint8_t* write_header(uint8_t* out, uint8_t base, size_t payload_size) noexcept {
    const size_t size_of_size = header_size(payload_size) - 1;
    if (size_of_size == 0) {
        *out = static_cast<uint8_t>(base + payload_size);
        return out + 1;
    }
    *out = static_cast<uint8_t>(base + 55 + size_of_size);
    for (size_t i = size_of_size; i > 0; --i, payload_size >>= 8)
        out[i] = static_cast<uint8_t>(payload_size);
    return out + 1 + size_of_size;
}

template <typename... Ts>
size_t payload_size(const Ts&... items) noexcept;

/// Returns the size of the encoding in bytes.
template <typename T>
size_t encoded_size(const T& value) noexcept;
template <typename T>
size_t encoded_size(const std::optional<T>& value) noexcept;
template <typename T>
    requires(!std::same_as<T, uint8_t>)
size_t encoded_size(const std::vector<T>& list) noexcept;
template <typename... Ts>
size_t encoded_size(const std::tuple<Ts...>& list) noexcept;

template <typename T>
size_t encoded_size(const std::optional<T>& value) noexcept {
    return value ? encoded_size(*value) : 1;
}
template <typename T>
    requires(!std::same_as<T, uint8_t>)
size_t encoded_size(const std::vector<T>& list) noexcept {
    size_t size = 0;
    for (const T& value : list) size += encoded_size(value);
    return header_size(size) + size;
}
template <typename... Ts>
size_t encoded_size(const std::tuple<Ts...>& list) noexcept {
    const size_t size =
        std::apply([](const auto&... items) { return payload_size(items...); }, list);
    return header_size(size) + size;
}

template <typename T>
size_t encoded_size(const T& value) noexcept {
    if constexpr (std::unsigned_integral<T>) {
        const uint64_t number = value;
        return number < 0x80 ? 1 : 1 + (static_cast<size_t>(std::bit_width(number)) + 7) / 8;
    } else if constexpr (std::same_as<T, uint256>) {
        return value < uint256{0x80u} ? 1 : 1 + significant_bytes(value);
    } else if constexpr (std::same_as<T, ChainId>) {
        return encoded_size(value.number());
    } else if constexpr (std::same_as<T, Raw>) {
        return value.encoded.size();
    } else if constexpr (String<T>) {
        const BytesView view = value;
        return view.size() == 1 && view[0] < 0x80 ? 1 : header_size(view.size()) + view.size();
    } else {
        static_assert(Struct<T>, "no RLP for this type");
        const size_t size = std::apply(
            [&](auto... members) { return payload_size(value.*members...); }, rlp_fields(&value));
        return header_size(size) + size;
    }
}

template <typename... Ts>
size_t payload_size(const Ts&... items) noexcept {
    return (encoded_size(items) + ... + 0);
}

/// Writes the encoding at @p out, which has room for encoded_size(value) bytes, and returns the
/// place behind it.
template <typename T>
uint8_t* write(uint8_t* out, const T& value) noexcept;
template <typename T>
uint8_t* write(uint8_t* out, const std::optional<T>& value) noexcept;
template <typename T>
    requires(!std::same_as<T, uint8_t>)
uint8_t* write(uint8_t* out, const std::vector<T>& list) noexcept;
template <typename... Ts>
uint8_t* write(uint8_t* out, const std::tuple<Ts...>& list) noexcept;

template <typename... Ts>
uint8_t* write_list(uint8_t* out, const Ts&... items) noexcept {
    out = write_header(out, LIST_BASE, payload_size(items...));
    ((out = write(out, items)), ...);
    return out;
}
template <typename T>
uint8_t* write(uint8_t* out, const std::optional<T>& value) noexcept {
    if (value) return write(out, *value);
    *out = STRING_BASE;
    return out + 1;
}
template <typename T>
    requires(!std::same_as<T, uint8_t>)
uint8_t* write(uint8_t* out, const std::vector<T>& list) noexcept {
    size_t size = 0;
    for (const T& value : list) size += encoded_size(value);
    out = write_header(out, LIST_BASE, size);
    for (const T& value : list) out = write(out, value);
    return out;
}
template <typename... Ts>
uint8_t* write(uint8_t* out, const std::tuple<Ts...>& list) noexcept {
    return std::apply([&](const auto&... items) { return write_list(out, items...); }, list);
}

template <typename T>
uint8_t* write(uint8_t* out, const T& value) noexcept {
    if constexpr (std::unsigned_integral<T>) {
        if (value == 0) {
            *out = STRING_BASE;
            return out + 1;
        }
        const size_t size = encoded_size(value);
        if (size > 1) *out = static_cast<uint8_t>(STRING_BASE + size - 1);
        uint64_t rest = value;
        for (size_t i = size; i-- > (size > 1 ? 1u : 0u); rest >>= 8)
            out[i] = static_cast<uint8_t>(rest);
        return out + size;
    } else if constexpr (std::same_as<T, uint256>) {
        if (value.fits_u64()) return write(out, value[0]);
        const Hash bytes = to_be(value);
        return write(out, BytesView{bytes}.subspan(32 - significant_bytes(value)));
    } else if constexpr (std::same_as<T, ChainId>) {
        return write(out, value.number());
    } else if constexpr (std::same_as<T, Raw>) {
        return std::copy(value.encoded.begin(), value.encoded.end(), out);
    } else if constexpr (String<T>) {
        const BytesView view = value;
        if (view.size() != 1 || view[0] >= 0x80) out = write_header(out, STRING_BASE, view.size());
        return std::copy(view.begin(), view.end(), out);
    } else {
        static_assert(Struct<T>, "no RLP for this type");
        return std::apply([&](auto... members) { return write_list(out, value.*members...); },
                          rlp_fields(&value));
    }
}

/// Appends the encoding of one value.
template <typename T>
void encode_to(Bytes& out, const T& value) {
    const size_t before = out.size();
    out.resize(before + encoded_size(value));
    write(out.data() + before, value);
}
/// Appends the list of the values.
template <typename... Ts>
void encode_list_to(Bytes& out, const Ts&... items) {
    const size_t size = payload_size(items...);
    const size_t before = out.size();
    out.resize(before + header_size(size) + size);
    write_list(out.data() + before, items...);
}
template <typename T>
Bytes encode(const T& value) {
    Bytes out;
    encode_to(out, value);
    return out;
}
template <typename... Ts>
Bytes encode_list(const Ts&... items) {
    Bytes out;
    encode_list_to(out, items...);
    return out;
}

/// Makes one list of everything that was appended since @p out had @p start bytes: for lists whose
/// items are not known beforehand.
inline void close_list(Bytes& out, size_t start) {
    CHECK(start <= out.size());
    const size_t size = out.size() - start;
    const auto gap = static_cast<std::ptrdiff_t>(start);
    out.insert(out.begin() + gap, header_size(size), uint8_t{0});
    write_header(out.data() + start, LIST_BASE, size);
}

}  // namespace scope::rlp
