#include "crypto/blake2b.hpp"

#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <random>

#include "base/hex.hpp"

namespace scope::crypto {
namespace {

/// BLAKE2b-512 without key, by our compression function (RFC 7693, 3.3).
Bytes blake2b_512(BytesView data) {
    std::array<uint64_t, 8> h{
        0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
        0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179,
    };
    h[0] ^= 0x01010040;
    uint64_t done = 0;
    for (bool last = false; !last;) {
        const size_t size = std::min<size_t>(data.size(), 128);
        last = data.size() <= 128;
        std::array<uint64_t, 16> m{};
        std::memcpy(m.data(), data.data(), size);
        done += size;
        blake2b_compress(12, h, m, {done, 0}, last);
        data = data.subspan(size);
    }
    Bytes out(64);
    std::memcpy(out.data(), h.data(), 64);
    return out;
}

}  // namespace

TEST(blake2b, hashes_as_openssl_does) {
    const uint64_t seed = std::random_device{}();
    SCOPED_TRACE(seed);
    std::mt19937_64 random{seed};
    for (size_t size = 0; size < 400; ++size) {
        Bytes data(size + 1);  // so that data() is never null
        for (auto& byte : data) byte = static_cast<uint8_t>(random());
        data.pop_back();
        Bytes expected(64);
        ASSERT_EQ(
            EVP_Digest(data.data(), size, expected.data(), nullptr, EVP_blake2b512(), nullptr), 1);
        ASSERT_EQ(to_hex(blake2b_512(data)), to_hex(expected)) << size;
    }
}

}  // namespace scope::crypto
