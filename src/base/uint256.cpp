#include "base/uint256.hpp"

#include <array>

#include "base/hex.hpp"

namespace scope {

namespace {

/// The 128-bit number (high, low) by @p divisor. REQUIRES: high < divisor.
inline uint64_t divide_2_by_1(uint64_t high, uint64_t low, uint64_t divisor,
                              uint64_t& remainder) noexcept {
#if defined(__x86_64__)
    uint64_t quotient;
    asm("divq %4" : "=a"(quotient), "=d"(remainder) : "0"(low), "1"(high), "r"(divisor) : "cc");
    return quotient;
#else
    const uint128 n = uint128{high} << 64 | low;
    remainder = static_cast<uint64_t>(n % divisor);
    return static_cast<uint64_t>(n / divisor);
#endif
}

template <size_t N>
size_t significant_words(const uint64_t (&words)[N]) noexcept {
    size_t n = N;
    while (n > 0 && words[n - 1] == 0) --n;
    return n;
}

/// Knuth, The Art of Computer Programming 2, 4.3.1, algorithm D. @p u becomes the remainder, of d
/// words.
///
/// @param u  dividend, M words.  @param v  divisor. REQUIRES: not zero.
template <size_t M>
void divide(uint64_t (&u)[M], const uint64_t (&v)[4], uint64_t (&quotient)[M]) noexcept {
    for (auto& word : quotient) word = 0;
    const size_t n = significant_words(v);
    const size_t m = significant_words(u);
    if (m < n) return;

    if (n == 1) {
        uint64_t remainder = 0;
        for (size_t i = m; i-- > 0;) quotient[i] = divide_2_by_1(remainder, u[i], v[0], remainder);
        for (auto& word : u) word = 0;
        u[0] = remainder;
        return;
    }

    // D1: normalise, so that the top bit of the divisor is set.
    const auto shift = static_cast<unsigned>(std::countl_zero(v[n - 1]));
    uint64_t d[4]{};
    uint64_t r[M + 1]{};
    if (shift == 0) {
        for (size_t i = 0; i < n; ++i) d[i] = v[i];
        for (size_t i = 0; i < m; ++i) r[i] = u[i];
    } else {
        for (size_t i = n; i-- > 0;) d[i] = v[i] << shift | (i > 0 ? v[i - 1] >> (64 - shift) : 0);
        r[m] = u[m - 1] >> (64 - shift);
        for (size_t i = m; i-- > 0;) r[i] = u[i] << shift | (i > 0 ? u[i - 1] >> (64 - shift) : 0);
    }

    for (size_t j = m - n + 1; j-- > 0;) {
        // D3: estimate one word of the quotient from the top two words; at most two too large.
        uint64_t estimate;
        if (r[j + n] >= d[n - 1]) {
            estimate = ~uint64_t{0};
        } else {
            uint64_t rest;
            estimate = divide_2_by_1(r[j + n], r[j + n - 1], d[n - 1], rest);
            while (uint128{estimate} * d[n - 2] > (uint128{rest} << 64 | r[j + n - 2])) {
                --estimate;
                const uint64_t sum = rest + d[n - 1];
                if (sum < rest) break;
                rest = sum;
            }
        }
        // D4: multiply and subtract.
        uint64_t borrow = 0;
        uint64_t carry = 0;
        for (size_t i = 0; i < n; ++i) {
            const uint128 product = uint128{estimate} * d[i] + carry;
            carry = static_cast<uint64_t>(product >> 64);
            const uint128 difference = uint128{r[i + j]} - static_cast<uint64_t>(product) - borrow;
            r[i + j] = static_cast<uint64_t>(difference);
            borrow = static_cast<uint64_t>(difference >> 64) & 1;
        }
        const uint128 difference = uint128{r[j + n]} - carry - borrow;
        r[j + n] = static_cast<uint64_t>(difference);
        // D6: the estimate was one or two too large after all: add back.
        while ((difference >> 64) != 0) {
            --estimate;
            uint64_t add_carry = 0;
            for (size_t i = 0; i < n; ++i) {
                const uint128 sum = uint128{r[i + j]} + d[i] + add_carry;
                r[i + j] = static_cast<uint64_t>(sum);
                add_carry = static_cast<uint64_t>(sum >> 64);
            }
            const uint64_t before = r[j + n];
            r[j + n] += add_carry;
            if (r[j + n] < before) break;
        }
        quotient[j] = estimate;
    }

    // D8: unnormalise.
    for (auto& word : u) word = 0;
    for (size_t i = 0; i < n; ++i)
        u[i] = shift == 0 ? r[i] : r[i] >> shift | r[i + 1] << (64 - shift);
}

constexpr uint256 absolute(const uint256& a) noexcept {
    return a.is_negative() ? -a : a;
}

}  // namespace

DivMod divmod(const uint256& a, const uint256& b) noexcept {
    if (b.is_zero()) return {};
    if (a.fits_u64() && b.fits_u64()) return {a[0] / b[0], a[0] % b[0]};
    DivMod out;
    out.remainder = a;
    divide(out.remainder.words, b.words, out.quotient.words);
    return out;
}

uint256 operator/(const uint256& a, const uint256& b) noexcept {
    return divmod(a, b).quotient;
}
uint256 operator%(const uint256& a, const uint256& b) noexcept {
    return divmod(a, b).remainder;
}

DivMod signed_divmod(const uint256& a, const uint256& b) noexcept {
    const auto [quotient, remainder] = divmod(absolute(a), absolute(b));
    return {a.is_negative() != b.is_negative() ? -quotient : quotient,
            a.is_negative() ? -remainder : remainder};
}

uint256 addmod(const uint256& a, const uint256& b, const uint256& m) noexcept {
    if (m.is_zero()) return {};
    const uint256 sum = a + b;
    if (!(sum < a)) return sum % m;
    uint64_t wide[5] = {sum[0], sum[1], sum[2], sum[3], 1};
    uint64_t quotient[5];
    divide(wide, m.words, quotient);
    return {wide[0], wide[1], wide[2], wide[3]};
}

uint256 mulmod(const uint256& a, const uint256& b, const uint256& m) noexcept {
    if (m.is_zero()) return {};
    uint64_t wide[8]{};
    for (size_t j = 0; j < 4; ++j) {
        uint64_t carry = 0;
        for (size_t i = 0; i < 4; ++i) {
            const uint128 t = uint128{a[i]} * b[j] + wide[i + j] + carry;
            wide[i + j] = static_cast<uint64_t>(t);
            carry = static_cast<uint64_t>(t >> 64);
        }
        wide[j + 4] = carry;
    }
    uint64_t quotient[8];
    divide(wide, m.words, quotient);
    return {wide[0], wide[1], wide[2], wide[3]};
}

uint256 exp(uint256 base, const uint256& exponent) noexcept {
    uint256 result = 1u;
    const unsigned bits = 256 - count_leading_zeros(exponent);
    for (unsigned i = 0; i < bits; ++i) {
        if ((exponent[i / 64] >> (i % 64) & 1) != 0) result *= base;
        base *= base;
    }
    return result;
}

std::string to_decimal(const uint256& a) {
    std::string out;
    uint256 rest = a;
    do {
        const auto [quotient, digit] = divmod(rest, 10u);
        out += static_cast<char>('0' + digit[0]);
        rest = quotient;
    } while (rest);
    std::ranges::reverse(out);
    return out;
}

std::string to_quantity(const uint256& a) {
    const std::string hex = to_hex(to_be(a));
    const size_t first = hex.find_first_not_of('0', 2);
    return first == std::string::npos ? "0x0" : "0x" + hex.substr(first);
}

std::optional<uint256> uint256_from_text(std::string_view text) {
    const bool hex = text.starts_with("0x");
    if (hex) text.remove_prefix(2);
    if (text.empty()) return std::nullopt;
    const uint64_t radix = hex ? 16 : 10;
    uint256 value;
    for (const char c : text) {
        uint64_t digit;
        if (c >= '0' && c <= '9')
            digit = static_cast<uint64_t>(c - '0');
        else if (hex && c >= 'a' && c <= 'f')
            digit = static_cast<uint64_t>(c - 'a' + 10);
        else if (hex && c >= 'A' && c <= 'F')
            digit = static_cast<uint64_t>(c - 'A' + 10);
        else
            return std::nullopt;
        static const uint256 MAX = ~uint256{};
        if (value > (MAX - digit) / radix) return std::nullopt;
        value = value * radix + digit;
    }
    return value;
}

}  // namespace scope
