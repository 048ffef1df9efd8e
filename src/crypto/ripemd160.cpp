#include "crypto/ripemd160.hpp"

#include <bit>

namespace scope::crypto {
namespace {

// Per step: the message word and the rotation, for the left line and the right line.
constexpr uint8_t LEFT_WORD[80] = {0, 1,  2,  3,  4,  5,  6,  7,  8,  9, 10, 11, 12, 13, 14, 15,
                                   7, 4,  13, 1,  10, 6,  15, 3,  12, 0, 9,  5,  2,  14, 11, 8,
                                   3, 10, 14, 4,  9,  15, 8,  1,  2,  7, 0,  6,  13, 11, 5,  12,
                                   1, 9,  11, 10, 0,  8,  12, 4,  13, 3, 7,  15, 14, 5,  6,  2,
                                   4, 0,  5,  9,  7,  12, 2,  10, 14, 1, 3,  8,  11, 6,  15, 13};
constexpr uint8_t RIGHT_WORD[80] = {5,  14, 7,  0, 9, 2,  11, 4,  13, 6,  15, 8,  1,  10, 3,  12,
                                    6,  11, 3,  7, 0, 13, 5,  10, 14, 15, 8,  12, 4,  9,  1,  2,
                                    15, 5,  1,  3, 7, 14, 6,  9,  11, 8,  12, 2,  10, 0,  4,  13,
                                    8,  6,  4,  1, 3, 11, 15, 0,  5,  12, 2,  13, 9,  7,  10, 14,
                                    12, 15, 10, 4, 1, 5,  8,  7,  6,  2,  13, 14, 0,  3,  9,  11};
constexpr uint8_t LEFT_TURN[80] = {11, 14, 15, 12, 5,  8,  7,  9,  11, 13, 14, 15, 6,  7,  9,  8,
                                   7,  6,  8,  13, 11, 9,  7,  15, 7,  12, 15, 9,  11, 7,  13, 12,
                                   11, 13, 6,  7,  14, 9,  13, 15, 14, 8,  13, 6,  5,  12, 7,  5,
                                   11, 12, 14, 15, 14, 15, 9,  8,  9,  14, 5,  6,  8,  6,  5,  12,
                                   9,  15, 5,  11, 6,  8,  13, 12, 5,  12, 13, 14, 11, 8,  5,  6};
constexpr uint8_t RIGHT_TURN[80] = {8,  9,  9,  11, 13, 15, 15, 5,  7,  7,  8,  11, 14, 14, 12, 6,
                                    9,  13, 15, 7,  12, 8,  9,  11, 7,  7,  12, 7,  6,  15, 13, 11,
                                    9,  7,  15, 11, 8,  6,  6,  14, 12, 13, 5,  14, 13, 13, 7,  5,
                                    15, 5,  8,  11, 14, 14, 6,  14, 6,  9,  12, 9,  12, 5,  15, 8,
                                    8,  5,  12, 9,  12, 5,  14, 6,  8,  13, 6,  5,  15, 13, 11, 11};
constexpr uint32_t LEFT_CONSTANT[5] = {0, 0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xa953fd4e};
constexpr uint32_t RIGHT_CONSTANT[5] = {0x50a28be6, 0x5c4dd124, 0x6d703ef3, 0x7a6d76e9, 0};

constexpr uint32_t select(size_t kind, uint32_t x, uint32_t y, uint32_t z) noexcept {
    switch (kind) {
        case 0:
            return x ^ y ^ z;
        case 1:
            return ((y ^ z) & x) ^ z;
        case 2:
            return (x | ~y) ^ z;
        case 3:
            return ((x ^ y) & z) ^ y;
        default:
            return x ^ (y | ~z);
    }
}

struct Line {
    uint32_t a, b, c, d, e;

    void step(size_t kind, uint32_t word, uint32_t constant, int turn) noexcept {
        const uint32_t next = std::rotl(a + word + constant + select(kind, b, c, d), turn) + e;
        a = e;
        e = d;
        d = std::rotl(c, 10);
        c = b;
        b = next;
    }
};

void compress(uint32_t (&h)[5], const uint8_t* block) noexcept {
    static_assert(std::endian::native == std::endian::little);
    uint32_t x[16];
    std::memcpy(x, block, sizeof(x));
    Line left{h[0], h[1], h[2], h[3], h[4]};
    Line right = left;
#pragma clang loop unroll(full)  // all of the tables become constants
    for (size_t i = 0; i < 80; ++i) {
        left.step(i / 16, x[LEFT_WORD[i]], LEFT_CONSTANT[i / 16], LEFT_TURN[i]);
        right.step(4 - i / 16, x[RIGHT_WORD[i]], RIGHT_CONSTANT[i / 16], RIGHT_TURN[i]);
        // The lines wait for nothing but themselves; this keeps the compiler from putting one
        // behind the other, so that the processor works on both.
        asm("" : "+r"(left.b), "+r"(right.b));
    }
    const uint32_t first = h[1] + left.c + right.d;
    h[1] = h[2] + left.d + right.e;
    h[2] = h[3] + left.e + right.a;
    h[3] = h[4] + left.a + right.b;
    h[4] = h[0] + left.b + right.c;
    h[0] = first;
}

}  // namespace

FixedBytes<20> ripemd160(BytesView data) noexcept {
    uint32_t h[5] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
    const uint64_t bits = uint64_t{data.size()} * 8;
    for (; data.size() >= 64; data = data.subspan(64)) compress(h, data.data());

    // The rest, 0x80, zeros, and the length in bits in the last 8 bytes: one block or two.
    uint8_t last[128]{};
    std::ranges::copy(data, last);
    last[data.size()] = 0x80;
    const size_t size = data.size() < 56 ? 64 : 128;
    std::memcpy(last + size - 8, &bits, 8);
    for (size_t i = 0; i < size; i += 64) compress(h, last + i);

    FixedBytes<20> out;
    std::memcpy(out.data(), h, out.size());
    return out;
}

}  // namespace scope::crypto
