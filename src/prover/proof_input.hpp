#pragma once

#include <string_view>

#include "crypto/kzg.hpp"
#include "protocol/settlement.hpp"
#include "rollup/batch_execution.hpp"

namespace scope::prover {

/// The statement to be proved, complete but for the state it starts from, which a prover has
/// itself.
struct ProofInput {
    protocol::PublicInputs claim;
    Bytes batch;                      ///< as in calldata; empty: in blobs
    std::vector<crypto::Blob> blobs;  ///< in order; empty: in calldata
    /// Digests of the claimant's execution, so that a disagreement can be placed; may be empty, and
    /// decide nothing.
    std::vector<rollup::BlockDigest> digests;
    friend bool operator==(const ProofInput&, const ProofInput&) = default;
};

enum class ProofInputError : uint8_t {
    too_large,  // above MAX_PROOF_INPUT_SIZE
    unknown_version,
    malformed,        // not the canonical encoding of its fields
    ambiguous_data,   // calldata and blobs, or neither
    malformed_claim,  // not the ABI encoding of PublicInputs
};
std::string_view to_string(ProofInputError error) noexcept;

inline constexpr size_t MAX_PROOF_INPUT_SIZE = size_t{64} << 20;

/// Encodes the bytes that go to provers:
///
///     proof_input = version || rlp([claim, batch, blobs, digests])
///     version     = 0x01
///     claim       = abi.encode(PublicInputs)
///     blobs       = [blob, ...]                                  131'072 bytes each
///     digests     = [[block_hash, state_root, transactions], ...]
///     transactions = [[receipt_hash, [[address, digest], ...]], ...]
Bytes encode(const ProofInput& input);
/// Decodes a proof input; accepts only what encode gives.
Result<ProofInput, ProofInputError> decode_proof_input(BytesView bytes);

}  // namespace scope::prover
