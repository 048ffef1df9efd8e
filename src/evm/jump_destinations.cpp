#include "evm/jump_destinations.hpp"

#include <array>
#include <bit>

#include "evm/opcodes.hpp"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

// Whether a byte is data of a PUSH depends, strictly, on all code before it. But a PUSH reaches 32
// bytes at most: if none of the 32 bytes before an offset is one that would reach it, as data or
// not, an instruction begins there. So JUMPDEST bytes are looked for many at once, and the bytes
// before each are asked all at once. Few in compiled code are in doubt (PUSH data that look like a
// PUSH); for those, instructions are followed one by one from the nearest offset without doubt.

namespace scope::evm {

namespace {

/// The most steps, of up to 32 bytes, by which an offset without doubt is looked for backwards. A
/// bound, since code may be made so that each step leads back by one byte.
constexpr int MAX_STEPS_BACK = 8;

/// The most bytes that a PUSH has.
constexpr size_t REACH = 32;

#if defined(__SSE2__)

uint64_t equal_bytes(const uint8_t* block, uint8_t byte) noexcept {
    const __m128i wanted = _mm_set1_epi8(static_cast<char>(byte));
    uint64_t mask = 0;
    for (size_t i = 0; i < JUMP_DESTINATIONS_BLOCK; i += 16) {
        const __m128i part = _mm_loadu_si128(reinterpret_cast<const __m128i*>(block + i));
        mask |= uint64_t{static_cast<uint16_t>(_mm_movemask_epi8(_mm_cmpeq_epi8(part, wanted)))}
                << i;
    }
    return mask;
}

/// Bit i: code[offset - 32 + i], if it is a PUSH, has data at @p offset. REQUIRES: offset >= 32.
uint32_t pushes_over(const uint8_t* code, size_t offset) noexcept {
    // As signed numbers, PUSH1 to PUSH32 are above all else: one comparison for each byte tells
    // those from it that are long enough.
    static_assert(OP_PUSH0 == 0x5f && OP_PUSH32 == 0x7f);
    alignas(16) static constexpr auto TOO_SHORT = [] {
        std::array<int8_t, REACH> longest{};
        for (size_t i = 0; i < REACH; ++i)
            longest[i] = static_cast<int8_t>(OP_PUSH0 + REACH - i - 1);
        return longest;
    }();
    const auto load = [](const void* p) { return _mm_loadu_si128(static_cast<const __m128i*>(p)); };
    const uint8_t* const before = code + offset - REACH;
    const auto far = static_cast<uint16_t>(
        _mm_movemask_epi8(_mm_cmpgt_epi8(load(before), load(TOO_SHORT.data()))));
    const auto near = static_cast<uint16_t>(
        _mm_movemask_epi8(_mm_cmpgt_epi8(load(before + 16), load(TOO_SHORT.data() + 16))));
    return far | uint32_t{near} << 16;
}

#else

uint64_t equal_bytes(const uint8_t* block, uint8_t byte) noexcept {
    uint64_t mask = 0;
    for (size_t i = 0; i < JUMP_DESTINATIONS_BLOCK; ++i) mask |= uint64_t{block[i] == byte} << i;
    return mask;
}

uint32_t pushes_over(const uint8_t* code, size_t offset) noexcept {
    uint32_t mask = 0;
    for (size_t i = 0; i < REACH; ++i) {
        const uint8_t op = code[offset - REACH + i];
        mask |= uint32_t{op <= OP_PUSH32 && op >= OP_PUSH0 + REACH - i} << i;
    }
    return mask;
}

#endif

/// Returns an offset where an instruction begins: @p offset or before it, but not before @p known,
/// which is such.
size_t sure_start(const uint8_t* code, size_t known, size_t offset) noexcept {
    for (int step = 0; step < MAX_STEPS_BACK; ++step) {
        if (offset < REACH) return known;
        const uint32_t pushes = pushes_over(code, offset);
        if (pushes == 0) return offset;
        offset -= REACH - static_cast<size_t>(std::countr_zero(pushes));
        if (offset <= known) return known;
    }
    return known;
}

}  // namespace

void find_jump_destinations(const uint8_t* code, size_t size, uint64_t* bitmap) noexcept {
    size_t known = 0;  // an instruction begins here
    for (size_t block = 0; block < size; block += JUMP_DESTINATIONS_BLOCK) {
        uint64_t candidates = equal_bytes(code + block, OP_JUMPDEST);
        uint64_t found = 0;
        for (; candidates != 0; candidates &= candidates - 1) {
            const size_t offset = block + static_cast<size_t>(std::countr_zero(candidates));
            if (known < offset) {
                known = sure_start(code, known, offset);
                while (known < offset) {
                    const uint8_t op = code[known];
                    known += static_cast<int8_t>(op) > OP_PUSH0 ? op - OP_PUSH0 + size_t{1} : 1;
                }
            }
            if (known == offset) {
                found |= candidates & -candidates;
                ++known;
            }
        }
        bitmap[block / JUMP_DESTINATIONS_BLOCK] = found;
    }
}

}  // namespace scope::evm
