#include "crypto/hd_key.hpp"

#include <gtest/gtest.h>

#include "base/hex.hpp"

namespace scope::crypto {
namespace {

using namespace literals;

constexpr std::string_view JUNK = "test test test test test test test test test test test junk";

TEST(hd_key, seed_is_that_of_bip_39) {
    // The first of the vectors that BIP-39 names, with its passphrase.
    EXPECT_EQ(to_hex(seed_of_mnemonic("abandon abandon abandon abandon abandon abandon abandon "
                                      "abandon abandon abandon abandon about",
                                      "TREZOR")),
              "0xc55257c360c07c72029aebc1b53c05ed0362ada38ead3e3e9efa3708e53495531f09a6987599d18264"
              "c1e1c92f2cf141630c7a3c4ab7c81b2f001698e7463b04");
}

TEST(hd_key, keys_are_those_of_bip_32) {
    // Test vector 2, whose seed is as long as BIP-39's.
    const auto seed = Seed::from(
        "fffcf9f6f3f0edeae7e4e1dedbd8d5d2cfccc9c6c3c0bdbab7b4b1aeaba8a5a2"
        "9f9c999693908d8a8784817e7b7875726f6c696663605d5a5754514e4b484542"_hex);
    const struct {
        std::string_view path;
        Hash key;
    } cases[] = {
        {"m", "0x4b03d6fc340455b363f51020ad3ecca4f0850280cf436c70c727923f6db46c3e"_hash},
        {"m/0", "0xabe74a98f6c7eabee0428f53798f0ab8aa1bd37873999041703c742f15ac7e1e"_hash},
        {"m/0/2147483647h",
         "0x877c779ad9687164e9c2f4f0f4ff0340814392330693ce95a58fe18fd52e6e93"_hash},
    };
    for (const auto& [path, key] : cases)
        EXPECT_EQ(derive_private_key(seed, *parse_key_path(path)), key) << path;
}

TEST(hd_key, keys_of_a_phrase_are_those_of_anvil) {
    const auto seed = seed_of_mnemonic(JUNK);
    const struct {
        std::string_view path;
        Hash key;
    } cases[] = {
        // As anvil prints them.
        {"m/44'/60'/0'/0/0",
         "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"_hash},
        {"m/44'/60'/0'/0/9",
         "0x2a871d0798f97d79848a013d4936a73bf4cc922c825d33c1cf7073dff6d409c6"_hash},
        {"m/44'/60'/1'/0",
         "0x7713205590146d292df85d3066e6a1e7b91b77aa0b585515cd8f99f2a759123a"_hash},
        {"m/44h/60h/1h/0",
         "0x7713205590146d292df85d3066e6a1e7b91b77aa0b585515cd8f99f2a759123a"_hash},
    };
    for (const auto& [path, key] : cases) {
        const auto indices = parse_key_path(path);
        ASSERT_TRUE(indices) << path;
        EXPECT_EQ(derive_private_key(seed, *indices), key) << path;
    }
}

TEST(hd_key, path_names_every_index) {
    EXPECT_EQ(parse_key_path("m"), std::vector<uint32_t>{});
    EXPECT_EQ(parse_key_path("m/44'/0/2147483647"),
              (std::vector<uint32_t>{44 + HARDENED, 0, HARDENED - 1}));
    for (const std::string_view wrong : {"", "44'/60'", "m/", "m//0", "m/0/", "m/x", "m/-1", "m/+1",
                                         "m/2147483648", "m/0''", "m/0' ", "M/0", "m/1h'", "m0"})
        EXPECT_FALSE(parse_key_path(wrong)) << wrong;
}

}  // namespace
}  // namespace scope::crypto
