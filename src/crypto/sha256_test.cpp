#include "crypto/sha256.hpp"

#include <gtest/gtest.h>

#include "base/hex.hpp"

namespace scope::crypto {

using namespace literals;

TEST(sha256, known_vectors) {  // FIPS 180-4 examples
    EXPECT_EQ(sha256({}),
              "0xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"_hash);
    EXPECT_EQ(sha256(as_bytes("abc")),
              "0xba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"_hash);
}

}  // namespace scope::crypto
