#include "crypto/keccak.hpp"

#include <gtest/gtest.h>

#include <random>

#include "base/hex.hpp"

namespace scope::crypto {

using namespace literals;

namespace {

/// Bytes 3, 10, 17 .. as the other implementation of the chains was fed.
Bytes pattern(size_t size) {
    Bytes out(size);
    for (size_t i = 0; i < size; ++i) out[i] = static_cast<uint8_t>(i * 7 + 3);
    return out;
}

}  // namespace

TEST(keccak, known_vectors) {
    EXPECT_EQ(keccak256({}), EMPTY_KECCAK);
    EXPECT_EQ(keccak256(as_bytes("abc")),
              "0x4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45"_hash);
}

TEST(keccak, chain_over_all_lengths_to_600) {
    // h_i = keccak(h_{i-1} || pattern(i)); the expectation is that of npm @noble/hashes 1.8.0.
    Bytes last;
    for (size_t i = 0; i <= 600; ++i) last = to_bytes(keccak256(concat(last, pattern(i))));
    EXPECT_EQ(Hash::from(last),
              "0x6081853600f03b7ba01b6793109ad36a7ffb7dc59e62ce70ef7a0a90bdb2c3b8"_hash);
}

TEST(keccak, pieces_give_the_same_hash) {
    const uint64_t seed = std::random_device{}();
    SCOPED_TRACE(seed);
    std::mt19937_64 random{seed};
    Keccak256 hasher;  // used again each time: finish leaves it as new
    for (size_t size = 0; size < 700; ++size) {
        const Bytes data = pattern(size);
        for (BytesView rest = data; !rest.empty();) {
            const size_t taken = std::min<size_t>(rest.size(), random() % 300);
            hasher.update(rest.first(taken));
            rest = rest.subspan(taken);
        }
        ASSERT_EQ(hasher.finish(), keccak256(data)) << size;
    }
}

}  // namespace scope::crypto
