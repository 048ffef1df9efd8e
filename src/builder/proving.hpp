#pragma once

#include <functional>

#include "builder/bundle.hpp"

namespace scope::builder {

/// Executes a part's batch once more, for a disagreement to be placed by. From several threads.
using DigestsOf = std::function<std::vector<rollup::BlockDigest>(const RollupPart&)>;

/// Has every part proved, side by side. Returns the proofs in the order of the parts.
///
/// Digests cost an execution and a hash of every change, so they are made only if a member found
/// another value: then all are asked again with it, and the answers to that are what is told. A
/// proof that was given stands.
Result<std::vector<prover::Proof>, SealError> prove(const std::vector<RollupPart>& parts,
                                                    prover::Prover& prover,
                                                    const DigestsOf& digests_of);

}  // namespace scope::builder
