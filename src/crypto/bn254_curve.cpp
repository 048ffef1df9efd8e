#include "crypto/bn254_curve.hpp"

#include <array>

namespace scope::crypto::bn254 {
namespace {

/// The high 256 bits of a * b.
uint256 multiply_high(const uint256& a, const uint256& b) noexcept {
    uint64_t product[8]{};
    for (size_t i = 0; i < 4; ++i) {
        uint64_t carry = 0;
        for (size_t j = 0; j < 4; ++j) {
            const uint128 t = uint128{a[i]} * b[j] + product[i + j] + carry;
            product[i + j] = static_cast<uint64_t>(t);
            carry = static_cast<uint64_t>(t >> 64);
        }
        product[i + 4] = carry;
    }
    return {product[4], product[5], product[6], product[7]};
}

ScalarHalves::Half to_half(const uint256& a) noexcept {
    const bool negative = a.is_negative();
    const uint256 size = negative ? -a : a;
    CHECK((size[2] | size[3]) == 0);
    return {uint128{size[1]} << 64 | size[0], negative};
}

/// Signed digits, odd and below 2^(WINDOW - 1) in size or zero, least significant first.
constexpr unsigned WINDOW = 5;
struct Digits {
    std::array<int8_t, 130> digits{};
    size_t count = 0;

    explicit Digits(const ScalarHalves::Half& half) noexcept {
        for (uint128 rest = half.size; rest != 0; rest >>= 1, ++count) {
            if ((rest & 1) == 0) continue;
            int digit = static_cast<int>(rest & ((1 << WINDOW) - 1));
            if (digit >= 1 << (WINDOW - 1)) digit -= 1 << WINDOW;
            // No overflow: a half is at most 0xdea..., far enough below 2^128.
            if (digit < 0)
                rest += static_cast<unsigned>(-digit);
            else
                rest -= static_cast<unsigned>(digit);
            digits[count] = static_cast<int8_t>(half.negative ? -digit : digit);
        }
    }
};

constexpr size_t TABLE_SIZE = 1 << (WINDOW - 2);
using Table = std::array<Jacobian<Fp>, TABLE_SIZE>;  // P, 3P, 5P ..

void add_digit(Jacobian<Fp>& sum, const Table& table, int digit) noexcept {
    if (digit > 0) sum = sum + table[static_cast<size_t>(digit) / 2];
    if (digit < 0) sum = sum + -table[static_cast<size_t>(-digit) / 2];
}

Jacobian<Fp2> frobenius(const Jacobian<Fp2>& point) noexcept {
    return {point.x.conjugate() * frobenius_factor(2), point.y.conjugate() * frobenius_factor(3),
            point.z.conjugate()};
}

}  // namespace

bool is_on_curve(const G1& point) noexcept {
    return point.is_infinity() || point.y.squared() == point.x.squared() * point.x + Fp{3};
}

bool is_on_curve(const G2& point) noexcept {
    static const Fp2 B = XI.inverse() * Fp{3};
    return point.is_infinity() || point.y.squared() == point.x.squared() * point.x + B;
}

G2 frobenius(const G2& point) noexcept {
    return {point.x.conjugate() * frobenius_factor(2), point.y.conjugate() * frobenius_factor(3)};
}

/// Tests (x + 1) Q + f(x Q) + f^2(x Q) = f^3(2x Q), f the Frobenius map (Dai, Lin, Zhao, Zhou:
/// Fast subgroup membership testings for G1, G2 and GT, 2022): one multiplication by 63 bits.
///
/// It decides: with f^2 - t f + p = 0, a point that passes is killed by the resultant of that
/// polynomial and (x + 1) + x f + x f^2 - 2x f^3, and the greatest common divisor of that resultant
/// and the order of the twist is r.
bool is_in_subgroup(const G2& point) noexcept {
    const Jacobian<Fp2> multiple = multiply_plainly(point, uint256{X});
    const Jacobian<Fp2> once = frobenius(multiple);
    const Jacobian<Fp2> twice = frobenius(once);
    return multiple + point + once + twice == frobenius(twice).doubled();
}

/// Writes (k, 0) in the basis (6x^2 + 4x + 1, 2x + 1), (2x + 1, -6x^2 - 2x) of the pairs (a, b)
/// with a + b lambda = 0 mod r; what rounding the coordinates down leaves is short.
ScalarHalves split_scalar(const uint256& k) noexcept {
    constexpr uint256 A{0x0be4e1541221250b, 0x6f4d8248eeb859fd, 0, 0};  // 6x^2 + 4x + 1
    constexpr uint256 B{2 * X + 1};
    constexpr uint256 C{0x8211bbeb7d4f1128, 0x6f4d8248eeb859fc, 0, 0};         // 6x^2 + 2x
    constexpr uint256 C_OVER_R{0x7a7bd9d4391eb18d, 0x4ccef014a773d2cf, 2, 0};  // 2^256 C / r
    constexpr uint256 B_OVER_R{0xd91d232ec7e0b3d7, 2, 0, 0};                   // 2^256 B / r
    const uint256 first = multiply_high(k, C_OVER_R);
    const uint256 second = multiply_high(k, B_OVER_R);
    return {to_half(k - first * A - second * B), to_half(second * C - first * B)};
}

Jacobian<Fp> multiply(const G1& point, const uint256& n) noexcept {
    const ScalarHalves halves = split_scalar(n % R);
    const Digits first{halves.first};
    const Digits second{halves.second};

    Table table;
    Table turned;  // the same multiples of lambda * P
    const Fp beta = Fp::from(BETA);
    table[0] = Jacobian<Fp>{point};
    const Jacobian<Fp> twice = table[0].doubled();
    for (size_t i = 1; i < TABLE_SIZE; ++i) table[i] = table[i - 1] + twice;
    for (size_t i = 0; i < TABLE_SIZE; ++i) turned[i] = {table[i].x * beta, table[i].y, table[i].z};

    Jacobian<Fp> sum;
    for (size_t i = std::max(first.count, second.count); i-- > 0;) {
        sum = sum.doubled();
        add_digit(sum, table, first.digits[i]);
        add_digit(sum, turned, second.digits[i]);
    }
    return sum;
}

}  // namespace scope::crypto::bn254
