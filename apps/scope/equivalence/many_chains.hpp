#pragma once

#include <expected>
#include <functional>

#include "builder/scope_builder.hpp"
#include "demo/artifacts.hpp"
#include "equivalence/outcome.hpp"
#include "prover/committee.hpp"

namespace scope::equivalence {

/// What a program can't be judged by: a root that the builder refused, with its reason.
struct NotRun {
    std::string reason;
};

/// A chain after a scope: its state, and the receipts of all blocks since its genesis.
struct ChainAfter {
    std::shared_ptr<const state::WorldState> state;
    std::vector<Receipt> receipts;
};

/// A program's scope, sealed and not settled, with its chains: for who wants to interfere.
struct SealedScope {
    const builder::Network& network;
    const builder::BuilderOptions& options;
    prover::Committee& committee;
    const builder::Bundle& bundle;
    /// An outcome but for its roots, from all chains, L1 first.
    std::function<Outcome(const std::vector<ChainAfter>&)> read;
};
using BeforeSettling = std::function<void(const SealedScope&)>;

/// Runs programs through the whole protocol: simulate, plan, execute, batch, attest, settle on L1,
/// derive by a follower.
///
/// Each program gets chains of its own, whose genesis holds the settlement contracts as their
/// constructors leave them and the program's contracts.
class ManyChains {
  public:
    explicit ManyChains(const demo::Artifacts& artifacts);

    /// All roots in one scope.
    /// @param before_settling  Called with the scope; must leave the chains as they are.
    Result<Outcome, NotRun> run(const Program& program, builder::DataAvailability data_availability,
                                const BeforeSettling& before_settling = {}) const;

  private:
    class World;
    state::GenesisAlloc l1_;  // with settlement, verifier, account
    Address settlement_, l1_callable_, verifier_;
    Bytes predeploy_code_;
};

}  // namespace scope::equivalence
