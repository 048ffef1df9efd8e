#pragma once

#include "builder/candidate.hpp"

namespace scope::builder {

/// Runs the root on all chains of the scope at once, to find its plan. Leaves the scope as the run
/// left it: the caller takes it back.
Result<RootResult, Refusal> simulate(OpenScope& scope, const Candidate& candidate);

}  // namespace scope::builder
