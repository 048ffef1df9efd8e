#pragma once

#include "crypto/bn254_field.hpp"

/// Points of y^2 = x^3 + b, over Fp (b = 3) and over Fp2 (its twist, b = 3 / xi). Internal to the
/// library.
namespace scope::crypto::bn254 {

/// A point (x, y), or the point at infinity as (0, 0), which is on neither curve.
template <typename Field>
struct Affine {
    Field x;
    Field y;

    [[nodiscard]] bool is_infinity() const noexcept { return x.is_zero() && y.is_zero(); }
    friend bool operator==(const Affine&, const Affine&) noexcept = default;
    friend Affine operator-(const Affine& a) noexcept { return {a.x, -a.y}; }
};

/// A point (x / z^2, y / z^3); infinity when z is 0.
template <typename Field>
struct Jacobian {
    Field x;
    Field y;
    Field z;

    Jacobian() noexcept = default;
    Jacobian(const Field& x_, const Field& y_, const Field& z_) noexcept : x(x_), y(y_), z(z_) {}
    explicit Jacobian(const Affine<Field>& a) noexcept
        : x(a.x), y(a.y), z(a.is_infinity() ? Field{} : Field::one()) {}

    [[nodiscard]] bool is_infinity() const noexcept { return z.is_zero(); }
    friend Jacobian operator-(const Jacobian& a) noexcept { return {a.x, -a.y, a.z}; }

    /// Doubles by dbl-2009-l of the Explicit-Formulas Database.
    [[nodiscard]] Jacobian doubled() const noexcept {
        const Field xx = x.squared();
        const Field yy = y.squared();
        const Field yyyy = yy.squared();
        const Field d = ((x + yy).squared() - xx - yyyy).doubled();
        const Field e = xx.doubled() + xx;
        const Field x3 = e.squared() - d.doubled();
        return {x3, e * (d - x3) - yyyy.doubled().doubled().doubled(), (y * z).doubled()};
    }
    /// Adds by add-2007-bl, and the cases that it leaves out.
    friend Jacobian operator+(const Jacobian& a, const Jacobian& b) noexcept {
        if (a.is_infinity()) return b;
        if (b.is_infinity()) return a;
        const Field a_zz = a.z.squared();
        const Field b_zz = b.z.squared();
        const Field u1 = a.x * b_zz;
        const Field s1 = a.y * b.z * b_zz;
        const Field h = b.x * a_zz - u1;
        const Field s = b.y * a.z * a_zz - s1;
        if (h.is_zero()) return s.is_zero() ? a.doubled() : Jacobian{};
        const Field i = h.doubled().squared();
        const Field j = h * i;
        const Field r = s.doubled();
        const Field v = u1 * i;
        const Field x3 = r.squared() - j - v.doubled();
        return {x3, r * (v - x3) - (s1 * j).doubled(), ((a.z + b.z).squared() - a_zz - b_zz) * h};
    }
    /// Adds by madd-2007-bl, as above.
    friend Jacobian operator+(const Jacobian& a, const Affine<Field>& b) noexcept {
        if (a.is_infinity()) return Jacobian{b};
        if (b.is_infinity()) return a;
        const Field zz = a.z.squared();
        const Field h = b.x * zz - a.x;
        const Field s = b.y * a.z * zz - a.y;
        if (h.is_zero()) return s.is_zero() ? a.doubled() : Jacobian{};
        const Field hh = h.squared();
        const Field i = hh.doubled().doubled();
        const Field j = h * i;
        const Field r = s.doubled();
        const Field v = a.x * i;
        const Field x3 = r.squared() - j - v.doubled();
        return {x3, r * (v - x3) - (a.y * j).doubled(), (a.z + h).squared() - zz - hh};
    }
    /// Returns whether both stand for one point.
    friend bool operator==(const Jacobian& a, const Jacobian& b) noexcept {
        if (a.is_infinity() || b.is_infinity()) return a.is_infinity() == b.is_infinity();
        const Field a_zz = a.z.squared();
        const Field b_zz = b.z.squared();
        return a.x * b_zz == b.x * a_zz && a.y * b.z * b_zz == b.y * a.z * a_zz;
    }
    [[nodiscard]] Affine<Field> to_affine() const noexcept {
        if (is_infinity()) return {};
        const Field inverse = z.inverse();
        const Field squared = inverse.squared();
        return {x * squared, y * squared * inverse};
    }
};

using G1 = Affine<Fp>;
using G2 = Affine<Fp2>;

bool is_on_curve(const G1& point) noexcept;
bool is_on_curve(const G2& point) noexcept;

/// Returns whether a point of the twist has order r (or is infinity). REQUIRES: on the curve.
bool is_in_subgroup(const G2& point) noexcept;
/// Applies the Frobenius map of the curve, seen on the twist.
G2 frobenius(const G2& point) noexcept;

/// Returns n * P for any n below 2^256. REQUIRES: on the curve.
Jacobian<Fp> multiply(const G1& point, const uint256& n) noexcept;
/// Multiplies by doubling and adding; for tests, and for G2.
template <typename Field>
Jacobian<Field> multiply_plainly(const Affine<Field>& point, const uint256& n) noexcept {
    Jacobian<Field> out;
    for (unsigned i = 256 - count_leading_zeros(n); i-- > 0;) {
        out = out.doubled();
        if ((n[i / 64] >> i % 64 & 1) != 0) out = out + point;
    }
    return out;
}

/// The halves of k = first + second * lambda mod r, both below 2^128 in size. For tests.
struct ScalarHalves {
    struct Half {
        uint128 size = 0;
        bool negative = false;
    };
    Half first;
    Half second;
};
/// A cube root of unity mod r, and one in Fp: lambda * (x, y) = (beta * x, y).
inline constexpr uint256 LAMBDA{0x8b17ea66b99c90dd, 0x5bfc41088d8daaa7, 0xb3c4d79d41a91758, 0};
inline constexpr uint256 BETA{0x5763473177fffffe, 0xd4f263f1acdb5c4f, 0x59e26bcea0d48bac, 0};
/// Splits @p k. REQUIRES: k < r.
ScalarHalves split_scalar(const uint256& k) noexcept;

}  // namespace scope::crypto::bn254
