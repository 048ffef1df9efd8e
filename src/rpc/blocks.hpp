#pragma once

#include "rpc/network.hpp"
#include "rpc/params.hpp"

// The blocks and states that parameters name, with geth's errors for those that there aren't.

namespace scope::rpc {

/// Returns the block; null if there is none, or if it is the pending one.
chain::StoredBlockPtr find_block(const ChainView& view, const BlockTag& tag);
/// Returns the block; throws RpcFailure if there is none. The pending one is the latest.
chain::StoredBlockPtr block_of(const ChainView& view, const BlockTag& tag);

/// A block, and the state after it.
struct StateAt {
    chain::StoredBlockPtr block;
    std::shared_ptr<const state::WorldState> state;
};
/// Returns the state after a block; after the pending one, what it would be. Throws RpcFailure if
/// there is no such block, or its state is not kept.
StateAt state_at(ChainView& view, const BlockTag& tag);

/// Returns the state after a block; throws RpcFailure if it is not kept.
std::shared_ptr<const state::WorldState> state_of(const ChainView& view,
                                                  const chain::StoredBlock& block);
/// Returns the number of the first canonical block from which on states are kept.
uint64_t oldest_state(const ChainView& view);

/// Returns the block that would come next, of what waits in the pool, with the state after it.
/// Nothing of it is kept.
StateAt pending_block(ChainView& view);

}  // namespace scope::rpc
