#pragma once

#include <functional>

#include "builder/bundle.hpp"

namespace scope::builder {

/// Executes a part's batch once more, so that a disagreement can be placed. Called from several
/// threads.
using DigestsOf = std::function<std::vector<rollup::BlockDigest>(const RollupPart&)>;

/// Has every part proved, side by side. Returns the proofs in the order of the parts.
///
/// Digests cost an execution and a hash of every change, so they are made only if a member found
/// another value: then all members are asked again with them, and their second answers are
/// reported. A proof that was given stands.
Result<std::vector<prover::Proof>, SealError> prove(const std::vector<RollupPart>& parts,
                                                    prover::Prover& prover,
                                                    const DigestsOf& digests_of);

}  // namespace scope::builder
