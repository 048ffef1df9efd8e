#pragma once

#include <optional>

#include "base/uint256.hpp"

/// The tower of fields under alt_bn128's pairing. Internal to the library.
///
///     Fp2  = Fp[u]  / (u^2 + 1)
///     Fp6  = Fp2[v] / (v^3 - xi),  xi = 9 + u
///     Fp12 = Fp6[w] / (w^2 - v)
///
/// Nothing here runs in constant time: every input is public.
namespace scope::crypto::bn254 {

/// The curve's parameter; p, r and the pairing's loop are polynomials in it.
inline constexpr uint64_t X = 4965661367192848881;
/// The prime of the field, 36x^4 + 36x^3 + 24x^2 + 6x + 1, and the order of the groups.
inline constexpr uint256 P{0x3c208c16d87cfd47, 0x97816a916871ca8d, 0xb85045b68181585d,
                           0x30644e72e131a029};
inline constexpr uint256 R{0x43e1f593f0000001, 0x2833e84879b97091, 0xb85045b68181585d,
                           0x30644e72e131a029};

/// A product of two field elements before its reduction: below p * 2^256.
struct Wide {
    uint64_t words[8];
};

/// An element of Fp in Montgomery form, a * 2^256 mod p, always fully reduced. As p is below 2^254,
/// sums of two elements never leave four words.
class Fp {
  public:
    constexpr Fp() noexcept = default;
    explicit constexpr Fp(uint64_t small) noexcept : Fp(from(uint256{small})) {}
    /// REQUIRES: value < p.
    static constexpr Fp from(const uint256& value) noexcept {
        return multiply(raw(value), raw(TWO_512));
    }
    static constexpr Fp one() noexcept { return raw(TWO_256); }

    [[nodiscard]] constexpr uint256 value() const noexcept { return multiply(*this, raw(1)).m_; }
    [[nodiscard]] constexpr bool is_zero() const noexcept { return m_.is_zero(); }
    friend constexpr bool operator==(const Fp&, const Fp&) noexcept = default;

    friend constexpr Fp operator+(const Fp& a, const Fp& b) noexcept {
        return raw(reduce_once(add_words(a.m_, b.m_)));
    }
    friend constexpr Fp operator-(const Fp& a, const Fp& b) noexcept {
        uint64_t borrow = 0;
        uint256 difference = subtract_words(a.m_, b.m_, borrow);
        const uint64_t mask = -borrow;
        return raw(add_words(difference, {P[0] & mask, P[1] & mask, P[2] & mask, P[3] & mask}));
    }
    friend constexpr Fp operator-(const Fp& a) noexcept { return Fp{} - a; }
    friend constexpr Fp operator*(const Fp& a, const Fp& b) noexcept { return multiply(a, b); }
    [[nodiscard]] constexpr Fp squared() const noexcept { return multiply(*this, *this); }
    [[nodiscard]] constexpr Fp doubled() const noexcept { return *this + *this; }
    [[nodiscard]] constexpr Fp halved() const noexcept {
        const uint64_t mask = -(m_[0] & 1);
        const uint256 even = add_words(m_, {P[0] & mask, P[1] & mask, P[2] & mask, P[3] & mask});
        return raw({even[0] >> 1 | even[1] << 63, even[1] >> 1 | even[2] << 63,
                    even[2] >> 1 | even[3] << 63, even[3] >> 1});
    }
    /// Returns the inverse; zero for zero.
    [[nodiscard]] Fp inverse() const noexcept;

    /// Returns a + b without reduction: below 2p, for use in multiply_wide only.
    static constexpr Fp add_lazy(const Fp& a, const Fp& b) noexcept {
        return raw(add_words(a.m_, b.m_));
    }
    /// Returns a * b without reduction, for factors below 2p.
    static constexpr Wide multiply_wide(const Fp& a, const Fp& b) noexcept {
        Wide out{};
        for (size_t i = 0; i < 4; ++i) {
            uint64_t carry = 0;
            for (size_t j = 0; j < 4; ++j)
                out.words[i + j] = multiply_add(a.m_[i], b.m_[j], out.words[i + j], carry);
            out.words[i + 4] = carry;
        }
        return out;
    }
    /// Returns a - b; where that is negative, p * 2^256 more, which is the same number mod p.
    static constexpr Wide subtract_wide(const Wide& a, const Wide& b) noexcept {
        Wide out{};
        uint64_t borrow = 0;
        for (size_t i = 0; i < 8; ++i) out.words[i] = subtract_step(a.words[i], b.words[i], borrow);
        const uint64_t mask = -borrow;
        uint64_t carry = 0;
        for (size_t i = 0; i < 4; ++i)
            out.words[i + 4] = add_step(out.words[i + 4], P[i] & mask, carry);
        return out;
    }
    /// Returns the element that a product stands for: a / 2^256 mod p. REQUIRES: a < p * 2^256.
    static constexpr Fp reduce(Wide a) noexcept {
        uint64_t over = 0;
        for (size_t i = 0; i < 4; ++i) {
            const uint64_t m = a.words[i] * NEGATED_INVERSE;
            uint64_t carry = 0;
            for (size_t j = 0; j < 4; ++j)
                a.words[i + j] = multiply_add(m, P[j], a.words[i + j], carry);
            a.words[i + 4] = add_step(a.words[i + 4], carry, over);
        }
        return raw(reduce_once({a.words[4], a.words[5], a.words[6], a.words[7]}));
    }

  private:
    static constexpr uint64_t NEGATED_INVERSE = 0x87d20782e4866389;  // -1/p mod 2^64
    static_assert(NEGATED_INVERSE * P[0] == ~uint64_t{0});

    // The builtins become one instruction each, in chains that keep the carry in the flag.
    static constexpr uint64_t add_step(uint64_t a, uint64_t b, uint64_t& carry) noexcept {
        if consteval {
            const uint128 sum = uint128{a} + b + carry;
            carry = static_cast<uint64_t>(sum >> 64);
            return static_cast<uint64_t>(sum);
        }
        unsigned long long carry_out = 0;
        const uint64_t sum = __builtin_addcll(a, b, carry, &carry_out);
        carry = carry_out;
        return sum;
    }
    static constexpr uint64_t subtract_step(uint64_t a, uint64_t b, uint64_t& borrow) noexcept {
        if consteval {
            const uint128 difference = uint128{a} - b - borrow;
            borrow = static_cast<uint64_t>(difference >> 64) & 1;
            return static_cast<uint64_t>(difference);
        }
        unsigned long long borrow_out = 0;
        const uint64_t difference = __builtin_subcll(a, b, borrow, &borrow_out);
        borrow = borrow_out;
        return difference;
    }
    /// Returns the low word of a * b + c + carry; the high word is the next carry.
    static constexpr uint64_t multiply_add(uint64_t a, uint64_t b, uint64_t c,
                                           uint64_t& carry) noexcept {
        const uint128 t = uint128{a} * b + c + carry;
        carry = static_cast<uint64_t>(t >> 64);
        return static_cast<uint64_t>(t);
    }
    static constexpr uint256 add_words(const uint256& a, const uint256& b) noexcept {
        uint64_t carry = 0;
        uint256 sum;
        for (size_t i = 0; i < 4; ++i) sum[i] = add_step(a[i], b[i], carry);
        return sum;
    }
    static constexpr uint256 subtract_words(const uint256& a, const uint256& b,
                                            uint64_t& borrow) noexcept {
        uint256 difference;
        for (size_t i = 0; i < 4; ++i) difference[i] = subtract_step(a[i], b[i], borrow);
        return difference;
    }
    /// Reduces a number below 2p to one below p.
    static constexpr uint256 reduce_once(const uint256& a) noexcept {
        uint64_t borrow = 0;
        const uint256 less = subtract_words(a, P, borrow);
        // Word by word: moves between registers, where choosing a whole would go through memory.
        uint256 out;
        for (size_t i = 0; i < 4; ++i) out[i] = borrow != 0 ? a[i] : less[i];
        return out;
    }
    static consteval uint256 power_of_two(unsigned exponent) noexcept {
        uint256 out{1};
        for (unsigned i = 0; i < exponent; ++i) out = reduce_once(add_words(out, out));
        return out;
    }
    static const uint256 TWO_256;  // mod p
    static const uint256 TWO_512;

    /// Returns (a x + b y) / 2^64 mod p, for |a| + |b| <= 2^62 and x, y below p.
    static uint256 combine_modularly(int64_t a, const uint256& x, int64_t b,
                                     const uint256& y) noexcept;
    // 62 division steps each; numbers of 256 bits need fewer than 741 (Bernstein, Yang: theorem
    // 11.2).
    static constexpr size_t MAX_BATCHES = 12;

    static constexpr Fp raw(const uint256& montgomery) noexcept {
        Fp out;
        out.m_ = montgomery;
        return out;
    }
    /// Multiplies and reduces word by word. The top word of p leaves room, so that the two carries
    /// of a step fit into one word.
    static constexpr Fp multiply(const Fp& a, const Fp& b) noexcept {
        uint64_t t[4]{};
        for (size_t i = 0; i < 4; ++i) {
            uint64_t carry = 0;
            t[0] = multiply_add(a.m_[0], b.m_[i], t[0], carry);
            const uint64_t m = t[0] * NEGATED_INVERSE;
            uint64_t reduction_carry = 0;
            multiply_add(m, P[0], t[0], reduction_carry);
            for (size_t j = 1; j < 4; ++j) {
                t[j] = multiply_add(a.m_[j], b.m_[i], t[j], carry);
                t[j - 1] = multiply_add(m, P[j], t[j], reduction_carry);
            }
            t[3] = carry + reduction_carry;
        }
        return raw(reduce_once({t[0], t[1], t[2], t[3]}));
    }

    uint256 m_;
};

inline constexpr uint256 Fp::TWO_256 = Fp::power_of_two(256);
inline constexpr uint256 Fp::TWO_512 = Fp::power_of_two(512);

/// An element c0 + c1 u.
struct Fp2 {
    Fp c0;
    Fp c1;

    static constexpr Fp2 one() noexcept { return {Fp::one(), {}}; }
    [[nodiscard]] constexpr bool is_zero() const noexcept { return c0.is_zero() && c1.is_zero(); }
    friend constexpr bool operator==(const Fp2&, const Fp2&) noexcept = default;

    friend constexpr Fp2 operator+(const Fp2& a, const Fp2& b) noexcept {
        return {a.c0 + b.c0, a.c1 + b.c1};
    }
    friend constexpr Fp2 operator-(const Fp2& a, const Fp2& b) noexcept {
        return {a.c0 - b.c0, a.c1 - b.c1};
    }
    friend constexpr Fp2 operator-(const Fp2& a) noexcept { return {-a.c0, -a.c1}; }
    /// Multiplies by Karatsuba's method, with two reductions for three products.
    friend constexpr Fp2 operator*(const Fp2& a, const Fp2& b) noexcept {
        const Wide real = Fp::multiply_wide(a.c0, b.c0);
        const Wide imaginary = Fp::multiply_wide(a.c1, b.c1);
        const Wide cross = Fp::multiply_wide(Fp::add_lazy(a.c0, a.c1), Fp::add_lazy(b.c0, b.c1));
        return {Fp::reduce(Fp::subtract_wide(real, imaginary)),
                Fp::reduce(Fp::subtract_wide(Fp::subtract_wide(cross, real), imaginary))};
    }
    friend constexpr Fp2 operator*(const Fp2& a, const Fp& b) noexcept {
        return {a.c0 * b, a.c1 * b};
    }
    [[nodiscard]] constexpr Fp2 squared() const noexcept {
        return {(c0 + c1) * (c0 - c1), (c0 * c1).doubled()};
    }
    [[nodiscard]] constexpr Fp2 doubled() const noexcept { return {c0.doubled(), c1.doubled()}; }
    [[nodiscard]] constexpr Fp2 halved() const noexcept { return {c0.halved(), c1.halved()}; }
    /// Returns the conjugate, which is the element raised to p.
    [[nodiscard]] constexpr Fp2 conjugate() const noexcept { return {c0, -c1}; }
    /// Multiplies by xi.
    [[nodiscard]] constexpr Fp2 times_xi() const noexcept {
        const Fp2 eight = doubled().doubled().doubled();
        return {eight.c0 + c0 - c1, eight.c1 + c1 + c0};
    }
    [[nodiscard]] Fp2 inverse() const noexcept {
        const Fp scale = (c0.squared() + c1.squared()).inverse();
        return {c0 * scale, -c1 * scale};
    }
    [[nodiscard]] Fp2 power(const uint256& exponent) const noexcept;
};

/// xi = 9 + u, whose cube and square roots the upper fields adjoin.
inline constexpr Fp2 XI{Fp{9}, Fp{1}};

/// An element c0 + c1 v + c2 v^2.
struct Fp6 {
    Fp2 c0;
    Fp2 c1;
    Fp2 c2;

    static constexpr Fp6 one() noexcept { return {Fp2::one(), {}, {}}; }
    friend constexpr bool operator==(const Fp6&, const Fp6&) noexcept = default;

    friend Fp6 operator+(const Fp6& a, const Fp6& b) noexcept {
        return {a.c0 + b.c0, a.c1 + b.c1, a.c2 + b.c2};
    }
    friend Fp6 operator-(const Fp6& a, const Fp6& b) noexcept {
        return {a.c0 - b.c0, a.c1 - b.c1, a.c2 - b.c2};
    }
    friend Fp6 operator-(const Fp6& a) noexcept { return {-a.c0, -a.c1, -a.c2}; }
    friend Fp6 operator*(const Fp6& a, const Fp6& b) noexcept;
    friend Fp6 operator*(const Fp6& a, const Fp2& b) noexcept {
        return {a.c0 * b, a.c1 * b, a.c2 * b};
    }
    /// Multiplies by b0 + b1 v.
    [[nodiscard]] Fp6 times_sparse(const Fp2& b0, const Fp2& b1) const noexcept;
    [[nodiscard]] Fp6 times_v() const noexcept { return {c2.times_xi(), c0, c1}; }
    [[nodiscard]] Fp6 inverse() const noexcept;
};

/// An element c0 + c1 w.
struct Fp12 {
    Fp6 c0;
    Fp6 c1;

    static constexpr Fp12 one() noexcept { return {Fp6::one(), {}}; }
    friend constexpr bool operator==(const Fp12&, const Fp12&) noexcept = default;

    friend Fp12 operator*(const Fp12& a, const Fp12& b) noexcept;
    [[nodiscard]] Fp12 squared() const noexcept;
    /// Squares an element whose norms to Fp6 and Fp4 are 1: such as the first part of the final
    /// exponentiation leaves. (Granger, Scott: Faster squaring in the cyclotomic subgroup)
    [[nodiscard]] Fp12 cyclotomic_squared() const noexcept;
    /// Multiplies by l0 + l1 w + l2 w^3: a line of the Miller loop.
    [[nodiscard]] Fp12 times_line(const Fp2& l0, const Fp2& l1, const Fp2& l2) const noexcept;
    /// Raises to p^6: the inverse, where the norm to Fp6 is 1.
    [[nodiscard]] Fp12 conjugate() const noexcept { return {c0, -c1}; }
    /// Raises to p.
    [[nodiscard]] Fp12 frobenius() const noexcept;
    [[nodiscard]] Fp12 inverse() const noexcept;
};

/// Returns xi^(k (p - 1) / 6) for k = 0..5, by which raising to p multiplies w^k.
const Fp2& frobenius_factor(size_t k) noexcept;

}  // namespace scope::crypto::bn254
