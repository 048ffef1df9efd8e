#pragma once

#include "crypto/secp256k1.hpp"
#include "prover/attester_client.hpp"
#include "rollup/follower.hpp"

namespace scope::prover {

/// The part of a node that attests: it re-executes batches on the node's own heads and signs what it
/// found itself.
///
/// Its state comes from L1 by the node's follower, never from the requester: so it signs only
/// children of its own heads. It may sign several batches of one number, for scopes are rebuilt, and
/// L1 takes one; it keeps the executions of what it signed. A request asks for at most MAX_CLAIMS
/// batches, each of at most MAX_BATCH_GAS. For one thread at a time.
class Attester {
  public:
    /// @param follower  Of its node; must outlive it.
    Attester(crypto::SecretKey key, rollup::Follower& follower);

    [[nodiscard]] const Address& address() const noexcept { return address_; }

    /// Follows L1 to its head, re-executes all batches, compares every field of the claims but for
    /// the builder and the policy's hash, which it takes as claimed, and signs them together.
    Result<Attestation, Disagreement> attest(BytesView proof_input);

  private:
    crypto::SecretKey key_;
    Address address_;
    rollup::Follower& follower_;
};

}  // namespace scope::prover
