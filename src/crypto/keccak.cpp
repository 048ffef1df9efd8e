#include "crypto/keccak.hpp"

#include <bit>

namespace scope::crypto {
namespace {

constexpr size_t RATE = 136;  // bytes absorbed by one permutation: 1600 - 2 * 256 bits
constexpr size_t ROUNDS = 24;
using Lanes = uint64_t[25];  // lane (x, y) is at x + 5 * y

/// Round constants, from the linear feedback shift register of the specification (FIPS 202, 3.2.5).
consteval std::array<uint64_t, ROUNDS> make_round_constants() {
    std::array<uint64_t, ROUNDS> constants{};
    uint8_t lfsr = 1;
    for (auto& constant : constants) {
        for (unsigned j = 0; j < 7; ++j) {
            if ((lfsr & 1) != 0) constant |= uint64_t{1} << ((1u << j) - 1);
            lfsr = static_cast<uint8_t>(lfsr << 1 ^ ((lfsr & 0x80) != 0 ? 0x71 : 0));
        }
    }
    return constants;
}

/// Returns the distance by which the step rho turns each lane (FIPS 202, 3.2.2).
consteval std::array<int, 25> make_rotations() {
    std::array<int, 25> rotations{};
    size_t x = 1;
    size_t y = 0;
    for (int t = 0; t < 24; ++t) {
        rotations[x + 5 * y] = (t + 1) * (t + 2) / 2 % 64;
        const size_t next_y = (2 * x + 3 * y) % 5;
        x = y;
        y = next_y;
    }
    return rotations;
}

constexpr auto ROUND_CONSTANTS = make_round_constants();
constexpr auto ROTATIONS = make_rotations();

/// One round from @p a to @p e. All indices are constants once unrolled, so that lanes live in
/// registers and the stack; theta, rho and pi are folded into the reads that chi needs.
[[gnu::always_inline]] inline void keccak_round(const Lanes& a, Lanes& e, uint64_t constant) {
    uint64_t c[5];
    uint64_t d[5];
#pragma clang loop unroll(full)
    for (size_t x = 0; x < 5; ++x) c[x] = a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20];
#pragma clang loop unroll(full)
    for (size_t x = 0; x < 5; ++x) d[x] = c[(x + 4) % 5] ^ std::rotl(c[(x + 1) % 5], 1);
#pragma clang loop unroll(full)
    for (size_t y = 0; y < 5; ++y) {
        uint64_t b[5];
#pragma clang loop unroll(full)
        for (size_t x = 0; x < 5; ++x) {
            const size_t from_x = (x + 3 * y) % 5;
            const size_t from = from_x + 5 * x;
            b[x] = std::rotl(a[from] ^ d[from_x], ROTATIONS[from]);
        }
#pragma clang loop unroll(full)
        for (size_t x = 0; x < 5; ++x) e[x + 5 * y] = b[x] ^ (~b[(x + 1) % 5] & b[(x + 2) % 5]);
    }
    e[0] ^= constant;
}

[[gnu::always_inline]] inline void permute_rounds(uint64_t* state) {
    Lanes a;
    Lanes e;
    std::memcpy(a, state, sizeof(a));
    for (size_t i = 0; i < ROUNDS; i += 2) {
        keccak_round(a, e, ROUND_CONSTANTS[i]);
        keccak_round(e, a, ROUND_CONSTANTS[i + 1]);
    }
    std::memcpy(state, a, sizeof(a));
}

#if defined(__x86_64__)
/// chi wants andn, and rotations that do not overwrite their source want rorx.
[[gnu::target("bmi,bmi2")]] void permute_bmi(uint64_t* state) noexcept {
    permute_rounds(state);
}
#endif
void permute_generic(uint64_t* state) noexcept {
    permute_rounds(state);
}

/// Chooses at each call: one load and a branch that is always predicted, and right also before
/// main, when objects with static storage are made.
inline void permute(uint64_t* state) noexcept {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("bmi2")) return permute_bmi(state);
#endif
    permute_generic(state);
}

inline uint64_t load(const uint8_t* data) noexcept {
    static_assert(std::endian::native == std::endian::little);
    uint64_t word;
    std::memcpy(&word, data, sizeof(word));
    return word;
}

inline void absorb_block(uint64_t* state, const uint8_t* block) noexcept {
    for (size_t i = 0; i < RATE / 8; ++i) state[i] ^= load(block + 8 * i);
    permute(state);
}

/// Absorbs the rest, shorter than a block, with the padding 0x01 0x00.. 0x80; gives the hash.
inline Hash absorb_last(uint64_t* state, const uint8_t* data, size_t size) noexcept {
    const size_t words = size / 8;
    for (size_t i = 0; i < words; ++i) state[i] ^= load(data + 8 * i);
    uint64_t tail = uint64_t{1} << 8 * (size % 8);
    for (size_t i = 0; i < size % 8; ++i) tail |= uint64_t{data[8 * words + i]} << 8 * i;
    state[words] ^= tail;
    state[RATE / 8 - 1] ^= uint64_t{0x80} << 56;
    permute(state);
    Hash hash;
    std::memcpy(hash.data(), state, hash.size());
    return hash;
}

}  // namespace

Hash keccak256(BytesView data) noexcept {
    Lanes state{};
    const uint8_t* rest = data.data();
    size_t size = data.size();
    for (; size >= RATE; size -= RATE, rest += RATE) absorb_block(state, rest);
    return absorb_last(state, rest, size);
}

void Keccak256::update(BytesView data) noexcept {
    if (filled_ != 0) {
        const size_t taken = std::min(data.size(), RATE - filled_);
        std::copy_n(data.begin(), taken, block_.begin() + static_cast<std::ptrdiff_t>(filled_));
        filled_ += taken;
        data = data.subspan(taken);
        if (filled_ < RATE) return;
        absorb_block(state_.data(), block_.data());
        filled_ = 0;
    }
    for (; data.size() >= RATE; data = data.subspan(RATE)) absorb_block(state_.data(), data.data());
    std::ranges::copy(data, block_.begin());
    filled_ = data.size();
}

Hash Keccak256::finish() noexcept {
    const Hash hash = absorb_last(state_.data(), block_.data(), filled_);
    *this = {};
    return hash;
}

}  // namespace scope::crypto
