#pragma once

#include "crypto/secp256k1.hpp"
#include "prover/prover.hpp"
#include "rollup/follower.hpp"

namespace scope::prover {

/// r || s || v, v = 27 or 28 (ICommitteeVerifier).
using AttestationSignature = FixedBytes<65>;

struct Attestation {
    Address signer;
    Hash public_inputs_hash;
    AttestationSignature signature;
};

/// One member of a committee: re-executes a batch on its own state and signs what it found itself.
///
/// Its state comes from L1 by its own follower, never from who asks. For one thread at a time.
class Attester {
  public:
    /// @param l1  Its own view of L1; must outlive it.
    Attester(crypto::SecretKey key, const rollup::L1Source& l1,
             std::vector<rollup::RollupConfig> rollups, uint64_t first_l1_block = 0);

    [[nodiscard]] const Address& address() const noexcept { return address_; }
    [[nodiscard]] const rollup::Follower& follower() const noexcept { return follower_; }

    /// Follows L1 to its head, re-executes, compares every field of the claim, and signs.
    Result<Attestation, Disagreement> attest(BytesView proof_input);

  private:
    crypto::SecretKey key_;
    Address address_;
    const rollup::L1Source& l1_;
    rollup::Follower follower_;
};

}  // namespace scope::prover
