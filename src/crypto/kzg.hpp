#pragma once

#include <optional>
#include <span>
#include <vector>

#include "base/bytes.hpp"

namespace scope::crypto {

inline constexpr size_t FIELD_ELEMENTS_PER_BLOB = 4096;
inline constexpr size_t BYTES_PER_FIELD_ELEMENT = 32;
inline constexpr uint8_t VERSIONED_HASH_VERSION_KZG = 0x01;

/// 4096 field elements of 32 bytes, big-endian, each below the BLS modulus. Large: keep it on the
/// heap.
using Blob = FixedBytes<FIELD_ELEMENTS_PER_BLOB * BYTES_PER_FIELD_ELEMENT>;
/// A compressed point of BLS12-381's G1.
using KzgCommitment = FixedBytes<48>;
using KzgProof = FixedBytes<48>;

/// Returns the blob's KZG commitment (EIP-4844).
///
/// This and the functions below use the ceremony's trusted setup, which is part of the program and
/// is made ready by the first call from any thread: in about 75 ms, for cell proofs in 2 s.
///
/// All return nullopt, or false, where an element of the blob is not below the modulus or bytes are
/// no point of the subgroup.
std::optional<KzgCommitment> blob_to_commitment(const Blob& blob);
std::optional<KzgProof> compute_blob_proof(const Blob& blob, const KzgCommitment& commitment);
bool verify_blob_proof(const Blob& blob, const KzgCommitment& commitment, const KzgProof& proof);
/// Verifies all proofs in one check; true for none. REQUIRES: three spans of one size.
bool verify_blob_proof_batch(std::span<const Blob> blobs,
                             std::span<const KzgCommitment> commitments,
                             std::span<const KzgProof> proofs);

inline constexpr size_t CELL_PROOFS_PER_BLOB = 128;  // EIP-7594, with those of the extension
/// Returns the proofs of the blob's cells, CELL_PROOFS_PER_BLOB of them: what a transaction brings
/// beside its blobs from Osaka on (EIP-7594).
std::optional<std::vector<KzgProof>> compute_cell_proofs(const Blob& blob);
/// Verifies the proofs of all cells of a blob. False also if they are not CELL_PROOFS_PER_BLOB.
bool verify_cell_proofs(const Blob& blob, const KzgCommitment& commitment,
                        std::span<const KzgProof> proofs);

struct KzgEvaluation {
    KzgProof proof;
    Hash y;
};
/// Returns the value y of the blob's polynomial at z, with a proof. Nullopt also if z is not below
/// the modulus.
std::optional<KzgEvaluation> compute_proof(const Blob& blob, const Hash& z);
/// Returns whether the committed polynomial has value y at z.
bool verify_proof(const KzgCommitment& commitment, const Hash& z, const Hash& y,
                  const KzgProof& proof);

/// Returns the commitment's versioned hash: its sha256 with the first byte replaced by the version.
Hash versioned_hash(const KzgCommitment& commitment) noexcept;

}  // namespace scope::crypto
