#include "crypto/bn254_pairing.hpp"

#include <array>
#include <vector>

namespace scope::crypto::bn254 {
namespace {

/// The digits -1, 0, 1 of a number, no two neighbours both set, least significant first.
template <size_t Count>
consteval std::array<int8_t, Count> signed_digits(uint128 n) {
    std::array<int8_t, Count> out{};
    size_t i = 0;
    for (; n != 0; n >>= 1, ++i) {
        if ((n & 1) == 0) continue;
        out[i] = (n & 3) == 1 ? 1 : -1;
        if (out[i] == 1)
            n -= 1;
        else
            n += 1;
    }
    if (i != Count) throw "wrong number of digits";
    return out;
}
constexpr auto LOOP_DIGITS = signed_digits<66>(uint128{6} * X + 2);
constexpr auto X_DIGITS = signed_digits<63>(X);

/// A line l0 + l1 w + l2 w^3, up to a factor in Fp2, which the final exponentiation removes.
struct Line {
    Fp2 l0;
    Fp2 l1;
    Fp2 l2;
};

/// The multiple of Q that the loop has reached, (x / z, y / z) on the twist.
struct Accumulator {
    Fp2 x;
    Fp2 y;
    Fp2 z;

    /// Doubles, and gives the tangent at P.
    ///
    /// With slope s = 3x^2 / 2y on the twist, the tangent through the image (x w^2, y w^3) is
    /// y_P - s x_P w + (s x - y) w^3. Here it is multiplied by -2 y z.
    Line double_step(const G1& p) noexcept {
        static const Fp2 THREE_B = XI.inverse() * Fp{9};
        const Fp2 xx = x.squared();
        const Fp2 yy = y.squared();
        const Fp2 zz = z.squared();
        const Fp2 e = THREE_B * zz;
        const Fp2 f = e.doubled() + e;
        const Fp2 h = (y + z).squared() - yy - zz;  // 2 y z
        const Line line{-(h * p.y), (xx.doubled() + xx) * p.x, e - yy};
        const Fp2 g = (yy + f).halved();
        const Fp2 ee = e.squared();
        x = (x * y).halved() * (yy - f);
        y = g.squared() - (ee.doubled() + ee);
        z = yy * h;
        return line;
    }

    /// Adds Q, and gives the line through both at P: with slope s = theta / lambda,
    /// y_P - s x_P w + (s x_Q - y_Q) w^3, multiplied by lambda.
    Line add_step(const G2& q, const G1& p) noexcept {
        const Fp2 theta = y - q.y * z;
        const Fp2 lambda = x - q.x * z;
        const Line line{lambda * p.y, -(theta * p.x), theta * q.x - lambda * q.y};
        const Fp2 d = lambda.squared();
        const Fp2 e = lambda * d;
        const Fp2 g = x * d;
        const Fp2 h = e + z * theta.squared() - g.doubled();
        x = lambda * h;
        y = theta * (g - h) - e * y;
        z = z * e;
        return line;
    }
};

Fp12 power_of_x(const Fp12& a) noexcept {
    const Fp12 inverse = a.conjugate();
    Fp12 out = a;
    for (size_t i = X_DIGITS.size() - 1; i-- > 0;) {
        out = out.cyclotomic_squared();
        if (X_DIGITS[i] > 0) out = out * a;
        if (X_DIGITS[i] < 0) out = out * inverse;
    }
    return out;
}

}  // namespace

Fp12 miller_loop(std::span<const PointPair> pairs) {
    std::vector<PointPair> finite;
    std::vector<Accumulator> accumulators;
    finite.reserve(pairs.size());
    accumulators.reserve(pairs.size());
    for (const PointPair& pair : pairs) {
        if (pair.p.is_infinity() || pair.q.is_infinity()) continue;
        finite.push_back(pair);
        accumulators.push_back({pair.q.x, pair.q.y, Fp2::one()});
    }

    Fp12 f = Fp12::one();
    const auto multiply_by = [&f](const Line& line) {
        f = f.times_line(line.l0, line.l1, line.l2);
    };
    for (size_t i = LOOP_DIGITS.size() - 1; i-- > 0;) {
        f = f.squared();
        for (size_t k = 0; k < finite.size(); ++k) {
            const auto& [p, q] = finite[k];
            multiply_by(accumulators[k].double_step(p));
            if (LOOP_DIGITS[i] > 0) multiply_by(accumulators[k].add_step(q, p));
            if (LOOP_DIGITS[i] < 0) multiply_by(accumulators[k].add_step(-q, p));
        }
    }
    for (size_t k = 0; k < finite.size(); ++k) {
        const auto& [p, q] = finite[k];
        const G2 once = frobenius(q);
        multiply_by(accumulators[k].add_step(once, p));
        multiply_by(accumulators[k].add_step(-frobenius(once), p));
    }
    return f;
}

/// The hard part is (p^4 - p^2 + 1) / r times 2x(6x^2 + 3x + 1), which in powers of p has the
/// coefficients 1 + a + 6x^2, a - 2x, a and a - 2x - 1 with a = 6x + 6x^2 + 12x^3
/// (Fuentes-Castaneda, Knapp, Rodriguez-Henriquez: Faster hashing to G2, 2011).
Fp12 final_exponentiation(const Fp12& f) noexcept {
    // To (p^6 - 1)(p^2 + 1); from here on the inverse is the conjugate.
    const Fp12 first = f.conjugate() * f.inverse();
    const Fp12 m = first.frobenius().frobenius() * first;

    const Fp12 x2 = power_of_x(m).cyclotomic_squared();
    const Fp12 x6 = x2.cyclotomic_squared() * x2;
    const Fp12 xx6 = power_of_x(x6);
    const Fp12 xxx12 = power_of_x(xx6.cyclotomic_squared());
    const Fp12 a = xxx12 * xx6 * x6;
    const Fp12 b = a * x2.conjugate();
    const Fp12 c0 = a * xx6 * m;
    const Fp12 c3 = b * m.conjugate();
    // c0 * b^p * a^(p^2) * c3^(p^3), nested so that each map is applied once.
    return c0 * (b * (a * c3.frobenius()).frobenius()).frobenius();
}

}  // namespace scope::crypto::bn254
