#pragma once

#include <functional>
#include <span>

#include "chain/block_builder.hpp"
#include "rollup/l1_origins.hpp"
#include "rollup/rollup_config.hpp"

namespace scope::rollup {

/// The reason why a block can't stand with the entries that its batch takes: of its builder's
/// making, for entries alone are no such reason.
struct ForcedRefusal {
    uint64_t index = 0;  ///< of the entry
    /// Less gas is left than the entry's transaction may use (block_gas_exceeded), or its logs have no
    /// room (block_logs_exceeded), which those of entries alone always have. nullopt: the
    /// deadline has passed, which says nothing of the block.
    std::optional<execution::TxError> error;
    friend bool operator==(const ForcedRefusal&, const ForcedRefusal&) = default;
};

/// The options of run_forced.
struct ForcedOptions {
    /// The time at which execution is given up; nullopt: never.
    std::optional<execution::Deadline> deadline;
    std::function<void()> on_transaction;  ///< called after each that stands; may be null
};

/// Returns the user's transaction that an entry would be; nullopt if its data encode none, or one
/// that may use more gas than the entry paid for.
/// REQUIRES: an entry of a transaction.
std::optional<Transaction> user_transaction(const protocol::ForcedEntry& entry);

/// Returns the transaction that an entry would be in a block: of a deposit the system transaction
/// `deposit`, with the next nonce; else as user_transaction.
///
/// @param state  As the transaction would find it.
std::optional<Transaction> transaction_of(const QueuedEntry& queued, const RollupConfig& config,
                                          const state::StateView& state);

/// Returns the position to which a transaction takes the forced queue; nullopt if it is no takeForced.
std::optional<uint64_t> position_taken_by(const Transaction& tx);

/// Runs the transactions of the entries that a batch takes, as its first block's next: directly
/// behind its takeForced (docs/protocol.md, section 12). A builder and whoever executes a batch do
/// it by this, for a batch doesn't carry them.
///
/// An entry that is no transaction, or one that can't stand for a reason of its own (nonce, funds, a
/// root; of a deposit, a predeploy that refuses it), counts as taken and does nothing. Room is none:
/// entries are bounded, so that a block without much else has it, and a builder must not be able to
/// take it from them.
///
/// @param entries  In order. Not null.
/// @return  How many transactions stand; after a refusal the block is of no use.
Result<size_t, ForcedRefusal> run_forced(chain::BlockBuilder& builder, const RollupConfig& config,
                                         std::span<const QueuedEntry* const> entries,
                                         const ForcedOptions& options = {});

}  // namespace scope::rollup
