#pragma once

#include <chrono>
#include <memory>

#include "prover/attester_client.hpp"

namespace scope::prover {

struct CommitteeOptions {
    size_t threshold = 2;
    /// The time that prove waits for the threshold, and, once that is reached, for the rest: if all
    /// members answer, the proof is always that of the lowest addresses. For who is still at an
    /// earlier request that was over without it, or came too late with the last one, the rest doesn't
    /// wait.
    std::chrono::milliseconds timeout{60'000};
    std::chrono::milliseconds grace{2'000};
    size_t max_waiting = 16;  ///< requests a member keeps waiting; above, it is overloaded
};

/// A committee of n members, each on a thread of its own, which gets serialised bytes alone.
///
/// The proof is that of ICommitteeVerifier: `threshold` signatures in the order of their signers.
class Committee final : public Prover {
  public:
    /// REQUIRES: 1 <= threshold <= members, addresses all different.
    Committee(std::vector<std::unique_ptr<AttesterClient>> members, CommitteeOptions options = {});
    Committee(const Committee&) = delete;
    Committee& operator=(const Committee&) = delete;
    /// Waits until members have finished their running requests.
    ~Committee() override;

    Result<Proof, ProofFailure> prove(const ProofInput& input) override;
    /// Proves from the bytes that members get: also from such as no ProofInput has.
    Result<Proof, ProofFailure> prove_bytes(BytesView input);

    [[nodiscard]] std::vector<Address> addresses() const;

  private:
    class Member;
    CommitteeOptions options_;
    std::vector<std::unique_ptr<Member>> members_;
};

}  // namespace scope::prover
