#pragma once

#include <string_view>

#include "crypto/kzg.hpp"
#include "protocol/settlement.hpp"
#include "rollup/batch_execution.hpp"

namespace scope::prover {

/// The statements to be proved, complete but for the states they start from, which a prover has
/// itself: the batches of one scope whose rollups have one program.
struct ProofInput {
    /// At least one, with one program and one commitment to data, by strictly ascending chain id.
    std::vector<protocol::PublicInputs> claims;
    Bytes data;                       ///< of the whole scope, as in calldata; empty: in blobs
    std::vector<crypto::Blob> blobs;  ///< all of the scope's, in order; empty: in calldata
    /// Digests of the claimant's executions, so that a disagreement can be placed; they decide
    /// nothing. One list for each claim, any of which may be empty, or none at all.
    std::vector<std::vector<rollup::BlockDigest>> digests;
    friend bool operator==(const ProofInput&, const ProofInput&) = default;
};

enum class ProofInputError : uint8_t {
    too_large,  // above MAX_PROOF_INPUT_SIZE
    unknown_version,
    malformed,       // not the canonical encoding of its fields
    ambiguous_data,  // calldata and blobs, or neither
    no_claims,
    too_many_claims,  // above MAX_CLAIMS
    malformed_claim,  // not the ABI encoding of PublicInputs
    mixed_claims,     // of several programs or data, or not strictly ascending by chain id
    wrong_digest_count,
};
std::string_view to_string(ProofInputError error) noexcept;

inline constexpr size_t MAX_PROOF_INPUT_SIZE = size_t{64} << 20;
/// The bound of the batches that one request can ask to have executed.
inline constexpr size_t MAX_CLAIMS = 64;

/// Encodes the bytes that go to provers:
///
///     proof_input = version || rlp([claims, data, blobs, digests])
///     version     = 0x02
///     claims      = [abi.encode(PublicInputs), ...]
///     blobs       = [blob, ...]                                  131'072 bytes each
///     digests     = [[block, ...], ...]                          for each claim, or empty
///     block       = [block_hash, state_root, transactions]
///     transactions = [[receipt_hash, [[address, digest], ...]], ...]
Bytes encode(const ProofInput& input);
/// Decodes a proof input; accepts only what encode gives of such as are as ProofInput says.
Result<ProofInput, ProofInputError> decode_proof_input(BytesView bytes);

/// Returns the hashes of the claims, of which one attestation speaks.
std::vector<Hash> hashes_of(const std::vector<protocol::PublicInputs>& claims);

}  // namespace scope::prover
