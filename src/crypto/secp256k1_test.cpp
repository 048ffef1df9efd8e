#include "crypto/secp256k1.hpp"

#include <gtest/gtest.h>

#include <concepts>
#include <iosfwd>
#include <random>

#include "base/hex.hpp"
#include "crypto/keccak.hpp"
#include "crypto/sha256.hpp"

namespace scope::crypto {

using namespace literals;

namespace {

Hash hash_of(uint64_t n) {
    return keccak256(to_be(uint256{n}));
}

template <typename T>
concept Printable = requires(std::ostream& out, const T& value) { out << value; };
static_assert(!Printable<SecretKey>);
static_assert(!std::convertible_to<SecretKey, BytesView>);

}  // namespace

TEST(secp256k1, address_of_known_key) {
    const auto key =
        SecretKey::from("0x45a915e4d060149eb4365960e6a7a45f334393093061116b197e3240065ff2d8"_hash);
    ASSERT_TRUE(key);
    EXPECT_EQ(address_of(*key), "0xa94f5374fce5edbc8e2a8697c15331677e6ebf0b"_address);
}

TEST(secp256k1, signs_as_rfc6979_says) {
    const auto key = SecretKey::from(to_be(uint256{1}));
    ASSERT_TRUE(key);
    // Widely published for this curve; @noble/curves gives the same.
    EXPECT_EQ(
        sign(sha256(as_bytes("Satoshi Nakamoto")), *key),
        (Signature{0x934b1ea10a4b3c1757e2b0c017d0b6143ce3c9a7e6a4a49860d7a6ab210ee3d8_u256,
                   0x2442ce9d2b916064108014783e923ec36b49743e2ffa1c4496f01a512aafd9e5_u256, true}));
    EXPECT_EQ(
        sign(sha256(as_bytes("All those moments will be lost in time, like tears in rain. Time to "
                             "die...")),
             *key),
        (Signature{0x8600dbd41e348fe5c9465ab92d23e3db8b98b873beecd930736488696438cb6b_u256,
                   0x547fe64427496db33bf66019dacbf0039c04199abb0122918601db38a72cfc21_u256,
                   false}));
}

TEST(secp256k1, recovers_the_signer_with_low_or_high_s) {
    for (uint64_t i = 0; i < 50; ++i) {
        const auto key = SecretKey::from(hash_of(i));
        ASSERT_TRUE(key);
        const Hash digest = hash_of(1000 + i);
        const Signature signature = sign(digest, *key);
        EXPECT_LE(signature.s, SECP256K1_HALF_N);
        EXPECT_EQ(recover(digest, signature), address_of(*key));
        EXPECT_EQ(recover(digest, signature.r, SECP256K1_N - signature.s, !signature.y_parity),
                  address_of(*key));
        EXPECT_NE(recover(digest, signature.r, signature.s, !signature.y_parity), address_of(*key));
        EXPECT_NE(recover(hash_of(2000 + i), signature), address_of(*key));
    }
}

TEST(secp256k1, refuses_numbers_out_of_range) {
    const Hash digest = hash_of(0);
    const auto key = SecretKey::from(hash_of(1));
    ASSERT_TRUE(key);
    const Signature good = sign(digest, *key);
    for (const uint256& bad : {uint256{}, SECP256K1_N, SECP256K1_N + uint256{1}, ~uint256{}}) {
        EXPECT_FALSE(recover(digest, bad, good.s, false)) << to_quantity(bad);
        EXPECT_FALSE(recover(digest, good.r, bad, false)) << to_quantity(bad);
        EXPECT_FALSE(SecretKey::from(to_be(bad)));
    }
    EXPECT_TRUE(SecretKey::from(to_be(SECP256K1_N - uint256{1})));
}

TEST(secp256k1, refuses_r_that_is_no_coordinate) {
    EXPECT_FALSE(recover(hash_of(0), uint256{5}, uint256{1}, false));  // 5^3 + 7 is no square
}

TEST(secp256k1, half_of_the_order) {
    EXPECT_EQ(SECP256K1_HALF_N + SECP256K1_HALF_N + uint256{1}, SECP256K1_N);
}

}  // namespace scope::crypto
