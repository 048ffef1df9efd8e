#pragma once

#include "crypto/secp256k1.hpp"
#include "prover/attester_client.hpp"
#include "rollup/follower.hpp"

namespace scope::prover {

/// The part of a node that attests: it re-executes a batch on the node's own heads and signs what
/// it found itself.
///
/// Its state comes from L1 by the node's follower, never from the requester. For one thread at a
/// time.
class Attester {
  public:
    /// @param follower  Of its node; must outlive it.
    Attester(crypto::SecretKey key, rollup::Follower& follower);

    [[nodiscard]] const Address& address() const noexcept { return address_; }

    /// Follows L1 to its head, re-executes, compares every field of the claim, and signs.
    Result<Attestation, Disagreement> attest(BytesView proof_input);

  private:
    crypto::SecretKey key_;
    Address address_;
    rollup::Follower& follower_;
};

}  // namespace scope::prover
