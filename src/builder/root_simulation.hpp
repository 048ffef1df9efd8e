#pragma once

#include "builder/candidate.hpp"
#include "builder/simulation.hpp"

namespace scope::builder {

/// Runs the root on all chains of the scope at once, to find its plan. Leaves the scope as the run
/// left it: the caller takes it back.
Result<RootResult, Refusal> simulate(OpenScope& scope, const Candidate& candidate);

// Its parts, for what nobody signed as well.

/// Loads a rollup's own root there, without fills or records.
Result<void, Refusal> load_root(OpenScope& scope, OpenRollup& rollup,
                                const protocol::RootContext& context);
/// Begins the simulation of a root that is loaded on its own chain.
/// @param surroundings  Of the block of its own chain, while it lasts; null: the block has them.
Simulation open_simulation(OpenScope& scope, const protocol::RootContext& context,
                           const execution::Environment* surroundings = nullptr);

}  // namespace scope::builder
