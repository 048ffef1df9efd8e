#pragma once

#include <chrono>
#include <functional>
#include <optional>

#include "crypto/signer.hpp"
#include "protocol/registry.hpp"
#include "prover/attester_client.hpp"
#include "prover/requester_time.hpp"
#include "rollup/follower.hpp"

namespace scope::prover {

/// The part of a node that attests: it re-executes batches on the node's own heads and signs what
/// it found itself.
///
/// Its state comes from L1 by the node's follower, never from the requester: so it signs only
/// children of its own heads. It may sign several batches of one number, for scopes are rebuilt,
/// and L1 takes one; it keeps the executions of what it signed, within MAX_KEPT_BYTES. A request
/// asks for at most MAX_CLAIMS batches, each of at most MAX_BATCH_GAS (and a share of asking more
/// where it ends in an abort), and for a limited time; what a requester asks for takes a limited
/// part of the attester's time. For one thread at a time.
class Attester {
  public:
    using Clock = RequesterTime::Clock;

    /// The bounds of the time that it takes.
    struct Limits {
        /// For the batches of one request: several times what MAX_BATCH_GAS takes. Past it,
        /// DisagreementKind::timed_out.
        std::chrono::milliseconds request{10'000};
        /// For all requests of one requester. Past it, DisagreementKind::requester_over_limit.
        RequesterLimits requester;
    };

    /// @param signer    Its key. Never null.
    /// @param follower  Of its node; must outlive it.
    /// @param now       The clock by which the time of requesters is counted.
    Attester(crypto::SignerPtr signer, rollup::Follower& follower);
    Attester(crypto::SignerPtr signer, rollup::Follower& follower, Limits limits,
             std::function<Clock::time_point()> now = Clock::now);

    [[nodiscard]] const Address& address() const noexcept { return signer_->address(); }

    /// Follows L1 to its head, re-executes all batches, compares every field of the claims but for
    /// the builder and the policy's hash, which it takes as claimed, and signs them together.
    ///
    /// @param requester  Whose time it takes, as the transport authenticated it; nullopt: the
    ///                   attester's own process, which takes what it likes.
    Result<Attestation, Disagreement> attest(BytesView proof_input,
                                             const std::optional<Address>& requester = {});

    /// Compares every field of a claim about a rollup's genesis with that of its own configuration,
    /// and signs it: for whoever registers the rollup.
    Result<Attestation, Disagreement> attest_genesis(const protocol::GenesisClaim& claim) const;

  private:
    [[nodiscard]] Result<Attestation, Disagreement> sign(const Hash& program_id,
                                                         std::vector<Hash> hashes) const;

    crypto::SignerPtr signer_;
    rollup::Follower& follower_;
    std::chrono::milliseconds request_limit_;
    RequesterTime requester_time_;
    std::function<Clock::time_point()> now_;
};

}  // namespace scope::prover
