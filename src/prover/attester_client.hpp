#pragma once

#include <span>

#include "prover/prover.hpp"

namespace scope::prover {

/// A signature r || s || v, v = 27 or 28 (ICommitteeVerifier).
using AttestationSignature = FixedBytes<65>;

/// A member's word for all claims of a proof input.
struct Attestation {
    Address signer;
    std::vector<Hash> input_hashes;  ///< of the public inputs, in the order of the claims
    AttestationSignature signature;
};

/// Returns whether the verifier on L1 takes it for that member's.
/// @param input_hashes  What it has to speak of.
/// @param message       protocol::attestation_hash of them, which is signed.
bool is_of(const Attestation& attestation, const Address& member,
           std::span<const Hash> input_hashes, const Hash& message) noexcept;

/// A member of a committee, seen by the one that asks it: in the same process or elsewhere.
class AttesterClient {
  public:
    virtual ~AttesterClient() = default;

    [[nodiscard]] virtual const Address& address() const noexcept = 0;
    /// Asks for an attestation to a proof input, and waits for it. For one thread.
    virtual Result<Attestation, Disagreement> attest(BytesView proof_input) = 0;
};

}  // namespace scope::prover
