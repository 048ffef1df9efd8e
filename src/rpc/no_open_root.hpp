#pragma once

#include <optional>
#include <vector>

#include "rpc/network.hpp"

namespace scope::rpc {

/// A transaction that failed in its block: it made scoped calls, and was no root.
struct NoOpenRoot {
    ChainId chain_id;
    Hash hash;
    RpcError error;  ///< what asking for its estimate would have said
};

/// Returns those of a block, in order. Runs the block once more, up to the last that failed; if none
/// did, nothing.
std::vector<NoOpenRoot> find_no_open_root(Network& network, ChainId chain_id,
                                          const chain::StoredBlockPtr& block);
/// Returns that of a transaction of any chain; nullopt if it is none such.
std::optional<NoOpenRoot> find_no_open_root(Network& network, const Hash& hash);

}  // namespace scope::rpc
