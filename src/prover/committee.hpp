#pragma once

#include <chrono>
#include <memory>

#include "prover/attester_client.hpp"

namespace scope::prover {

struct CommitteeOptions {
    size_t threshold = 2;
    /// How long prove waits for the threshold, and, once that is reached, for the rest: with all
    /// members at hand the proof is always that of the lowest addresses.
    std::chrono::milliseconds timeout{60'000};
    std::chrono::milliseconds grace{2'000};
    size_t max_waiting = 16;  ///< requests a member keeps waiting; above, it is overloaded
};

/// k of n members, each on a thread of its own, which gets serialised bytes and nothing else.
///
/// The proof is that of ICommitteeVerifier: `threshold` signatures in the order of their signers.
class Committee final : public Prover {
  public:
    /// REQUIRES: 1 <= threshold <= members, addresses all different.
    Committee(std::vector<std::unique_ptr<AttesterClient>> members, CommitteeOptions options = {});
    Committee(const Committee&) = delete;
    Committee& operator=(const Committee&) = delete;
    /// Waits until members have finished what they are at.
    ~Committee() override;

    Result<Proof, ProofFailure> prove(const ProofInput& input) override;
    /// As prove, from the bytes that members get; for inputs that no ProofInput is.
    Result<Proof, ProofFailure> prove_bytes(BytesView input);

    [[nodiscard]] std::vector<Address> addresses() const;

  private:
    class Member;
    CommitteeOptions options_;
    std::vector<std::unique_ptr<Member>> members_;
};

}  // namespace scope::prover
