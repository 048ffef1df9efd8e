#pragma once

#include <bit>
#include <compare>
#include <concepts>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.hpp"

namespace scope {

using uint128 = unsigned __int128;

/// An unsigned integer of 256 bits, modulo 2^256, as the EVM has it (Yellow Paper, appendix H.2).
///
/// Four 64-bit words, the least significant first. Division by zero gives zero.
struct uint256 {
    uint64_t words[4]{};

    constexpr uint256() noexcept = default;
    template <std::unsigned_integral T>
    constexpr uint256(T low) noexcept : words{low, 0, 0, 0} {}
    template <std::signed_integral T>
    constexpr uint256(T value) noexcept
        : words{static_cast<uint64_t>(static_cast<int64_t>(value)), extension(value),
                extension(value), extension(value)} {}
    constexpr uint256(uint64_t w0, uint64_t w1, uint64_t w2, uint64_t w3) noexcept
        : words{w0, w1, w2, w3} {}

    constexpr uint64_t& operator[](size_t i) noexcept { return words[i]; }
    constexpr const uint64_t& operator[](size_t i) const noexcept { return words[i]; }

    /// Returns the low word: the value, when it is below 2^64.
    constexpr explicit operator uint64_t() const noexcept { return words[0]; }
    [[nodiscard]] constexpr bool fits_u64() const noexcept {
        return (words[1] | words[2] | words[3]) == 0;
    }
    [[nodiscard]] constexpr bool is_zero() const noexcept {
        return (words[0] | words[1] | words[2] | words[3]) == 0;
    }
    constexpr explicit operator bool() const noexcept { return !is_zero(); }
    /// Returns the sign in two's complement.
    [[nodiscard]] constexpr bool is_negative() const noexcept { return words[3] >> 63 != 0; }

    friend constexpr bool operator==(const uint256& a, const uint256& b) noexcept {
        return ((a[0] ^ b[0]) | (a[1] ^ b[1]) | (a[2] ^ b[2]) | (a[3] ^ b[3])) == 0;
    }
    friend constexpr bool operator<(const uint256& a, const uint256& b) noexcept {
        uint64_t borrow = 0;
        for (size_t i = 0; i < 4; ++i) subtract_with_borrow(a[i], b[i], borrow);
        return borrow != 0;
    }
    friend constexpr bool operator>(const uint256& a, const uint256& b) noexcept { return b < a; }
    friend constexpr bool operator<=(const uint256& a, const uint256& b) noexcept {
        return !(b < a);
    }
    friend constexpr bool operator>=(const uint256& a, const uint256& b) noexcept {
        return !(a < b);
    }
    friend constexpr std::strong_ordering operator<=>(const uint256& a, const uint256& b) noexcept {
        if (a == b) return std::strong_ordering::equal;
        return a < b ? std::strong_ordering::less : std::strong_ordering::greater;
    }

    friend constexpr uint256 operator~(const uint256& a) noexcept {
        return {~a[0], ~a[1], ~a[2], ~a[3]};
    }
    friend constexpr uint256 operator&(const uint256& a, const uint256& b) noexcept {
        return {a[0] & b[0], a[1] & b[1], a[2] & b[2], a[3] & b[3]};
    }
    friend constexpr uint256 operator|(const uint256& a, const uint256& b) noexcept {
        return {a[0] | b[0], a[1] | b[1], a[2] | b[2], a[3] | b[3]};
    }
    friend constexpr uint256 operator^(const uint256& a, const uint256& b) noexcept {
        return {a[0] ^ b[0], a[1] ^ b[1], a[2] ^ b[2], a[3] ^ b[3]};
    }

    friend constexpr uint256 operator+(const uint256& a, const uint256& b) noexcept {
        uint256 sum;
        uint64_t carry = 0;
        for (size_t i = 0; i < 4; ++i) sum[i] = add_with_carry(a[i], b[i], carry);
        return sum;
    }
    friend constexpr uint256 operator-(const uint256& a, const uint256& b) noexcept {
        uint256 difference;
        uint64_t borrow = 0;
        for (size_t i = 0; i < 4; ++i) difference[i] = subtract_with_borrow(a[i], b[i], borrow);
        return difference;
    }
    friend constexpr uint256 operator-(const uint256& a) noexcept { return uint256{} - a; }

    friend constexpr uint256 operator*(const uint256& a, const uint256& b) noexcept {
        uint256 product;
        for (size_t j = 0; j < 4; ++j) {
            uint64_t carry = 0;
            for (size_t i = 0; i + j < 4; ++i) {
                const uint128 t = uint128{a[i]} * b[j] + product[i + j] + carry;
                product[i + j] = static_cast<uint64_t>(t);
                carry = static_cast<uint64_t>(t >> 64);
            }
        }
        return product;
    }

    /// Shifts to the left; by 256 and more gives zero.
    ///
    /// Moves two words, then one, each if its bit of the shift is set, then the bits that are left:
    /// the compiler makes it free of branches.
    friend constexpr uint256 operator<<(const uint256& a, uint64_t shift) noexcept {
        if (shift >= 256) return {};
        const bool two = (shift & 128) != 0;
        const uint64_t b[4] = {two ? 0 : a[0], two ? 0 : a[1], two ? a[0] : a[2],
                               two ? a[1] : a[3]};
        const bool one = (shift & 64) != 0;
        const uint64_t c[4] = {one ? 0 : b[0], one ? b[0] : b[1], one ? b[1] : b[2],
                               one ? b[2] : b[3]};
        const uint64_t bits = shift & 63;
        return {c[0] << bits, high_word(c[1], c[0], bits), high_word(c[2], c[1], bits),
                high_word(c[3], c[2], bits)};
    }
    friend constexpr uint256 operator>>(const uint256& a, uint64_t shift) noexcept {
        if (shift >= 256) return {};
        const bool two = (shift & 128) != 0;
        const uint64_t b[4] = {two ? a[2] : a[0], two ? a[3] : a[1], two ? 0 : a[2],
                               two ? 0 : a[3]};
        const bool one = (shift & 64) != 0;
        const uint64_t c[4] = {one ? b[1] : b[0], one ? b[2] : b[1], one ? b[3] : b[2],
                               one ? 0 : b[3]};
        const uint64_t bits = shift & 63;
        return {low_word(c[1], c[0], bits), low_word(c[2], c[1], bits), low_word(c[3], c[2], bits),
                c[3] >> bits};
    }
    friend constexpr uint256 operator<<(const uint256& a, const uint256& shift) noexcept {
        return shift.fits_u64() ? a << shift[0] : uint256{};
    }
    friend constexpr uint256 operator>>(const uint256& a, const uint256& shift) noexcept {
        return shift.fits_u64() ? a >> shift[0] : uint256{};
    }

    friend uint256 operator/(const uint256& a, const uint256& b) noexcept;
    friend uint256 operator%(const uint256& a, const uint256& b) noexcept;

    constexpr uint256& operator+=(const uint256& b) noexcept { return *this = *this + b; }
    constexpr uint256& operator-=(const uint256& b) noexcept { return *this = *this - b; }
    constexpr uint256& operator*=(const uint256& b) noexcept { return *this = *this * b; }
    constexpr uint256& operator&=(const uint256& b) noexcept { return *this = *this & b; }
    constexpr uint256& operator|=(const uint256& b) noexcept { return *this = *this | b; }
    constexpr uint256& operator^=(const uint256& b) noexcept { return *this = *this ^ b; }
    constexpr uint256& operator<<=(uint64_t shift) noexcept { return *this = *this << shift; }
    constexpr uint256& operator>>=(uint64_t shift) noexcept { return *this = *this >> shift; }

    template <typename H>
    friend H AbslHashValue(H state, const uint256& a) {
        return H::combine(std::move(state), a[0], a[1], a[2], a[3]);
    }

  private:
    template <std::signed_integral T>
    static constexpr uint64_t extension(T value) noexcept {
        return value < 0 ? ~uint64_t{0} : 0;
    }
    static constexpr uint64_t add_with_carry(uint64_t a, uint64_t b, uint64_t& carry) noexcept {
        const uint64_t partial = a + b;
        const uint64_t sum = partial + carry;
        carry = static_cast<uint64_t>(partial < a) | static_cast<uint64_t>(sum < partial);
        return sum;
    }
    /// Returns the high word of (high, low) << bits; low_word that of (high, low) >> bits.
    /// REQUIRES: bits < 64.
    static constexpr uint64_t high_word(uint64_t high, uint64_t low, uint64_t bits) noexcept {
        return high << bits | (low >> 1) >> (63 - bits);
    }
    static constexpr uint64_t low_word(uint64_t high, uint64_t low, uint64_t bits) noexcept {
        return low >> bits | (high << 1) << (63 - bits);
    }
    static constexpr uint64_t subtract_with_borrow(uint64_t a, uint64_t b,
                                                   uint64_t& borrow) noexcept {
        const uint64_t partial = a - b;
        const uint64_t difference = partial - borrow;
        borrow = static_cast<uint64_t>(a < b) | static_cast<uint64_t>(partial < borrow);
        return difference;
    }
};

struct DivMod {
    uint256 quotient;
    uint256 remainder;
};

/// Returns quotient and remainder, both zero when the divisor is zero.
DivMod divmod(const uint256& a, const uint256& b) noexcept;
/// Divides in two's complement; truncates toward zero; the remainder has the sign of @p a.
DivMod signed_divmod(const uint256& a, const uint256& b) noexcept;
/// Returns (a + b) mod m, and mulmod (a * b) mod m, without loss; 0 when m is 0.
uint256 addmod(const uint256& a, const uint256& b, const uint256& m) noexcept;
uint256 mulmod(const uint256& a, const uint256& b, const uint256& m) noexcept;
/// Returns base^exponent mod 2^256.
uint256 exp(const uint256& base, const uint256& exponent) noexcept;

/// Returns whether a < b, as two's complement numbers.
constexpr bool signed_less(const uint256& a, const uint256& b) noexcept {
    return a.is_negative() != b.is_negative() ? a.is_negative() : a < b;
}

/// Returns the number of leading zero bits; 256 for zero.
constexpr unsigned count_leading_zeros(const uint256& a) noexcept {
    for (size_t i = 4; i-- > 0;)
        if (a[i] != 0)
            return static_cast<unsigned>(64 * (3 - i)) +
                   static_cast<unsigned>(std::countl_zero(a[i]));
    return 256;
}
/// Returns the number of bytes without leading zeros; 0 for zero.
constexpr unsigned significant_bytes(const uint256& a) noexcept {
    return (256 - count_leading_zeros(a) + 7) / 8;
}

/// Returns the number as 32 bytes, big-endian.
constexpr Hash to_be(const uint256& a) noexcept {
    Hash out;
    for (size_t i = 0; i < 4; ++i) {
        uint64_t word = a[3 - i];
        for (size_t j = 8; j-- > 0; word >>= 8) out[8 * i + j] = static_cast<uint8_t>(word);
    }
    return out;
}

/// Reads a big-endian number. REQUIRES: view.size() <= 32.
constexpr uint256 from_be(BytesView view) noexcept {
    uint256 out;
    const size_t size = view.size();
    for (size_t i = 0; i < size; ++i)
        out[(size - 1 - i) / 8] |= uint64_t{view[i]} << 8 * ((size - 1 - i) % 8);
    return out;
}

/// Reads a big-endian number of 32 bytes, on hot paths; store_be32 writes one.
inline uint256 load_be32(const uint8_t* data) noexcept {
    uint64_t w[4];
    std::memcpy(w, data, 32);
    return {__builtin_bswap64(w[3]), __builtin_bswap64(w[2]), __builtin_bswap64(w[1]),
            __builtin_bswap64(w[0])};
}
inline void store_be32(uint8_t* data, const uint256& a) noexcept {
    const uint64_t w[4] = {__builtin_bswap64(a[3]), __builtin_bswap64(a[2]),
                           __builtin_bswap64(a[1]), __builtin_bswap64(a[0])};
    std::memcpy(data, w, 32);
}

/// Returns an address as a number; to_address the low 20 bytes of a number as an address.
constexpr uint256 to_uint256(const Address& a) noexcept {
    return from_be(a);
}
constexpr Address to_address(const uint256& a) noexcept {
    return Address::from(BytesView{to_be(a)}.subspan(12));
}

std::string to_decimal(const uint256& a);
/// Returns 0x and hex digits without leading zeros ("0x0" for zero), as JSON-RPC has quantities.
std::string to_quantity(const uint256& a);
/// Reads decimal, or hex with 0x; nullopt if it is not a number or not below 2^256.
std::optional<uint256> uint256_from_text(std::string_view text);

namespace literals {
inline uint256 operator""_u256(const char* text) {
    const auto value = uint256_from_text(text);
    CHECK(value.has_value());
    return *value;
}
}  // namespace literals

}  // namespace scope

template <>
struct std::hash<scope::uint256> {
    size_t operator()(const scope::uint256& a) const noexcept {
        return std::hash<scope::Hash>{}(scope::to_be(a));
    }
};
