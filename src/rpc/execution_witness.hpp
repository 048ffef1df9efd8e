#pragma once

#include <string>

#include "rpc/network.hpp"

namespace scope::rpc {

/// Returns what a block is executed on without the state, as debug_executionWitness returns it:
/// headers of the parent and of the ancestors that BLOCKHASH asked for, codes, and RLP of the nodes
/// of the parent's tries that lead to all that was looked at, or that erasing it needs. Throws
/// RpcFailure: the state is not kept.
std::string witness_json(ChainView& chain, const chain::StoredBlockPtr& block);

}  // namespace scope::rpc
