#include "keys/scrypt.hpp"

#include <openssl/evp.h>

#include <array>
#include <bit>
#include <stdexcept>
#include <vector>

#include "keys/secret.hpp"

namespace scope::keys {

namespace {

/// Words of 32 bits that are zeroed in the end.
class Words {
  public:
    explicit Words(size_t size) : words_(size) {}
    ~Words() { wipe(words_.data(), words_.size() * sizeof(uint32_t)); }
    Words(const Words&) = delete;
    Words& operator=(const Words&) = delete;
    [[nodiscard]] uint32_t* data() noexcept { return words_.data(); }

  private:
    std::vector<uint32_t> words_;
};

constexpr size_t SALSA_WORDS = 16;
using Salsa = std::array<uint32_t, SALSA_WORDS>;

/// Section 3: the Salsa20/8 core.
void salsa20_8(Salsa& block) noexcept {
    Salsa x = block;
    const auto quarter = [&x](size_t a, size_t b, size_t c, size_t d) {
        x[b] ^= std::rotl(x[a] + x[d], 7);
        x[c] ^= std::rotl(x[b] + x[a], 9);
        x[d] ^= std::rotl(x[c] + x[b], 13);
        x[a] ^= std::rotl(x[d] + x[c], 18);
    };
    for (int round = 0; round < 8; round += 2) {
        quarter(0, 4, 8, 12);
        quarter(5, 9, 13, 1);
        quarter(10, 14, 2, 6);
        quarter(15, 3, 7, 11);
        quarter(0, 1, 2, 3);
        quarter(5, 6, 7, 4);
        quarter(10, 11, 8, 9);
        quarter(15, 12, 13, 14);
    }
    for (size_t i = 0; i < SALSA_WORDS; ++i) block[i] += x[i];
}

/// Section 4: scryptBlockMix, of 2 r blocks from @p in to @p out.
void block_mix(const uint32_t* in, uint32_t* out, size_t r) noexcept {
    Salsa x;
    std::copy_n(in + (2 * r - 1) * SALSA_WORDS, SALSA_WORDS, x.begin());
    for (size_t i = 0; i < 2 * r; ++i) {
        for (size_t j = 0; j < SALSA_WORDS; ++j) x[j] ^= in[i * SALSA_WORDS + j];
        salsa20_8(x);
        // Even blocks come before odd ones.
        const size_t place = i / 2 + (i % 2 == 0 ? 0 : r);
        std::copy_n(x.begin(), SALSA_WORDS, out + place * SALSA_WORDS);
    }
}

/// Section 5: scryptROMix, of one part of 32 r words in place.
void ro_mix(uint32_t* block, uint32_t* table, uint32_t* other, size_t n, size_t r) noexcept {
    const size_t words = 2 * r * SALSA_WORDS;
    uint32_t* x = block;
    uint32_t* y = other;
    for (size_t i = 0; i < n; ++i) {
        std::copy_n(x, words, table + i * words);
        block_mix(x, y, r);
        std::swap(x, y);
    }
    for (size_t i = 0; i < n; ++i) {
        const uint32_t* const last = x + (2 * r - 1) * SALSA_WORDS;
        const uint64_t j = (uint64_t{last[1]} << 32 | last[0]) & (n - 1);
        const uint32_t* const stored = table + j * words;
        for (size_t k = 0; k < words; ++k) x[k] ^= stored[k];
        block_mix(x, y, r);
        std::swap(x, y);
    }
    // n is even, so that the result stands in the block again.
}

void pbkdf2_once(BytesView password, BytesView salt, uint8_t* out, size_t size) {
    if (PKCS5_PBKDF2_HMAC(reinterpret_cast<const char*>(password.data()),
                          static_cast<int>(password.size()), salt.data(),
                          static_cast<int>(salt.size()), 1, EVP_sha256(), static_cast<int>(size),
                          out) != 1)
        throw std::runtime_error{"OpenSSL does not derive a key"};
}

}  // namespace

void scrypt(BytesView password, BytesView salt, const ScryptCost& cost, uint8_t* out) {
    static_assert(std::endian::native == std::endian::little, "words are little-endian");
    const auto& [n, r, p] = cost;
    CHECK(n > 1 && std::has_single_bit(n) && r > 0 && p > 0);
    const size_t words = 2 * r * SALSA_WORDS;
    Words blocks{words * p};
    Words table{words * n};
    Words other{words};
    auto* const bytes = reinterpret_cast<uint8_t*>(blocks.data());
    pbkdf2_once(password, salt, bytes, words * p * sizeof(uint32_t));
    for (size_t i = 0; i < p; ++i)
        ro_mix(blocks.data() + i * words, table.data(), other.data(), n, r);
    pbkdf2_once(password, {bytes, words * p * sizeof(uint32_t)}, out, 32);
}

}  // namespace scope::keys
