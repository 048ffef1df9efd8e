#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "prover/proof_input.hpp"

namespace scope::prover {

/// The reason why a re-executor does not sign.
enum class DisagreementKind : uint8_t {
    malformed_input,       // not a proof input, with its ProofInputError in words
    not_following,         // it can't follow L1 itself
    unknown_rollup,        // it does not follow this chain
    stopped_rollup,        // a batch of the chain, or of one it crosses with, did not derive; or it
                           // was closed
    unsound_genesis,       // no rollup can start from it (rollup::genesis_supply)
    bad_blob,              // not a blob: no commitment
    malformed_data,        // the blobs are not one payload, with the BatchError in words
    bad_slice,             // a batch's bytes are not inside the scope's
    malformed_batch,       // with its BatchError in words
    refused_batch,         // it breaks a BatchRule
    different_field,       // it arrives at another value of a public input
    overloaded,            // too many requests wait
    requester_over_limit,  // its requests took too much of the member's time
    timed_out,
    failed,             // its client threw
    false_attestation,  // it signed something else, or not with its key
    unreachable,        // no connection to it, or none that it and who asks both trust
    malformed_answer,   // what came is no answer
};
inline constexpr size_t DISAGREEMENT_KIND_COUNT = 18;
/// Returns the enumerator's name.
std::string_view to_string(DisagreementKind kind) noexcept;
/// Returns the kind of this name; nullopt: there is none.
std::optional<DisagreementKind> disagreement_kind_of(std::string_view name) noexcept;

/// The place where a member's execution parts from the claim, as exactly as the claim's digests
/// allow.
struct Disagreement {
    Address member;
    DisagreementKind kind{};
    std::optional<ChainId> chain_id;          ///< of the claim, if it is one claim's
    std::string field;                        ///< of PublicInputs, as in ISettlement.sol
    std::string detail;                       ///< claimed and computed, or the rule
    std::optional<uint64_t> block_number;     ///< first that differs
    std::optional<size_t> transaction_index;  ///< first that differs, in that block
    std::optional<Address> account;           ///< first that differs, after that transaction
};
/// Returns it human-readable, in one line.
std::string to_string(const Disagreement& disagreement);

/// A proof of all claims of a ProofInput.
struct Proof {
    Bytes bytes;  ///< for IVerifier.verify
    std::vector<Disagreement> dissents;
};

enum class ProofError : uint8_t {
    too_few_attestations,
};
struct ProofFailure {
    ProofError error{};
    size_t attestations = 0;
    size_t threshold = 0;
    std::vector<Disagreement> dissents;
};
std::string to_string(const ProofFailure& failure);

/// A maker of proofs: a proof input in, a proof out.
class Prover {
  public:
    virtual ~Prover() = default;
    /// Waits for the proof; may be called from several threads.
    virtual Result<Proof, ProofFailure> prove(const ProofInput& input) = 0;
};

}  // namespace scope::prover
