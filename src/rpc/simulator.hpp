#pragma once

#include "rpc/call_logs.hpp"
#include "rpc/evaluation.hpp"

namespace scope::rpc {

/// A block of calls that eth_simulateV1 is asked for.
struct SimulatedBlock {
    BlockOverrides block;
    StateOverrides state;
    std::vector<TransactionArgs> calls;
};
struct SimulateOptions {
    std::vector<SimulatedBlock> blocks;
    bool trace_transfers = false;
    bool validation = false;
    bool full_transactions = false;
};
SimulateOptions read_simulate_options(Json value);

/// The outcome of a call.
struct SimulatedCall {
    execution::Outcome outcome;
    std::vector<IndexedLog> logs;
    bool gas_capped = false;  ///< it got less than it asked for
};
/// A block as it would be.
struct SimulatedBlockResult {
    chain::StoredBlock block;
    std::vector<SimulatedCall> calls;
};

/// Runs calls in blocks on top of a block, as eth_simulateV1 does. A root on a rollup sees its own
/// chain as the blocks and calls before it left it, and the other ones as they are at their heads, also
/// behind another root. Throws RpcFailure.
std::vector<SimulatedBlockResult> simulate_blocks(Request& request, const BlockTag& base,
                                                  SimulateOptions options);

}  // namespace scope::rpc
