#pragma once

#include <array>

#include "base/bytes.hpp"
#include "base/hex.hpp"

namespace scope::crypto {

/// Returns Keccak-256 as Ethereum has it: with the padding of the Keccak submission (0x01), not
/// that of SHA-3. Spec: Yellow Paper, appendix "Recursive Length Prefix" and section 3, `KEC`.
Hash keccak256(BytesView data) noexcept;

/// A hasher of Keccak-256 for data that comes in pieces.
class Keccak256 {
  public:
    void update(BytesView data) noexcept;
    /// Returns the hash of everything so far; the hasher is then as new.
    Hash finish() noexcept;

  private:
    std::array<uint64_t, 25> state_{};
    std::array<uint8_t, 136> block_{};
    size_t filled_ = 0;  // bytes of block_ that wait for the permutation; below its size
};

/// keccak256 of nothing: the code hash of an account without code.
inline constexpr Hash EMPTY_KECCAK = literals::fixed_literal<32>(
    "0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470");

}  // namespace scope::crypto
