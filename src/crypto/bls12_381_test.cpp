#include "crypto/bls12_381.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "base/hex.hpp"
#include "base/uint256.hpp"
#include "crypto/keccak.hpp"

namespace scope::crypto::bls12_381 {

using namespace literals;

namespace {

// Generators and constants of EIP-2537.
const Bytes GENERATOR1 =
    "0000000000000000000000000000000017f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac"
    "58"
    "6c55e83ff97a1aeffb3af00adb22c6bb0000000000000000000000000000000008b3f481e3aaa0f1a09e30ed741d8a"
    "e4"
    "fcf5e095d5d00af600db18cb2c04b3edd03cc744a2888ae40caa232946c5e7e1"_hex;
const Bytes GENERATOR2 =
    "00000000000000000000000000000000024aa2b2f08f0a91260805272dc51051c6e47ad4fa403b02b4510b647ae3d1"
    "77"
    "0bac0326a805bbefd48056c8c121bdb80000000000000000000000000000000013e02b6052719f607dacd3a088274f"
    "65"
    "596bd0d09920b61ab5da61bbdc7f5049334cf11213945d57e5ac7d055d042b7e000000000000000000000000000000"
    "000c"
    "e5d527727d6e118cc9cdc6da2e351aadfd9baa8cbdd3a76d429a695160d12c923ac9cc3baca289e193548608b82801"
    "000000000000000000000000000000000606c4a02ea734cc32acd2b02bc28b99cb3e287e85a763af267492ab572e99"
    "ab"
    "3f370d275cec1da1aaa9075ff05f79be"_hex;
const Bytes MODULUS =
    "000000000000000000000000000000001a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6"
    "24"
    "1eabfffeb153ffffb9feffffffffaaab"_hex;
constexpr uint256 ORDER{0xffffffff00000001, 0x53bda402fffe5bfe, 0x3339d80809a1d805,
                        0x73eda753299d7d48};

/// The two groups under one set of tests.
struct OnG1 {
    using Point = G1;
    static constexpr auto add = g1_add;
    static constexpr auto msm = g1_msm;
    static Bytes generator() { return GENERATOR1; }
    /// A point of the group that nobody knows the logarithm of.
    static Point point(uint64_t seed) {
        Bytes element(64, 0);
        std::ranges::copy(keccak256(to_be(uint256{seed})), element.begin() + 32);
        return map_fp_to_g1(element).value();
    }
};
struct OnG2 {
    using Point = G2;
    static constexpr auto add = g2_add;
    static constexpr auto msm = g2_msm;
    static Bytes generator() { return GENERATOR2; }
    static Point point(uint64_t seed) {
        Bytes element(128, 0);
        std::ranges::copy(keccak256(to_be(uint256{seed})), element.begin() + 32);
        std::ranges::copy(keccak256(to_be(uint256{seed + 1000})), element.begin() + 96);
        return map_fp2_to_g2(element).value();
    }
};

template <typename Group>
class bls12_381_group : public testing::Test {
  public:
    using Point = typename Group::Point;
    static Point times(const Point& point, const uint256& n) {
        return Group::msm(concat(point, to_be(n))).value();
    }
    static Point plus(const Point& a, const Point& b) { return Group::add(concat(a, b)).value(); }
};
using Groups = testing::Types<OnG1, OnG2>;
TYPED_TEST_SUITE(bls12_381_group, Groups);

}  // namespace

TYPED_TEST(bls12_381_group, adds_and_multiplies) {
    using Point = typename TypeParam::Point;
    const auto times = TestFixture::times;
    const auto plus = TestFixture::plus;
    const Point p = Point::from(TypeParam::generator());
    const Point q = TypeParam::point(1);
    EXPECT_EQ(plus(p, q), plus(q, p));
    EXPECT_EQ(plus(p, {}), p);
    EXPECT_EQ(plus({}, p), p);
    EXPECT_EQ(plus({}, {}), Point{});
    EXPECT_EQ(plus(p, p), times(p, uint256{2}));
    EXPECT_EQ(plus(p, times(p, ORDER - uint256{1})), Point{});
    EXPECT_EQ(times(p, uint256{}), Point{});
    EXPECT_EQ(times(p, uint256{1}), p);
    EXPECT_EQ(times(p, ORDER), Point{});
    EXPECT_EQ(times(p, ORDER + uint256{5}), times(p, uint256{5}));
    EXPECT_EQ(times(p, ~uint256{}), times(p, ~uint256{} % ORDER));
    EXPECT_EQ(times(Point{}, ~uint256{}), Point{});
}

TYPED_TEST(bls12_381_group, sums_products_as_one_by_one) {
    using Point = typename TypeParam::Point;
    Bytes input;
    Point expected;
    for (uint64_t i = 0; i < 70; ++i) {
        // Infinity and zero among them, and the same point twice in a row.
        const Point point = i % 9 == 4 ? Point{} : TypeParam::point(i / 2);
        uint256 scalar = load_be32(keccak256(to_be(uint256{i})).data());
        if (i % 11 == 3) scalar = {};
        append(input, point);
        append(input, to_be(scalar));
        expected = TestFixture::plus(expected, TestFixture::times(point, scalar));
        ASSERT_EQ(TypeParam::msm(input), expected) << i;
    }
}

TYPED_TEST(bls12_381_group, refuses_lengths_and_coordinates) {
    using Point = typename TypeParam::Point;
    const Bytes p = TypeParam::generator();
    const Bytes two = concat(p, p);
    const Bytes product = concat(p, to_be(uint256{1}));
    ASSERT_TRUE(TypeParam::add(two));
    ASSERT_TRUE(TypeParam::msm(product));
    for (size_t size = 0; size < two.size(); ++size)
        ASSERT_FALSE(TypeParam::add(BytesView{two}.first(size)));
    for (size_t size = 0; size < product.size(); ++size)
        ASSERT_FALSE(TypeParam::msm(BytesView{product}.first(size)));
    EXPECT_FALSE(TypeParam::add(concat(two, Bytes{0})));
    EXPECT_FALSE(TypeParam::msm(concat(product, Bytes{0})));

    for (size_t at = 0; at < Point::size(); at += 64) {
        for (size_t byte = 0; byte < 16; ++byte) {  // the padding must be zero
            Bytes bad = two;
            bad[at + byte] = 1;
            ASSERT_FALSE(TypeParam::add(bad));
        }
        Bytes off_curve = two;
        off_curve[at + 63] ^= 1;
        EXPECT_FALSE(TypeParam::add(off_curve));
        // p where 0 is right mod p.
        Bytes infinity(2 * Point::size(), 0);
        ASSERT_TRUE(TypeParam::add(infinity));
        std::ranges::copy(MODULUS, infinity.begin() + static_cast<std::ptrdiff_t>(at));
        EXPECT_FALSE(TypeParam::add(infinity));
    }
}

TEST(bls12_381, refuses_points_outside_the_subgroup_where_it_must) {
    // (0, 2) is on y^2 = x^3 + 4 and has order 3.
    G1 outside;
    outside[127] = 2;
    EXPECT_TRUE(g1_add(concat(outside, outside)));
    EXPECT_FALSE(g1_msm(concat(outside, to_be(uint256{1}))));
    EXPECT_FALSE(g1_msm(concat(outside, to_be(uint256{}))));
    EXPECT_FALSE(pairing_check(concat(outside, GENERATOR2)).has_value());
    EXPECT_FALSE(pairing_check(concat(outside, Bytes(256, 0))).has_value());
    const auto tripled = g1_add(concat(outside, g1_add(concat(outside, outside)).value()));
    EXPECT_TRUE(tripled.value().is_zero());
}

TEST(bls12_381, pairing_check_tells_one_from_others) {
    const Bytes p = GENERATOR1;
    const Bytes q = GENERATOR2;
    const Bytes none1(128, 0);
    const Bytes none2(256, 0);
    const auto minus = g1_msm(concat(p, to_be(ORDER - uint256{35}))).value();
    const auto five = g1_msm(concat(p, to_be(uint256{5}))).value();
    const auto seven = g2_msm(concat(q, to_be(uint256{7}))).value();
    EXPECT_EQ(pairing_check(concat(p, q)), false);
    EXPECT_EQ(pairing_check(concat(none1, q)), true);
    EXPECT_EQ(pairing_check(concat(p, none2)), true);
    EXPECT_EQ(pairing_check(concat(none1, none2)), true);
    const Bytes good = concat(five, seven, minus, q);
    EXPECT_EQ(pairing_check(good), true);
    EXPECT_EQ(pairing_check(concat(good, p, q)), false);
    EXPECT_EQ(pairing_check(concat(good, good, p, none2)), true);
    for (size_t size = 0; size < good.size(); ++size) {
        if (size != 384) {
            ASSERT_FALSE(pairing_check(BytesView{good}.first(size)).has_value());
        }
    }
}

TEST(bls12_381, maps_field_elements) {  // vectors of EIP-2537
    EXPECT_EQ(
        to_bytes(
            map_fp_to_g1("00000000000000000000000000000000156c8a6a2c184569d69a76be144b5cdc5141d2d2"
                         "ca4fe341f011e25e3969c55ad9e9b9ce2eb833c81a908e5fa4ac5f03"_hex)
                .value()),
        "00000000000000000000000000000000184bb665c37ff561a89ec2122dd343f20e0f4cbcaec84e3c3052ea81d1"
        "834e19"
        "2c426074b02ed3dca4e7676ce4ce48ba0000000000000000000000000000000004407b8d35af4dacc809927071"
        "fc0405"
        "218f1401a6d15af775810e4e460064bcc9468beeba82fdc751be70476c888bf3"_hex);
    EXPECT_EQ(
        to_bytes(map_fp2_to_g2(
                     "0000000000000000000000000000000007355d25caf6e7f2f0cb2812ca0e513bd026ed09d"
                     "da65b177500fa31714e09ea0ded3a078b526bed3307f804d4b93b04000000000000000000"
                     "0000000000000002829ce3c021339ccb5caf3e187f6370e1e2a311dec9b75363117063ab2"
                     "015603ff52c3d3b98f19c2f65575e99e8b78c"_hex)
                     .value()),
        "0000000000000000000000000000000000e7f4568a82b4b7dc1f14c6aaa055edf51502319c723c4dc2688c7fe5"
        "944c21"
        "3f510328082396515734b6612c4e7bb700000000000000000000000000000000126b855e9e69b1f691f816e48a"
        "c69776"
        "64d24d99f8724868a184186469ddfd4617367e94527d4b74fc86413483afb35b00000000000000000000000000"
        "0000000c"
        "aead0fd7b6176c01436833c79d305c78be307da5f6af6c133c47311def6ff1e0babf57a0fb5539fce7ee12407b"
        "0a42"
        "000000000000000000000000000000001498aadcf7ae2b345243e281ae076df6de84455d766ab6fcdaad71fab6"
        "0abb2e"
        "8b980a440043cd305db09d283c895e3d"_hex);
    EXPECT_FALSE(map_fp_to_g1(MODULUS));
    EXPECT_FALSE(map_fp_to_g1(Bytes(63, 0)));
    EXPECT_FALSE(map_fp_to_g1(Bytes(65, 0)));
    EXPECT_FALSE(map_fp2_to_g2(concat(MODULUS, Bytes(64, 0))));
    EXPECT_FALSE(map_fp2_to_g2(concat(Bytes(64, 0), MODULUS)));
    EXPECT_FALSE(map_fp2_to_g2(Bytes(127, 0)));
}

}  // namespace scope::crypto::bls12_381
