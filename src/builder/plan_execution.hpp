#pragma once

#include "builder/candidate.hpp"

namespace scope::builder {

/// Runs a root's plan on every chain that it names and on the root's own, with nothing intercepted.
///
/// Returns how the root's own code ended. After a refusal the caller takes the scope back.
Result<Ending, Refusal> execute(OpenScope& scope, const Candidate& candidate, const Plan& plan);

}  // namespace scope::builder
