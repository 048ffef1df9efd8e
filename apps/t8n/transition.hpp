#pragma once

#include <functional>
#include <string>
#include <vector>

#include "chain/block_error.hpp"
#include "env.hpp"
#include "execution/block_executor.hpp"
#include "state/memory_state.hpp"
#include "transactions.hpp"

namespace scope::t8n {

/// The reward to the coinbase, and the base of that to ommers, before Paris.
using Reward = std::optional<uint256>;  // wei; nullopt: not paid, and the coinbase is not touched

/// The state after a block's transactions, and what they gave.
struct Transition {
    BlockHeader header;     ///< complete but for the parent's hash where it was not given
    uint256 blob_base_fee;  ///< wei; 0 before Cancun
    std::vector<Transaction> transactions;  ///< those that stand in the block
    std::vector<execution::Outcome> outcomes;
    std::vector<Receipt> receipts;
    struct Rejected {
        size_t index = 0;  ///< in what was given
        std::string error;
    };
    std::vector<Rejected> rejected;
    std::vector<Bytes> requests;
    /// The reason why the block as a whole can't be valid, whatever its header says.
    std::optional<chain::BlockError> error;
    state::MemoryState state;
};

/// The observer of a run: gives the next transaction's tracer, or null; and is told when it has
/// run.
struct Watch {
    std::function<evm::Tracer*(size_t index, const Transaction& tx)> begin;
    std::function<void(const execution::Outcome& outcome)> end;
};

/// Executes @p transactions in order on @p pre; those that are refused leave no trace.
///
/// Throws std::runtime_error if one asks for a block hash that @p env does not have.
Transition run_transition(const chain::ChainSpec& spec, const Env& env,
                          const state::MemoryState& pre,
                          const std::vector<GivenTransaction>& transactions, const Reward& reward,
                          const Watch& watch);

}  // namespace scope::t8n
