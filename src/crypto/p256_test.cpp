#include "crypto/p256.hpp"

#include <gtest/gtest.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>

#include "base/hex.hpp"
#include "base/uint256.hpp"
#include "crypto/sha256.hpp"

namespace scope::crypto {

using namespace literals;

namespace {

constexpr uint256 N{0xf3b9cac2fc632551, 0xbce6faada7179e84, 0xffffffffffffffff, 0xffffffff00000000};
constexpr uint256 FIELD{0xffffffffffffffff, 0x00000000ffffffff, 0, 0xffffffff00000001};

struct Case {
    Hash digest, r, s, x, y;

    [[nodiscard]] bool verify() const { return p256_verify(digest, r, s, x, y); }
};

Hash from_number(const BIGNUM* number) {
    Hash out;
    EXPECT_EQ(BN_bn2binpad(number, out.data(), 32), 32);
    return out;
}

/// Signed by OpenSSL's own ECDSA with a fresh key.
Case fresh_signature(const Hash& digest) {
    EVP_PKEY* key = EVP_EC_gen("P-256");
    EVP_PKEY_CTX* context = EVP_PKEY_CTX_new(key, nullptr);
    EXPECT_EQ(EVP_PKEY_sign_init(context), 1);
    uint8_t der[80];
    size_t size = sizeof(der);
    EXPECT_EQ(EVP_PKEY_sign(context, der, &size, digest.data(), 32), 1);
    const uint8_t* cursor = der;
    ECDSA_SIG* signature = d2i_ECDSA_SIG(nullptr, &cursor, static_cast<long>(size));
    BIGNUM* x = nullptr;
    BIGNUM* y = nullptr;
    EXPECT_EQ(EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_EC_PUB_X, &x), 1);
    EXPECT_EQ(EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_EC_PUB_Y, &y), 1);
    const Case out{digest, from_number(ECDSA_SIG_get0_r(signature)),
                   from_number(ECDSA_SIG_get0_s(signature)), from_number(x), from_number(y)};
    BN_free(x);
    BN_free(y);
    ECDSA_SIG_free(signature);
    EVP_PKEY_CTX_free(context);
    EVP_PKEY_free(key);
    return out;
}

}  // namespace

TEST(p256, vector_of_eip_7951) {  // Wycheproof: a high s is accepted
    EXPECT_TRUE(
        p256_verify("0xbb5a52f42f9c9261ed4361f59422a1e30036e7c32b270c8807a419feca605023"_hash,
                    "0x2ba3a8be6b94d5ec80a6d9d1190a436effe50d85a1eee859b8cc6af9bd5c2e18"_hash,
                    "0x4cd60b855d442f5b3c7b11eb6c4e0ae7525fe710fab9aa7c77a67f79e6fadd76"_hash,
                    "0x2927b10512bae3eddcfe467828128bad2903269919f7086069c8c4df6c732838"_hash,
                    "0xc7787964eaac00e5921fb1498a60f4606766b3d9685001558d1a974e7341513e"_hash));
}

TEST(p256, accepts_what_openssl_signs_and_nothing_near_it) {
    for (uint64_t i = 0; i < 20; ++i) {
        const Case good = fresh_signature(sha256(to_be(uint256{i})));
        EXPECT_TRUE(good.verify());
        for (Hash Case::* field : {&Case::digest, &Case::r, &Case::s, &Case::x, &Case::y}) {
            Case bad = good;
            (bad.*field)[31] ^= 1;
            EXPECT_FALSE(bad.verify());
        }
        Case negated = good;
        negated.s = to_be(N - load_be32(good.s.data()));
        EXPECT_TRUE(negated.verify());
    }
}

TEST(p256, refuses_numbers_out_of_range) {
    const Case good = fresh_signature(sha256({}));
    for (const uint256& bad : {uint256{}, N, N + uint256{1}, ~uint256{}}) {
        for (Hash Case::* field : {&Case::r, &Case::s}) {
            Case copy = good;
            copy.*field = to_be(bad);
            EXPECT_FALSE(copy.verify());
        }
    }
    for (const uint256& bad : {FIELD, ~uint256{}}) {
        for (Hash Case::* field : {&Case::x, &Case::y}) {
            Case copy = good;
            copy.*field = to_be(bad);
            EXPECT_FALSE(copy.verify());
        }
    }
}

TEST(p256, refuses_a_coordinate_that_is_right_only_mod_p) {
    // (0, y) with y^2 = b is on the curve, and so is x = p for who reduces.
    const Hash y = "0x66485c780e2f83d72433bd5d84a06bb6541c2af31dae871728bf856a174f93f4"_hash;
    const Hash b = "0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b"_hash;
    ASSERT_EQ(mulmod(load_be32(y.data()), load_be32(y.data()), FIELD), load_be32(b.data()));
    // With h = 0 and r = s = x(Q) = 0 impossible, take any r: only the refusal matters.
    EXPECT_FALSE(p256_verify({}, to_be(uint256{1}), to_be(uint256{1}), to_be(FIELD), y));
}

TEST(p256, refuses_infinity_as_key_and_as_sum) {
    EXPECT_FALSE(p256_verify(sha256({}), to_be(uint256{1}), to_be(uint256{1}), {}, {}));
    // Q = G, r = 1, h = -1 mod n: (h/s) G + (r/s) Q is infinity.
    EXPECT_FALSE(
        p256_verify(to_be(N - uint256{1}), to_be(uint256{1}), to_be(uint256{1}),
                    "0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"_hash,
                    "0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"_hash));
}

}  // namespace scope::crypto
