#include "crypto/bn254.hpp"

#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "base/hex.hpp"
#include "base/uint256.hpp"
#include "crypto/bn254_pairing.hpp"

namespace scope::crypto::bn254 {

using namespace literals;

namespace {

// Generators of EIP-197.
const G1 GENERATOR1{Fp{1}, Fp{2}};
const G2 GENERATOR2{
    {Fp::from(10857046999023057135944570762232829481370756359578518086990519993285655852781_u256),
     Fp::from(11559732032986387107991004021392285783925812861821192530917403151452391805634_u256)},
    {Fp::from(8495653923123431417604973247489272438418190587263600148770280649306958101930_u256),
     Fp::from(4082367875863433681332203403145435568316851327593401208105741076214120093531_u256)}};

class bn254 : public testing::Test {
  protected:
    void SetUp() override { RecordProperty("seed", std::to_string(seed_)); }
    void TearDown() override {
        if (HasFailure()) std::cerr << "seed " << seed_ << "\n";
    }
    uint256 number() { return {random_(), random_(), random_(), random_()}; }
    Fp fp() { return Fp::from(number() % P); }
    Fp2 fp2() { return {fp(), fp()}; }
    Fp6 fp6() { return {fp2(), fp2(), fp2()}; }
    Fp12 fp12() { return {fp6(), fp6()}; }
    G1 g1() { return multiply_plainly(GENERATOR1, number() % R).to_affine(); }
    G2 g2() { return multiply_plainly(GENERATOR2, number() % R).to_affine(); }

  private:
    uint64_t seed_ = std::random_device{}();
    std::mt19937_64 random_{seed_};
};

Bytes encode(const G1& p) {
    return concat(to_be(p.x.value()), to_be(p.y.value()));
}
Bytes encode(const G2& q) {
    return concat(to_be(q.x.c1.value()), to_be(q.x.c0.value()), to_be(q.y.c1.value()),
                  to_be(q.y.c0.value()));
}
std::optional<FixedBytes<64>> add_bytes(const Bytes& bytes) {
    return add(FixedBytes<128>::from(bytes));
}
std::optional<FixedBytes<64>> mul_bytes(const Bytes& bytes) {
    return mul(FixedBytes<96>::from(bytes));
}

/// Points of the curve by the schoolbook, on plain numbers: x and y from 0 to p - 1.
struct PlainPoint {
    uint256 x, y;

    static uint256 minus(const uint256& a, const uint256& b) { return addmod(a, P - b, P); }
    static uint256 over(const uint256& a, const uint256& b) {
        uint256 inverse{1};
        for (unsigned i = 256; i-- > 0;) {
            inverse = mulmod(inverse, inverse, P);
            if ((((P - uint256{2}) >> i)[0] & 1) != 0) inverse = mulmod(inverse, b, P);
        }
        return mulmod(a, inverse, P);
    }
    friend PlainPoint operator+(const PlainPoint& a, const PlainPoint& b) {
        if (a.x.is_zero() && a.y.is_zero()) return b;
        if (b.x.is_zero() && b.y.is_zero()) return a;
        uint256 slope;
        if (a.x != b.x)
            slope = over(minus(b.y, a.y), minus(b.x, a.x));
        else if (a.y == b.y)
            slope = over(mulmod(uint256{3}, mulmod(a.x, a.x, P), P), addmod(a.y, a.y, P));
        else
            return {};
        const uint256 sum_x = minus(minus(mulmod(slope, slope, P), a.x), b.x);
        return {sum_x, minus(mulmod(slope, minus(a.x, sum_x), P), a.y)};
    }
};
PlainPoint plain(const G1& p) {
    return {p.x.value(), p.y.value()};
}

}  // namespace

TEST_F(bn254, constants_are_the_polynomials_in_x) {
    const uint256 x{X};
    const uint256 x2 = x * x;
    const uint256 common =
        uint256{36} * x2 * x2 + uint256{36} * x2 * x + uint256{6} * x + uint256{1};
    EXPECT_EQ(P, common + uint256{24} * x2);
    EXPECT_EQ(R, common + uint256{18} * x2);
}

TEST_F(bn254, field_agrees_with_mulmod) {
    std::vector<uint256> numbers{uint256{}, uint256{1}, P - uint256{1}, P - uint256{2}};
    for (int i = 0; i < 100; ++i) numbers.push_back(number() % P);
    for (const uint256& a : numbers) {
        EXPECT_EQ(Fp::from(a).value(), a);
        EXPECT_EQ(Fp::from(a).halved().doubled().value(), a);
        if (!a.is_zero()) {
            EXPECT_EQ(Fp::from(a).inverse() * Fp::from(a), Fp::one());
        }
        for (const uint256& b : numbers) {
            ASSERT_EQ((Fp::from(a) * Fp::from(b)).value(), mulmod(a, b, P));
            ASSERT_EQ((Fp::from(a) + Fp::from(b)).value(), addmod(a, b, P));
            ASSERT_EQ((Fp::from(a) - Fp::from(b)).value(), addmod(a, P - b, P));
            // (a + bu)(b + au) = ab - ab + (a^2 + b^2) u
            const Fp2 product = Fp2{Fp::from(a), Fp::from(b)} * Fp2{Fp::from(b), Fp::from(a)};
            ASSERT_TRUE(product.c0.is_zero());
            ASSERT_EQ(product.c1.value(), addmod(mulmod(a, a, P), mulmod(b, b, P), P));
        }
    }
    EXPECT_TRUE(Fp{}.inverse().is_zero());
}

TEST_F(bn254, tower_is_a_field) {
    for (int i = 0; i < 20; ++i) {
        const Fp12 a = fp12();
        const Fp12 b = fp12();
        const Fp12 c = fp12();
        EXPECT_EQ(a * b, b * a);
        EXPECT_EQ(a * (b * c), a * b * c);
        EXPECT_EQ(a.squared(), a * a);
        EXPECT_EQ(a.inverse() * a, Fp12::one());
        const Fp2 l0 = fp2();
        const Fp2 l1 = fp2();
        const Fp2 l2 = fp2();
        EXPECT_EQ(a.times_line(l0, l1, l2), a * (Fp12{{l0, {}, {}}, {l1, l2, {}}}));
        EXPECT_EQ((a * b).frobenius(), a.frobenius() * b.frobenius());
        EXPECT_EQ(l0.squared(), l0 * l0);
        EXPECT_EQ(l0.times_xi(), l0 * XI);
    }
}

TEST_F(bn254, frobenius_is_the_power_of_p) {
    const Fp12 a = fp12();
    Fp12 power = Fp12::one();
    for (unsigned i = 256; i-- > 0;) {
        power = power.squared();
        if (((P >> i)[0] & 1) != 0) power = power * a;
    }
    EXPECT_EQ(a.frobenius(), power);
    Fp12 turned = a;
    for (int i = 0; i < 6; ++i) turned = turned.frobenius();
    EXPECT_EQ(turned, a.conjugate());
}

TEST_F(bn254, cyclotomic_square_is_the_square_there) {
    const Fp12 a = fp12();
    const Fp12 first = a.conjugate() * a.inverse();
    const Fp12 unitary = first.frobenius().frobenius() * first;
    EXPECT_EQ(unitary.cyclotomic_squared(), unitary.squared());
    EXPECT_EQ(unitary.conjugate(), unitary.inverse());
}

TEST_F(bn254, adds_as_the_schoolbook_does) {
    for (int i = 0; i < 20; ++i) {
        const G1 p = g1();
        for (const G1& q : {g1(), p, -p, G1{}}) {
            const PlainPoint expected = plain(p) + plain(q);
            const auto sum = add_bytes(concat(encode(p), encode(q)));
            ASSERT_TRUE(sum);
            EXPECT_EQ(to_bytes(*sum), concat(to_be(expected.x), to_be(expected.y)));
            EXPECT_EQ(add_bytes(concat(encode(q), encode(p))), sum);
            // The addition of two points in Jacobian form meets the same cases.
            const Jacobian<Fp> scaled{p.x * Fp{9}, p.y * Fp{27}, Fp{3}};
            EXPECT_EQ(plain((Jacobian<Fp>{q} + scaled).to_affine()).x, expected.x);
        }
    }
}

TEST_F(bn254, multiplies_as_doubling_and_adding_does) {
    std::vector<uint256> scalars{uint256{},  uint256{1},        uint256{2},       LAMBDA,
                                 R,          R - uint256{1},    R + uint256{1},   R - LAMBDA,
                                 ~uint256{}, uint256{1} << 255, uint256{1} << 128};
    for (int i = 0; i < 50; ++i) scalars.push_back(number() >> static_cast<uint64_t>(i));
    for (const uint256& n : scalars) {
        const G1 p = g1();
        const auto product = mul_bytes(concat(encode(p), to_be(n)));
        ASSERT_TRUE(product);
        EXPECT_EQ(to_bytes(*product), encode(multiply_plainly(p, n).to_affine())) << to_quantity(n);
        EXPECT_TRUE(mul_bytes(concat(encode(G1{}), to_be(n)))->is_zero());
    }
}

TEST_F(bn254, splits_scalars_into_short_halves) {
    EXPECT_EQ(addmod(addmod(mulmod(LAMBDA, LAMBDA, R), LAMBDA, R), uint256{1}, R), uint256{});
    std::vector<uint256> scalars{uint256{}, uint256{1}, R - uint256{1}, LAMBDA, R - LAMBDA};
    for (int i = 0; i < 1000; ++i) scalars.push_back(number() % R);
    const auto value = [](const ScalarHalves::Half& half) {
        const uint256 size{static_cast<uint64_t>(half.size), static_cast<uint64_t>(half.size >> 64),
                           0, 0};
        return half.negative ? (R - size) % R : size;
    };
    for (const uint256& k : scalars) {
        const auto [first, second] = split_scalar(k);
        ASSERT_EQ(addmod(value(first), mulmod(value(second), LAMBDA, R), R), k);
        // Room for the digits' carry.
        ASSERT_LT(first.size >> 120, 0xe0u);
        ASSERT_LT(second.size >> 120, 0xe0u);
    }
}

TEST_F(bn254, generators_have_order_r) {
    EXPECT_TRUE(is_on_curve(GENERATOR1));
    EXPECT_TRUE(is_on_curve(GENERATOR2));
    EXPECT_TRUE(multiply_plainly(GENERATOR1, R).is_infinity());
    EXPECT_TRUE(multiply_plainly(GENERATOR2, R).is_infinity());
    EXPECT_TRUE(is_in_subgroup(GENERATOR2));
    EXPECT_TRUE(is_in_subgroup(G2{}));
    for (int i = 0; i < 20; ++i) EXPECT_TRUE(is_in_subgroup(g2()));
}

// On the twist, of another order; found with npm @noble/curves.
const G2 OUTSIDE{
    {Fp{1}, Fp{3}},
    {Fp::from(0x13432dce1d44cf908ecc0c04bc41ca8975e916253da40e00830f64a50381c99b_u256),
     Fp::from(0x25fc9c648a3a5a2f1c4de92c5e9ff9bf9db0fedd92f908673481aaec5436aefe_u256)}};

TEST_F(bn254, subgroup_check_agrees_with_multiplying_by_r) {
    ASSERT_TRUE(is_on_curve(OUTSIDE));
    for (uint64_t i = 1; i < 50; ++i) {
        const G2 point = multiply_plainly(OUTSIDE, uint256{i}).to_affine();
        EXPECT_EQ(is_in_subgroup(point), multiply_plainly(point, R).is_infinity()) << i;
        // Outside plus inside is outside.
        const G2 sum = (Jacobian<Fp2>{g2()} + point).to_affine();
        EXPECT_FALSE(is_in_subgroup(sum));
    }
    // What is left of OUTSIDE without its part in the subgroup: its order divides 2p - r.
    const G2 cleared = multiply_plainly(OUTSIDE, R).to_affine();
    EXPECT_FALSE(is_in_subgroup(cleared));
    // And its part in the subgroup.
    const G2 inside = multiply_plainly(OUTSIDE, P + P - R).to_affine();
    EXPECT_FALSE(inside.is_infinity());
    EXPECT_TRUE(is_in_subgroup(inside));
}

TEST_F(bn254, pairing_is_bilinear_and_not_degenerate) {
    const auto pairing = [](const G1& p, const G2& q) {
        const PointPair pair{p, q};
        return final_exponentiation(miller_loop({&pair, 1}));
    };
    for (int i = 0; i < 5; ++i) {
        const G1 p = g1();
        const G2 q = g2();
        const uint256 n = number() % R;
        const Fp12 e = pairing(p, q);
        EXPECT_NE(e, Fp12::one());
        const Fp12 left = pairing(multiply(p, n).to_affine(), q);
        EXPECT_EQ(left, pairing(p, multiply_plainly(q, n).to_affine()));
        Fp12 power = Fp12::one();
        for (unsigned bit = 256; bit-- > 0;) {
            power = power.squared();
            if (((n >> bit)[0] & 1) != 0) power = power * e;
        }
        EXPECT_EQ(left, power);
        EXPECT_EQ(pairing(p, G2{}), Fp12::one());
        EXPECT_EQ(pairing(G1{}, q), Fp12::one());
    }
}

TEST_F(bn254, pairing_check_tells_one_from_others) {
    EXPECT_EQ(pairing_check({}), true);
    for (int i = 0; i < 5; ++i) {
        const G1 p = g1();
        const G2 q = g2();
        const uint256 a = number() % R;
        const uint256 b = number() % R;
        const G1 ap = multiply(p, a).to_affine();
        const G2 bq = multiply_plainly(q, b).to_affine();
        const G1 minus = -multiply(p, addmod(a, b, R)).to_affine();
        // e(aP, Q) e(P, bQ) e(-(a + b)P, Q) = 1
        const Bytes good = concat(encode(ap), encode(q), encode(p), encode(bq), encode(minus),
                                  encode(q), encode(G1{}), encode(q), encode(p), encode(G2{}));
        EXPECT_EQ(pairing_check(good), true);
        const Bytes bad = concat(encode(p), encode(q), BytesView{good});
        EXPECT_EQ(pairing_check(bad), false);
        EXPECT_EQ(pairing_check(concat(encode(p), encode(q))), false);
    }
}

TEST_F(bn254, refuses_bad_points_and_lengths) {
    const Bytes p = encode(GENERATOR1);
    const Bytes q = encode(GENERATOR2);
    const auto with_word = [](Bytes bytes, size_t word, const uint256& value) {
        store_be32(bytes.data() + 32 * word, value);
        return bytes;
    };
    for (size_t word = 0; word < 4; ++word) {
        // Not below p, though right mod p; off the curve; half of infinity.
        EXPECT_FALSE(add_bytes(with_word(concat(p, p), word, P + uint256{1 + word % 2})));
        EXPECT_FALSE(add_bytes(with_word(concat(p, p), word, uint256{7})));
        EXPECT_FALSE(add_bytes(with_word(concat(p, p), word, uint256{})));
        EXPECT_FALSE(add_bytes(with_word(Bytes(128, 0), word, P)));
    }
    EXPECT_FALSE(mul_bytes(with_word(concat(p, to_be(uint256{})), 0, P + uint256{1})));
    EXPECT_FALSE(mul_bytes(with_word(concat(p, to_be(uint256{})), 1, uint256{3})));

    const Bytes pair = concat(p, q);
    ASSERT_EQ(pairing_check(pair), false);
    for (size_t size = 1; size < pair.size(); ++size)
        EXPECT_FALSE(pairing_check(BytesView{pair}.first(size)).has_value());
    for (size_t word = 0; word < 6; ++word) {
        const uint256 original = load_be32(pair.data() + 32 * word);
        EXPECT_FALSE(pairing_check(with_word(pair, word, original + P)).has_value());
        EXPECT_FALSE(pairing_check(with_word(pair, word, original + uint256{1})).has_value());
    }
    EXPECT_FALSE(pairing_check(concat(p, encode(OUTSIDE))).has_value());
    // Also where the other point is infinity.
    EXPECT_FALSE(pairing_check(concat(encode(G1{}), encode(OUTSIDE))).has_value());
    EXPECT_FALSE(pairing_check(with_word(concat(p, encode(G2{})), 1, uint256{5})).has_value());
}

}  // namespace scope::crypto::bn254
