#pragma once

#include <functional>

#include "builder/assembly.hpp"

namespace scope::builder {

/// Executes a part's batch once more, so that a disagreement can be placed. Called from several
/// threads.
using DigestsOf = std::function<std::vector<rollup::BlockDigest>(const RollupPart&)>;

/// The parts that one proof is for, as places among all: their rollups share verifier and program.
using ProofGroup = std::vector<size_t>;
/// Returns the groups in the order in which executeScope takes their proofs: that of their first
/// parts.
std::vector<ProofGroup> proof_groups(const std::vector<RollupPart>& parts);

/// Has every group of parts proved, side by side. Returns the proofs in the order of proof_groups.
///
/// Digests cost an execution and a hash of every change, so they are made only if a member found
/// another value: then all members are asked again with them, and their second answers are
/// reported. A proof that was given stands.
Result<std::vector<prover::Proof>, SealError> prove(const std::vector<RollupPart>& parts,
                                                    const ScopeData& data, prover::Prover& prover,
                                                    const DigestsOf& digests_of);

}  // namespace scope::builder
