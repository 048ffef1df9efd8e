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

/// High and low half of a product, as one number.
constexpr uint64_t high(uint128 x) noexcept {
    return static_cast<uint64_t>(x >> 64);
}
constexpr uint64_t low(uint128 x) noexcept {
    return static_cast<uint64_t>(x);
}
constexpr uint128 join(uint64_t high_word, uint64_t low_word) noexcept {
    return uint128{high_word} << 64 | low_word;
}

/// floor((2^192 - 1) / d) - 2^64 for the two words d. REQUIRES: the top bit of @p d1 is set.
/// Moeller and Granlund, "Improved division by invariant integers", algorithm 6.
inline uint64_t reciprocal(uint64_t d1, uint64_t d0) noexcept {
    uint64_t unused;
    uint64_t v = divide_2_by_1(~d1, ~uint64_t{0}, d1, unused);
    uint64_t p = d1 * v + d0;
    if (p < d0) {
        --v;
        if (p >= d1) {
            --v;
            p -= d1;
        }
        p -= d1;
    }
    const uint128 t = uint128{v} * d0;
    p += high(t);
    if (p < high(t)) {
        --v;
        if (join(p, low(t)) >= join(d1, d0)) --v;
    }
    return v;
}

/// Three words by two, the reciprocal @p v of which is known; algorithm 4 of the same paper.
/// REQUIRES: (u2, u1) < d.
inline uint64_t divide_3_by_2(uint64_t u2, uint64_t u1, uint64_t u0, uint128 d, uint64_t v,
                              uint128& remainder) noexcept {
    const uint128 q = uint128{v} * u2 + join(u2, u1);
    uint64_t quotient = high(q);
    const uint64_t r1 = u1 - quotient * high(d);
    uint128 r = join(r1, u0) - uint128{quotient} * low(d) - d;
    ++quotient;
    if (high(r) >= low(q)) {
        --quotient;
        r += d;
    }
    if (r >= d) [[unlikely]] {
        ++quotient;
        r -= d;
    }
    remainder = r;
    return quotient;
}

template <size_t N>
size_t significant_words(const uint64_t (&words)[N]) noexcept {
    size_t n = N;
    while (n > 0 && words[n - 1] == 0) --n;
    return n;
}

/// D6, where the estimate was one too large: adds the divisor back; returns 1.
template <size_t N>
uint64_t add_back(uint64_t* r, const uint64_t (&d)[N]) noexcept {
    uint64_t carry = 0;
    for (size_t i = 0; i < N; ++i) {
        const uint128 sum = uint128{r[i]} + d[i] + carry;
        r[i] = low(sum);
        carry = high(sum);
    }
    return 1;
}

/// Divides by algorithm D (Knuth, The Art of Computer Programming 2, 4.3.1), with the quotient's
/// words from a reciprocal. @p u becomes the remainder.
///
/// @param m  Significant words of u. REQUIRES: m >= N.
/// @param v  Divisor of N significant words.
template <size_t N, size_t M>
void divide_long(uint64_t (&u)[M], size_t m, const uint64_t (&v)[4],
                 uint64_t (&quotient)[M]) noexcept {
    static_assert(N >= 3);
    // D1: normalise, so that the top bit of the divisor is set.
    const auto shift = static_cast<unsigned>(std::countl_zero(v[N - 1]));
    uint64_t d[N];
    uint64_t r[M + 1];
    const auto shifted = [shift](uint64_t word, uint64_t below) {
        return word << shift | (below >> 1) >> (63 - shift);
    };
    d[0] = v[0] << shift;
    for (size_t i = 1; i < N; ++i) d[i] = shifted(v[i], v[i - 1]);
    r[0] = u[0] << shift;
    for (size_t i = 1; i < m; ++i) r[i] = shifted(u[i], u[i - 1]);
    r[m] = shifted(0, u[m - 1]);

    const uint128 top = join(d[N - 1], d[N - 2]);
    const uint64_t inverse = reciprocal(d[N - 1], d[N - 2]);
    for (size_t j = m - N + 1; j-- > 0;) {
        // D3: one word of the quotient from the top three words; at most one too large.
        uint64_t estimate;
        if (join(r[j + N], r[j + N - 1]) >= top) [[unlikely]] {
            estimate = ~uint64_t{0};
            // D4: multiply and subtract.
            uint64_t carry = 0;
            for (size_t i = 0; i < N; ++i) {
                const uint128 product = uint128{estimate} * d[i] + carry;
                carry = high(product) + (r[i + j] < low(product));
                r[i + j] -= low(product);
            }
            if (r[j + N] < carry) estimate -= add_back<N>(r + j, d);
        } else {
            uint128 rest;
            estimate = divide_3_by_2(r[j + N], r[j + N - 1], r[j + N - 2], top, inverse, rest);
            // D4: the top two words of the divisor are dealt with.
            uint64_t carry = 0;
            for (size_t i = 0; i + 2 < N; ++i) {
                const uint128 product = uint128{estimate} * d[i] + carry;
                carry = high(product) + (r[i + j] < low(product));
                r[i + j] -= low(product);
            }
            const bool too_large = rest < carry;
            rest -= carry;
            r[j + N - 2] = low(rest);
            r[j + N - 1] = high(rest);
            if (too_large) estimate -= add_back<N>(r + j, d);
        }
        quotient[j] = estimate;
    }

    // D8: unnormalise.
    r[N] = 0;
    for (size_t i = 0; i < N; ++i) u[i] = r[i] >> shift | (r[i + 1] << 1) << (63 - shift);
    for (size_t i = N; i < m; ++i) u[i] = 0;
}

/// Divides by a divisor of two words: the remainder of each step fits two words exactly.
template <size_t M>
void divide_by_two_words(uint64_t (&u)[M], size_t m, const uint64_t (&v)[4],
                         uint64_t (&quotient)[M]) noexcept {
    const auto shift = static_cast<unsigned>(std::countl_zero(v[1]));
    const uint128 d = join(v[1], v[0]) << shift;
    const uint64_t inverse = reciprocal(high(d), low(d));
    const auto shifted = [shift](uint64_t word, uint64_t below) {
        return word << shift | (below >> 1) >> (63 - shift);
    };
    uint128 rest = join(shifted(0, u[m - 1]), shifted(u[m - 1], u[m - 2]));
    for (size_t j = m - 1; j-- > 0;) {
        const uint64_t next = shifted(u[j], j == 0 ? 0 : u[j - 1]);
        quotient[j] = divide_3_by_2(high(rest), low(rest), next, d, inverse, rest);
    }
    rest >>= shift;
    u[0] = low(rest);
    u[1] = high(rest);
    for (size_t i = 2; i < m; ++i) u[i] = 0;
}

/// Divides @p u, which becomes the remainder. REQUIRES: v is not zero, quotient is.
template <size_t M>
void divide(uint64_t (&u)[M], const uint64_t (&v)[4], uint64_t (&quotient)[M]) noexcept {
    const size_t n = significant_words(v);
    const size_t m = significant_words(u);
    if (m < n) return;
    switch (n) {
        case 1: {
            uint64_t remainder = 0;
            for (size_t i = m; i-- > 0;)
                quotient[i] = divide_2_by_1(remainder, u[i], v[0], remainder);
            for (size_t i = 1; i < m; ++i) u[i] = 0;
            u[0] = remainder;
            return;
        }
        case 2:
            return divide_by_two_words(u, m, v, quotient);
        case 3:
            return divide_long<3>(u, m, v, quotient);
        default:
            return divide_long<4>(u, m, v, quotient);
    }
}

constexpr uint256 absolute(const uint256& a) noexcept {
    return a.is_negative() ? -a : a;
}

}  // namespace

DivMod divmod(const uint256& a, const uint256& b) noexcept {
    if (b.is_zero()) return {};
    if (a.fits_u64() && b.fits_u64()) return {a[0] / b[0], a[0] % b[0]};
    if (const uint256 low_bits = b - 1u; (b & low_bits).is_zero())
        return {a >> (255 - count_leading_zeros(b)), a & low_bits};
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
    uint64_t quotient[5]{};
    divide(wide, m.words, quotient);
    return {wide[0], wide[1], wide[2], wide[3]};
}

uint256 mulmod(const uint256& a, const uint256& b, const uint256& m) noexcept {
    if (m.is_zero()) return {};
    uint64_t wide[8]{};
#pragma GCC unroll 4
    for (size_t j = 0; j < 4; ++j) {
        uint64_t carry = 0;
#pragma GCC unroll 4
        for (size_t i = 0; i < 4; ++i) {
            const uint128 t = uint128{a[i]} * b[j] + wide[i + j] + carry;
            wide[i + j] = static_cast<uint64_t>(t);
            carry = static_cast<uint64_t>(t >> 64);
        }
        wide[j + 4] = carry;
    }
    // Modulo 2^256 - 1, as contracts ask for the high half of a product, 2^256 is 1.
    if (const uint256 max = ~uint256{}; m[0] == max[0] && m == max) {
        const uint256 product_low{wide[0], wide[1], wide[2], wide[3]};
        const uint256 product_high{wide[4], wide[5], wide[6], wide[7]};
        uint256 sum = product_low + product_high;
        if (sum < product_low) sum += 1u;
        return sum == max ? uint256{} : sum;
    }
    uint64_t quotient[8]{};
    divide(wide, m.words, quotient);
    return {wide[0], wide[1], wide[2], wide[3]};
}

uint256 exp(const uint256& base, const uint256& exponent) noexcept {
    const unsigned bits = 256 - count_leading_zeros(exponent);
    if (bits == 0) return 1u;
    if ((base & (base - 1u)).is_zero()) {  // a power of two, or zero
        if (base.is_zero()) return {};
        const uint64_t power = 255 - count_leading_zeros(base);
        return power == 0 ? base : exponent < 256u ? uint256{1u} << power * exponent[0] : uint256{};
    }
    // Two bits of the exponent at a time, from the top.
    const uint256 square = base * base;
    const uint256 powers[4] = {1u, base, square, square * base};
    const auto digit = [&exponent](unsigned i) { return exponent[i / 32] >> 2 * (i % 32) & 3; };
    unsigned i = (bits - 1) / 2;
    uint256 result = powers[digit(i)];
    while (i-- > 0) {
        result *= result;
        result *= result;
        if (const uint64_t d = digit(i); d != 0) result *= powers[d];
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
