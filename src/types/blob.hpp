#pragma once

#include <vector>

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

/// What travels beside a blob transaction and is no part of its hash (EIP-4844, "Networking"): one
/// commitment and one proof for each blob, in the order of blob_versioned_hashes.
struct BlobSidecar {
    std::vector<Blob> blobs;
    std::vector<KzgCommitment> commitments;
    std::vector<KzgProof> proofs;
    friend bool operator==(const BlobSidecar&, const BlobSidecar&) = default;
};

/// EIP-4844: 0x01 and the last 31 bytes of the commitment's sha256.
Hash kzg_to_versioned_hash(const KzgCommitment& commitment) noexcept;
std::vector<Hash> versioned_hashes(const BlobSidecar& sidecar);

}  // namespace scope
