#include "crypto/blake2b.hpp"

#include <bit>

namespace scope::crypto {
namespace {

constexpr std::array<uint64_t, 8> IV{
    0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
    0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179,
};

// Which message word each step takes; round i uses row i mod 10 (RFC 7693, 2.7).
constexpr uint8_t SIGMA[10][16] = {
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
    {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
    {11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4},
    {7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
    {9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13},
    {2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
    {12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11},
    {13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
    {6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5},
    {10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0},
};

[[gnu::always_inline]] inline void mix(uint64_t& a, uint64_t& b, uint64_t& c, uint64_t& d,
                                       uint64_t x, uint64_t y) noexcept {
    a += b + x;
    d = std::rotr(d ^ a, 32);
    c += d;
    b = std::rotr(b ^ c, 24);
    a += b + y;
    d = std::rotr(d ^ a, 16);
    c += d;
    b = std::rotr(b ^ c, 63);
}

/// One round with a row that is known when compiling, so that no index is read at run time.
template <size_t Row>
[[gnu::always_inline]] inline void mix_round(uint64_t (&v)[16],
                                             const std::array<uint64_t, 16>& m) noexcept {
    constexpr auto& s = SIGMA[Row];
    mix(v[0], v[4], v[8], v[12], m[s[0]], m[s[1]]);
    mix(v[1], v[5], v[9], v[13], m[s[2]], m[s[3]]);
    mix(v[2], v[6], v[10], v[14], m[s[4]], m[s[5]]);
    mix(v[3], v[7], v[11], v[15], m[s[6]], m[s[7]]);
    mix(v[0], v[5], v[10], v[15], m[s[8]], m[s[9]]);
    mix(v[1], v[6], v[11], v[12], m[s[10]], m[s[11]]);
    mix(v[2], v[7], v[8], v[13], m[s[12]], m[s[13]]);
    mix(v[3], v[4], v[9], v[14], m[s[14]], m[s[15]]);
}

}  // namespace

void blake2b_compress(uint32_t rounds, std::array<uint64_t, 8>& h,
                      const std::array<uint64_t, 16>& m, const std::array<uint64_t, 2>& t,
                      bool final_block) noexcept {
    uint64_t v[16];
    std::ranges::copy(h, v);
    std::ranges::copy(IV, v + 8);
    v[12] ^= t[0];
    v[13] ^= t[1];
    if (final_block) v[14] = ~v[14];

    while (rounds >= 10) {
        mix_round<0>(v, m);
        mix_round<1>(v, m);
        mix_round<2>(v, m);
        mix_round<3>(v, m);
        mix_round<4>(v, m);
        mix_round<5>(v, m);
        mix_round<6>(v, m);
        mix_round<7>(v, m);
        mix_round<8>(v, m);
        mix_round<9>(v, m);
        rounds -= 10;
    }
    if (rounds > 0) mix_round<0>(v, m);
    if (rounds > 1) mix_round<1>(v, m);
    if (rounds > 2) mix_round<2>(v, m);
    if (rounds > 3) mix_round<3>(v, m);
    if (rounds > 4) mix_round<4>(v, m);
    if (rounds > 5) mix_round<5>(v, m);
    if (rounds > 6) mix_round<6>(v, m);
    if (rounds > 7) mix_round<7>(v, m);
    if (rounds > 8) mix_round<8>(v, m);

    for (size_t i = 0; i < 8; ++i) h[i] ^= v[i] ^ v[i + 8];
}

}  // namespace scope::crypto
