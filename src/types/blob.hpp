#pragma once

#include "base/uint256.hpp"
#include "crypto/kzg.hpp"

namespace scope {

/// 131072 bytes: keep it in a std::vector, never on the stack.
using Blob = crypto::Blob;
using crypto::KzgCommitment;
using crypto::KzgProof;

inline constexpr size_t BYTES_PER_BLOB = Blob::size();
inline constexpr uint64_t GAS_PER_BLOB = uint64_t{1} << 17;    // EIP-4844
inline constexpr uint64_t MIN_BASE_FEE_PER_BLOB_GAS = 1;       // EIP-4844, wei
inline constexpr uint64_t BLOB_BASE_COST = uint64_t{1} << 13;  // EIP-7918
inline constexpr size_t MAX_BLOBS_PER_TRANSACTION = 6;         // EIP-7594, from Osaka
static_assert(BYTES_PER_BLOB == 131'072);

}  // namespace scope
