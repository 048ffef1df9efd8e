#pragma once

#include <array>

#include "base/bytes.hpp"

namespace scope::crypto {

/// Runs the compression function F of BLAKE2b with a free number of rounds, in place on @p h.
///
/// Spec: RFC 7693 section 3.2, EIP-152. All words are numbers (read them as little-endian bytes).
/// @param t  Offset counter, low word first.
void blake2b_compress(uint32_t rounds, std::array<uint64_t, 8>& h,
                      const std::array<uint64_t, 16>& m, const std::array<uint64_t, 2>& t,
                      bool final_block) noexcept;

}  // namespace scope::crypto
