#include "crypto/ripemd160.hpp"

#include <gtest/gtest.h>

#include "base/hex.hpp"

namespace scope::crypto {

TEST(ripemd160, known_vectors) {  // from the authors' page
    const struct {
        std::string_view text;
        std::string_view hash;
    } cases[] = {
        {"", "0x9c1185a5c5e9fc54612808977ee8f548b2258d31"},
        {"a", "0x0bdc9d2d256b3ee9daae347be6f4dc835a467ffe"},
        {"abc", "0x8eb208f7e05d987a9b044a8e98c6b087f15a0bfc"},
        {"message digest", "0x5d0689ef49d2fae572b881b123a85ffa21595f36"},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
         "0x12a053384a9c0c88e405a06c27dcf49ada62eb2b"},
    };
    for (const auto& [text, hash] : cases)
        EXPECT_EQ(to_hex(ripemd160(as_bytes(text))), hash) << text;
}

TEST(ripemd160, chain_over_all_lengths_to_600) {
    // h_i = ripemd160(h_{i-1} || pattern(i)); the expectation is that of npm @noble/hashes 1.8.0.
    Bytes pattern;
    Bytes last;
    for (size_t i = 0; i <= 600; ++i) {
        last = to_bytes(ripemd160(concat(last, pattern)));
        pattern.push_back(static_cast<uint8_t>(i * 7 + 3));
    }
    EXPECT_EQ(to_hex(last), "0x8457d0bfe70d7ffac45afeb30433d8706c0e5112");
}

}  // namespace scope::crypto
