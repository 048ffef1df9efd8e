#pragma once

#include "execution/block_executor.hpp"
#include "l1/l1_view.hpp"

namespace scope::builder {

/// The part of L1 that a builder reads once, as it opens a scope: the head and what is built on it.
struct L1Snapshot {
    chain::ChainSpec spec;
    l1::L1Head head;
    std::shared_ptr<const state::StateView> state;            ///< after the head; never null
    std::shared_ptr<const execution::BlockHashes> ancestors;  ///< of the head's child; never null
    chain::BlockAttributes next;                              ///< of the next block
};
/// Reads the snapshot. The view must outlive it.
Result<L1Snapshot, l1::L1Error> read_snapshot(const l1::L1View& l1);

/// L1's next block, as far as a builder needs it: its environment, and its state behind the system
/// calls that begin it.
class NextL1Block {
  public:
    /// @param journal  Shared with States of other chains; null: its own.
    NextL1Block(L1Snapshot snapshot, const chain::BlockAttributes& attributes,
                state::Journal* journal = nullptr);
    NextL1Block(const NextL1Block&) = delete;
    NextL1Block& operator=(const NextL1Block&) = delete;

    [[nodiscard]] const L1Snapshot& snapshot() const noexcept { return snapshot_; }
    [[nodiscard]] const execution::Environment& environment() const noexcept {
        return environment_;
    }
    [[nodiscard]] state::State& state() noexcept { return state_; }
    /// Executes @p transaction of @p sender as the block's next; its signature isn't looked at.
    /// @param host  As BlockExecutor has it.
    Result<execution::Outcome, execution::TxError> execute(const Transaction& transaction,
                                                           const Address& sender,
                                                           execution::Host* host = nullptr);

  private:
    NextL1Block(L1Snapshot snapshot, const BlockHeader& header, state::Journal* journal);

    L1Snapshot snapshot_;
    execution::Environment environment_;
    state::State state_;
    execution::BlockExecutor executor_;
};

/// Returns the outcome of the transaction of @p sender, signed or not, as the first of L1's next
/// block with these attributes; nothing is kept.
Result<execution::Outcome, execution::TxError> dry_run(const L1Snapshot& snapshot,
                                                       const chain::BlockAttributes& attributes,
                                                       const Transaction& transaction,
                                                       const Address& sender);
/// As above, of the sender who signed it.
Result<execution::Outcome, execution::TxError> dry_run(const L1Snapshot& snapshot,
                                                       const chain::BlockAttributes& attributes,
                                                       const Transaction& transaction);

}  // namespace scope::builder
