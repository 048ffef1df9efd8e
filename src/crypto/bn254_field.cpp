#include "crypto/bn254_field.hpp"

#include <array>
#include <bit>
#include <utility>

namespace scope::crypto::bn254 {
namespace {

/// base^exponent, from the top bit.
template <typename Field>
Field power_of(const Field& base, const uint256& exponent) noexcept {
    Field out = Field::one();
    for (unsigned i = 256 - count_leading_zeros(exponent); i-- > 0;) {
        out = out.squared();
        if ((exponent[i / 64] >> i % 64 & 1) != 0) out = out * base;
    }
    return out;
}

/// The matrix of 62 division steps: 2^62 times the new f is ff * f + fg * g, and so on. The sizes
/// in a row sum to at most 2^62.
struct DivisionSteps {
    static constexpr int COUNT = 62;
    int64_t ff = 1, fg = 0;
    int64_t gf = 0, gg = 1;

    DivisionSteps(int64_t& delta, uint64_t f, uint64_t g) noexcept {
        for (int left = COUNT;;) {
            const int zeros = g == 0 ? left : std::min(std::countr_zero(g), left);
            g >>= zeros;
            ff <<= zeros;
            fg <<= zeros;
            delta += zeros;
            left -= zeros;
            if (left == 0) return;
            if (delta > 0) {
                delta = -delta;
                f = std::exchange(g, -f);
                ff = std::exchange(gf, -ff);
                fg = std::exchange(gg, -fg);
            }
            // The next 1 - delta steps keep f: add the multiple of it that makes as many bits of g
            // zero, at most 6. f (2 - f^2) is the inverse of f mod 2^6.
            const auto bits = std::min<int64_t>({1 - delta, left, 6});
            const uint64_t multiple = (g * f * (f * f - 2)) & ((uint64_t{1} << bits) - 1);
            g += f * multiple;
            gf += ff * static_cast<int64_t>(multiple);
            gg += fg * static_cast<int64_t>(multiple);
        }
    }
};

/// (a x + b y) / 2^62 for signed numbers, where that is exact.
uint256 combine_exactly(int64_t a, const uint256& x, int64_t b, const uint256& y) noexcept {
    using int128 = __int128;
    uint64_t words[5];
    int128 sum = 0;
    for (size_t i = 0; i < 3; ++i) {
        sum += int128{a} * x[i] + int128{b} * y[i];
        words[i] = static_cast<uint64_t>(sum);
        sum >>= 64;
    }
    sum += int128{a} * static_cast<int64_t>(x[3]) + int128{b} * static_cast<int64_t>(y[3]);
    words[3] = static_cast<uint64_t>(sum);
    words[4] = static_cast<uint64_t>(sum >> 64);
    uint256 out;
    for (size_t i = 0; i < 4; ++i) out[i] = words[i] >> 62 | words[i + 1] << 2;
    return out;
}

}  // namespace

/// By division steps (Bernstein, Yang: Fast constant-time gcd computation and modular inversion,
/// 2019), 62 at a time, in variable time.
///
/// f and g start as p and the number; each step halves a combination of the two, until g is 0 and f
/// is 1 or -1. All the while d * number = f and e * number = g mod p. The combinations of 62 steps
/// depend on the low words alone, and form a matrix; f and g are divided by 2^62 after it, d and e
/// by 2^64, because that is one step of a Montgomery reduction. What is missing is one factor at
/// the end.
Fp Fp::inverse() const noexcept {
    if (is_zero()) return {};
    static constexpr auto MISSING = [] {
        // 2^2 per batch; and 2^768, as the number, d and this factor are in Montgomery form.
        std::array<uint256, MAX_BATCHES + 1> out;
        Fp factor = raw(power_of_two(768));
        for (uint256& entry : out) {
            entry = factor.m_;
            factor = factor.doubled().doubled();
        }
        return out;
    }();

    uint256 f = P;
    uint256 g = m_;
    uint256 d{};
    uint256 e{1};
    int64_t delta = 1;
    size_t batches = 0;
    for (; !g.is_zero(); ++batches) {
        CHECK(batches < MAX_BATCHES);
        const DivisionSteps steps{delta, f[0], g[0]};
        const uint256 next_f = combine_exactly(steps.ff, f, steps.fg, g);
        g = combine_exactly(steps.gf, f, steps.gg, g);
        f = next_f;
        const uint256 next_d = combine_modularly(steps.ff, d, steps.fg, e);
        e = combine_modularly(steps.gf, d, steps.gg, e);
        d = next_d;
    }
    const Fp out = multiply(raw(d), raw(MISSING[batches]));
    return f.is_negative() ? -out : out;
}

uint256 Fp::combine_modularly(int64_t a, const uint256& x, int64_t b, const uint256& y) noexcept {
    const auto signed_term = [](int64_t factor, const uint256& number) {
        return factor < 0 ? (-raw(number)).m_ : number;
    };
    const uint256 ax = signed_term(a, x);
    const uint256 by = signed_term(b, y);
    const auto a_size = static_cast<uint64_t>(a < 0 ? -a : a);
    const auto b_size = static_cast<uint64_t>(b < 0 ? -b : b);
    uint64_t t[5];
    uint64_t carry = 0;
    for (size_t i = 0; i < 4; ++i) t[i] = multiply_add(a_size, ax[i], 0, carry);
    t[4] = carry;
    carry = 0;
    for (size_t i = 0; i < 4; ++i) t[i] = multiply_add(b_size, by[i], t[i], carry);
    t[4] += carry;

    const uint64_t m = t[0] * NEGATED_INVERSE;
    carry = 0;
    for (size_t i = 0; i < 4; ++i) t[i] = multiply_add(m, P[i], t[i], carry);
    // Below (2^62 p + 2^64 p) / 2^64, hence below 2p.
    return reduce_once({t[1], t[2], t[3], t[4] + carry});
}

Fp2 Fp2::power(const uint256& exponent) const noexcept {
    return power_of(*this, exponent);
}

Fp6 operator*(const Fp6& a, const Fp6& b) noexcept {
    const Fp2 t0 = a.c0 * b.c0;
    const Fp2 t1 = a.c1 * b.c1;
    const Fp2 t2 = a.c2 * b.c2;
    return {
        ((a.c1 + a.c2) * (b.c1 + b.c2) - t1 - t2).times_xi() + t0,
        (a.c0 + a.c1) * (b.c0 + b.c1) - t0 - t1 + t2.times_xi(),
        (a.c0 + a.c2) * (b.c0 + b.c2) - t0 - t2 + t1,
    };
}

Fp6 Fp6::times_sparse(const Fp2& b0, const Fp2& b1) const noexcept {
    const Fp2 t0 = c0 * b0;
    const Fp2 t1 = c1 * b1;
    return {
        (c2 * b1).times_xi() + t0,
        (c0 + c1) * (b0 + b1) - t0 - t1,
        c2 * b0 + t1,
    };
}

Fp6 Fp6::inverse() const noexcept {
    const Fp2 t0 = c0.squared() - (c1 * c2).times_xi();
    const Fp2 t1 = c2.squared().times_xi() - c0 * c1;
    const Fp2 t2 = c1.squared() - c0 * c2;
    const Fp2 norm = c0 * t0 + (c2 * t1 + c1 * t2).times_xi();
    const Fp2 scale = norm.inverse();
    return {t0 * scale, t1 * scale, t2 * scale};
}

Fp12 operator*(const Fp12& a, const Fp12& b) noexcept {
    const Fp6 t0 = a.c0 * b.c0;
    const Fp6 t1 = a.c1 * b.c1;
    return {t0 + t1.times_v(), (a.c0 + a.c1) * (b.c0 + b.c1) - t0 - t1};
}

Fp12 Fp12::squared() const noexcept {
    // (c0 + c1)(c0 + v c1) = c0^2 + v c1^2 + (1 + v) c0 c1
    const Fp6 t = c0 * c1;
    return {(c0 + c1) * (c0 + c1.times_v()) - t - t.times_v(), t + t};
}

Fp12 Fp12::cyclotomic_squared() const noexcept {
    struct Pair {
        Fp2 first;
        Fp2 second;
    };
    // (a + b s)^2 with s^2 = xi
    const auto square = [](const Fp2& a, const Fp2& b) -> Pair {
        const Fp2 t = a * b;
        return {(a + b) * (a + b.times_xi()) - t - t.times_xi(), t.doubled()};
    };
    const auto [a0, a1] = square(c0.c0, c1.c1);
    const auto [b0, b1] = square(c1.c0, c0.c2);
    const auto [d0, d1] = square(c0.c1, c1.c2);
    const auto minus = [](const Fp2& t, const Fp2& z) { return (t - z).doubled() + t; };
    const auto plus = [](const Fp2& t, const Fp2& z) { return (t + z).doubled() + t; };
    return {{minus(a0, c0.c0), minus(b0, c0.c1), minus(d0, c0.c2)},
            {plus(d1.times_xi(), c1.c0), plus(a1, c1.c1), plus(b1, c1.c2)}};
}

Fp12 Fp12::times_line(const Fp2& l0, const Fp2& l1, const Fp2& l2) const noexcept {
    // The line is l0 + (l1 + l2 v) w.
    const Fp6 t0 = c0 * l0;
    const Fp6 t1 = c1.times_sparse(l1, l2);
    return {t0 + t1.times_v(), (c0 + c1).times_sparse(l0 + l1, l2) - t0 - t1};
}

Fp12 Fp12::frobenius() const noexcept {
    return {{c0.c0.conjugate(), c0.c1.conjugate() * frobenius_factor(2),
             c0.c2.conjugate() * frobenius_factor(4)},
            {c1.c0.conjugate() * frobenius_factor(1), c1.c1.conjugate() * frobenius_factor(3),
             c1.c2.conjugate() * frobenius_factor(5)}};
}

Fp12 Fp12::inverse() const noexcept {
    const Fp6 scale = (c0 * c0 - (c1 * c1).times_v()).inverse();
    return {c0 * scale, -(c1 * scale)};
}

const Fp2& frobenius_factor(size_t k) noexcept {
    static const auto factors = [] {
        std::array<Fp2, 6> out;
        out[0] = Fp2::one();
        out[1] = XI.power((P - uint256{1}) / uint256{6});
        for (size_t i = 2; i < out.size(); ++i) out[i] = out[i - 1] * out[1];
        return out;
    }();
    return factors[k];
}

}  // namespace scope::crypto::bn254
