#include "crypto/bn254_field.hpp"

#include <array>

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

}  // namespace

Fp Fp::inverse() const noexcept {
    // a^(p - 2) by Fermat, four bits at a time.
    static constexpr uint256 EXPONENT = P - uint256{2};
    std::array<Fp, 16> powers;
    powers[0] = one();
    for (size_t i = 1; i < powers.size(); ++i) powers[i] = powers[i - 1] * *this;
    Fp out = one();
    for (size_t i = 64; i-- > 0;) {
        out = out.squared().squared().squared().squared();
        const size_t digit = EXPONENT[i / 16] >> i % 16 * 4 & 15;
        if (digit != 0) out = out * powers[digit];
    }
    return out;
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
