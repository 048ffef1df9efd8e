#pragma once

#include <expected>

#include "builder/scope_builder.hpp"
#include "demo/artifacts.hpp"
#include "equivalence/outcome.hpp"

namespace scope::equivalence {

/// What a program can't be judged by: a root that the builder refused, with its reason.
struct NotRun {
    std::string reason;
};

/// Runs programs through the whole protocol: simulate, plan, execute, batch, attest, settle on L1,
/// derive by a follower.
///
/// Each program gets chains of its own, whose genesis holds the settlement contracts as their
/// constructors leave them and the program's contracts.
class ManyChains {
  public:
    explicit ManyChains(const demo::Artifacts& artifacts);

    /// All roots in one scope.
    Result<Outcome, NotRun> run(const Program& program,
                                builder::DataAvailability data_availability) const;

  private:
    class World;
    const demo::Artifacts& artifacts_;
    state::GenesisAlloc l1_;  // with settlement, verifier, account
    Address settlement_, l1_callable_, verifier_;
    Bytes predeploy_code_;
};

}  // namespace scope::equivalence
