#pragma once

#include <cstddef>
#include <cstdint>

namespace scope::evm {

/// The number of bytes that find_jump_destinations looks at together; a word of the bitmap has a
/// bit for each.
inline constexpr size_t JUMP_DESTINATIONS_BLOCK = 64;

/// Finds the bytes of code that are a JUMPDEST, and not data of a PUSH (Yellow Paper, 9.4.3).
///
/// Takes time in proportion to @p size, whatever the code.
///
/// @param code    REQUIRES: readable up to the next multiple of JUMP_DESTINATIONS_BLOCK, and zero
///                behind @p size.
/// @param bitmap  One bit for each byte of code, from the lowest of the first word; a word for each
///                block that has begun. All are written.
void find_jump_destinations(const uint8_t* code, size_t size, uint64_t* bitmap) noexcept;

}  // namespace scope::evm
