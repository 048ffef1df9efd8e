#pragma once

#include <vector>

#include "execution/environment.hpp"
#include "rpc/network.hpp"

namespace scope::rpc {

/// Returns what a contract answers on a state; empty if it fails.
/// @param read  Set to the slots of the contract that were read; null: nobody asks.
Bytes view(const state::StateView& beneath, const execution::Environment& environment,
           const Address& to, BytesView data, std::vector<Hash>* read = nullptr);
/// Returns what a contract answers on the state after a block, in that block; empty if it fails.
Bytes view(ChainView& chain, const chain::StoredBlock& block, const Address& to, BytesView data);

}  // namespace scope::rpc
