#pragma once

#include <chrono>

#include "crypto/secp256k1.hpp"
#include "prover/attester_client.hpp"
#include "rollup/follower.hpp"

namespace scope::prover {

/// The part of a node that attests: it re-executes batches on the node's own heads and signs what
/// it found itself.
///
/// Its state comes from L1 by the node's follower, never from the requester: so it signs only
/// children of its own heads. It may sign several batches of one number, for scopes are rebuilt,
/// and L1 takes one; it keeps the executions of what it signed. A request asks for at most
/// MAX_CLAIMS batches, each of at most MAX_BATCH_GAS, and for a limited time. For one thread at a
/// time.
class Attester {
  public:
    /// The time for the batches of one request: several times what MAX_BATCH_GAS takes.
    static constexpr std::chrono::milliseconds TIME_LIMIT{10'000};

    /// @param follower    Of its node; must outlive it.
    /// @param time_limit  For executing the batches of one request; past it, DisagreementKind
    ///                    timed_out. Execution that ends in an abort can take more than a batch's
    ///                    gas, since nothing bounds the gas of nested asking but its end.
    Attester(crypto::SecretKey key, rollup::Follower& follower,
             std::chrono::milliseconds time_limit = TIME_LIMIT);

    [[nodiscard]] const Address& address() const noexcept { return address_; }

    /// Follows L1 to its head, re-executes all batches, compares every field of the claims but for
    /// the builder and the policy's hash, which it takes as claimed, and signs them together.
    Result<Attestation, Disagreement> attest(BytesView proof_input);

  private:
    crypto::SecretKey key_;
    Address address_;
    rollup::Follower& follower_;
    std::chrono::milliseconds time_limit_;
};

}  // namespace scope::prover
