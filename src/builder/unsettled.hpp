#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "chain/chain.hpp"
#include "l1/l1_source.hpp"
#include "rollup/batch.hpp"
#include "rollup/follower.hpp"
#include "rollup/scratch_chain.hpp"

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

/// Builds an unsettled block once more on the last one, of what its block, its L1 origin and the
/// forced queue on L1 say of it: that it comes out the same is what there is to know of it, its gas
/// too. Returns null if it doesn't.
/// @param scratch   The rollup's followed head with the unsettled blocks before.
/// @param follower  Where the rollup is followed.
UnsettledBlockPtr rebuild_unsettled(const rollup::ScratchChain& scratch, const Block& block,
                                    const l1::L1BlockId& l1_origin,
                                    const rollup::Follower& follower);

/// Returns whether it holds anything that somebody waits for: a user's transaction, or an entry.
inline bool is_awaited_by_user(const UnsettledBlock& block) {
    return block.forced_position ||
           std::ranges::any_of(block.content.transactions,
                               [](const Transaction& tx) { return tx.type != TxType::system; });
}

/// The unsettled blocks of each rollup that has any, parents before children, on its followed head.
using UnsettledBlocks = std::map<ChainId, std::vector<UnsettledBlockPtr>>;

}  // namespace scope::builder
