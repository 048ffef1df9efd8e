#pragma once

#include <functional>

#include "builder/candidate.hpp"

namespace scope::builder {

/// Runs a root's plan on every chain that it names and on the root's own, with nothing intercepted.
///
/// Returns how the root's own code ended. After a refusal the caller takes the scope back.
Result<Ending, Refusal> execute(OpenScope& scope, const Candidate& candidate, const Plan& plan);

/// A root of a rollup, signed or not.
struct RollupRoot {
    const protocol::RootContext& context;
    ChainId chain_id;
    const Transaction& transaction;
};
/// Runs a root's own code on its rollup, where it is loaded.
using RunOwn = std::function<Result<Ending, Refusal>(OpenRollup& rollup)>;
/// Runs the plan of a rollup's root as execute does, and its own code by @p run_own.
Result<Ending, Refusal> execute_around(OpenScope& scope, const RollupRoot& root, const Plan& plan,
                                       const RunOwn& run_own);

/// Returns the refusal of a root whose transaction was aborted on its rollup.
std::unexpected<Refusal> refuse_fault(const OpenRollup& rollup, Failure failure);

}  // namespace scope::builder
