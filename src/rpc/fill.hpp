#pragma once

#include "rpc/evaluation.hpp"

namespace scope::rpc {

/// Throws RpcFailure if the chain is a rollup that L1 has closed for good: nothing can be sent there.
void require_open(const Request& request);

/// Returns the transaction with all that the arguments leave out, as eth_fillTransaction does: fees,
/// nonce behind what waits in the pool, gas. It has no signature.
///
/// On a rollup one that makes scoped calls and is no root gets the marker at the end of its data;
/// a root gets the priority fee that the builder's price rule asks, unless the arguments name one.
/// Throws RpcFailure: for what geth refuses, what estimating refuses, and as require_open.
Transaction fill_transaction(Request& request, const TransactionArgs& args);

/// Appends a transaction as geth shows one that it has filled or signed: not of a block.
void append_filled(json::Appender& out, const Transaction& tx);

}  // namespace scope::rpc
