#include "keys/scrypt.hpp"

#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <random>

#include "base/hex.hpp"

namespace scope::keys {
namespace {

Hash derive(std::string_view password, std::string_view salt, const ScryptCost& cost) {
    Hash out;
    scrypt(as_bytes(password), as_bytes(salt), cost, out.data());
    return out;
}

TEST(scrypt, gives_what_the_rfc_says) {
    // Section 12; the first half of 64 bytes, which are derived block by block.
    EXPECT_EQ(to_hex(derive("", "", {.n = 16, .r = 1, .p = 1})),
              "0x77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442");
    EXPECT_EQ(to_hex(derive("password", "NaCl", {.n = 1024, .r = 8, .p = 16})),
              "0xfdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162");
    EXPECT_EQ(to_hex(derive("pleaseletmein", "SodiumChloride", {.n = 16384, .r = 8, .p = 1})),
              "0x7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2");
}

TEST(scrypt, gives_what_openssl_gives) {
    const uint64_t seed = std::random_device{}();
    SCOPED_TRACE(seed);
    std::mt19937_64 random{seed};
    for (int i = 0; i < 50; ++i) {
        std::string password(random() % 100, ' ');
        std::string salt(random() % 100, ' ');
        for (char& c : password) c = static_cast<char>(random());
        for (char& c : salt) c = static_cast<char>(random());
        const ScryptCost cost{
            .n = uint64_t{2} << random() % 8, .r = 1 + random() % 9, .p = 1 + random() % 5};
        Hash expected;
        ASSERT_EQ(EVP_PBE_scrypt(password.data(), password.size(), as_bytes(salt).data(),
                                 salt.size(), cost.n, cost.r, cost.p, 0, expected.data(), 32),
                  1);
        EXPECT_EQ(derive(password, salt, cost), expected);
    }
}

}  // namespace
}  // namespace scope::keys
