#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "chain/chain.hpp"
#include "rollup/batch.hpp"

namespace scope::builder {

/// A rollup's block that was built over the followed head, and which no batch has brought to L1
/// yet. It holds ordinary transactions alone, and entries of the forced queue.
///
/// The first over that head begins with openScope, as a batch does, and takes the entries that are
/// queued; the next scope's batch begins with these blocks, and its own block comes behind them.
struct UnsettledBlock {
    rollup::BatchBlock content;  ///< without the transactions of entries
    chain::StoredBlockPtr block;
    std::shared_ptr<const state::WorldState> state;
    uint64_t all_gas_used = 0;  ///< of what max_batch_gas bounds
    size_t batch_size = 0;      ///< size_in_batch(content), in bytes
    /// The position in the forced queue to which it took entries; nullopt: it took none.
    std::optional<uint64_t> forced_position = {};
};
using UnsettledBlockPtr = std::shared_ptr<const UnsettledBlock>;

/// Returns whether it holds anything that somebody waits for: a user's transaction, or an entry.
inline bool is_awaited_by_user(const UnsettledBlock& block) {
    return block.forced_position ||
           std::ranges::any_of(block.content.transactions,
                               [](const Transaction& tx) { return tx.type != TxType::system; });
}

/// The unsettled blocks of each rollup that has any, parents before children, on its followed head.
using UnsettledBlocks = std::map<ChainId, std::vector<UnsettledBlockPtr>>;

}  // namespace scope::builder
