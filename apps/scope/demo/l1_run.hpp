#pragma once

#include <map>
#include <optional>

#include "demo/world.hpp"

namespace scope::demo {

/// The run of a transaction to the settlement contract in the next L1 block, observed from inside;
/// nothing is kept.
struct L1Run {
    execution::Outcome outcome;
    /// L1's own rolling hashes toward each rollup, as the settlement contract reads them when it
    /// closes the scope: they are transient, so that afterwards nobody can.
    std::map<ChainId, protocol::RollingHashes> streams;
    /// Revert data of the first frame that ended with a fault of ScopedCallable, which the final
    /// reason may be a consequence of.
    std::optional<Bytes> first_fault;
};
Result<L1Run, execution::TxError> run_on_l1(const World& world,
                                            const chain::BlockAttributes& attributes,
                                            const Transaction& transaction);

}  // namespace scope::demo
