#pragma once

#include <map>
#include <memory>
#include <vector>

#include "chain/chain.hpp"
#include "rollup/batch.hpp"

namespace scope::builder {

/// A rollup's block that was built over the followed head, and which no batch has brought to L1
/// yet. It holds ordinary transactions alone.
///
/// The first over that head begins with openScope, as a batch does; the next scope's batch begins
/// with these blocks, and its own block comes behind them.
struct UnsettledBlock {
    rollup::BatchBlock content;
    chain::StoredBlockPtr block;
    std::shared_ptr<const state::WorldState> state;
    uint64_t all_gas_used = 0;  ///< of what max_batch_gas bounds
    size_t batch_size = 0;      ///< size_in_batch(content), in bytes
};
using UnsettledBlockPtr = std::shared_ptr<const UnsettledBlock>;

/// The unsettled blocks of each rollup that has any, parents before children, on its followed head.
using UnsettledBlocks = std::map<ChainId, std::vector<UnsettledBlockPtr>>;

}  // namespace scope::builder
