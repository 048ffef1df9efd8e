#pragma once

#include <memory>
#include <vector>

#include "builder/bundle.hpp"
#include "builder/revert.hpp"
#include "builder/unsettled.hpp"
#include "execution/host.hpp"
#include "rollup/follower.hpp"
#include "rollup/scratch_chain.hpp"

namespace scope::builder {

/// A rollup while a scope is built: its next block, which begins, if it is the first of its batch,
/// with openScope and, if rollups were registered since the block before, addChains.
class OpenRollup {
  public:
    /// The most gas that a system transaction may use: serving all inbound calls of one root.
    static constexpr uint64_t MAX_SYSTEM_GAS = uint64_t{1} << 26;

    /// @param followed   The rollup at its head; must outlive this.
    /// @param block      L1 origin, time and coinbase of its block, without transactions.
    /// @param unsettled  Its blocks over that head, with which its batch begins.
    OpenRollup(const rollup::Follower::Rollup& followed, rollup::BatchBlock block,
               const protocol::RegisteredRollup& registered, state::Journal& journal,
               std::vector<UnsettledBlockPtr> unsettled = {});

    /// Begins the block.
    /// @param remotes     All other chains of the scope, ascending. The first unsettled block has
    ///                    them, if there is one.
    /// @param new_chains  Those that the block has to make known, ascending.
    Result<void, Failure> open_scope(const std::vector<uint256>& remotes,
                                     const std::vector<uint256>& new_chains);

    [[nodiscard]] ChainId chain_id() const noexcept { return frame_.chain_id; }
    [[nodiscard]] const rollup::Follower::Rollup& followed() const noexcept { return *followed_; }
    [[nodiscard]] const execution::SystemTransactionRule& system() const {
        return followed_->config.system();
    }
    /// Returns the rollup as L1 had it before the scope.
    [[nodiscard]] const protocol::RegisteredRollup& registered() const noexcept {
        return registered_;
    }
    /// Returns the block on which its batch is built: the followed head.
    [[nodiscard]] const chain::StoredBlock& batch_parent() const noexcept { return *batch_parent_; }
    /// Returns the blocks with which its batch begins.
    [[nodiscard]] const std::vector<UnsettledBlockPtr>& unsettled() const noexcept {
        return unsettled_;
    }
    /// Returns the gas of these that max_batch_gas bounds.
    [[nodiscard]] uint64_t unsettled_gas() const noexcept { return unsettled_gas_; }
    [[nodiscard]] chain::BlockBuilder& block() noexcept { return *block_; }
    /// Returns the gas limit that the next system transaction gets. Where the batch has little left
    /// it is half of that: asking takes from the rest.
    [[nodiscard]] uint64_t system_gas() const {
        return std::min(MAX_SYSTEM_GAS, block_->room().all_gas / 2);
    }
    /// Returns whether a root may lack gas here that it would have in another scope.
    [[nodiscard]] bool is_short_of_gas() const { return system_gas() < MAX_SYSTEM_GAS; }

    /// Runs @p tx as the block's next.
    Result<execution::Outcome, execution::TxError> run(const Transaction& tx, const Address& sender,
                                                       execution::Host* host = nullptr);
    /// Runs a system transaction as the block's next; returns why, if that can't be.
    Result<execution::Outcome, Failure> run_system(Bytes calldata);
    /// Returns the answer of ScopedCallable; leaves no trace.
    Bytes view(const Bytes& calldata);

    /// Returns whether the scope has loaded what L1 holds for a remote (§10).
    [[nodiscard]] bool is_limited(const uint256& remote) const;
    /// Notes limits that a root has loaded.
    void add_limits(const std::vector<protocol::Limit>& limits);

    /// Returns whether anything followed what every block begins with, or blocks wait to be settled,
    /// so that the scope has a batch of it.
    [[nodiscard]] bool is_touched() const {
        return has_own_block() || (!unsettled_.empty() && !is_postponed_);
    }
    /// Leaves its unsettled blocks to another scope, if nothing follows them.
    void postpone() noexcept { is_postponed_ = true; }
    /// Returns whether its block is in its batch, behind the unsettled ones: not if nothing followed
    /// what it begins with, unless L1 may soon not take the origin of the last one of these.
    [[nodiscard]] bool has_own_block() const {
        return block_->transactions().size() > opening_transactions_ || needs_own_block_;
    }
    /// Returns the block's content so far.
    [[nodiscard]] rollup::BatchBlock content() const;
    /// Returns the size of content() inside the batch, in bytes.
    [[nodiscard]] size_t content_size() const;
    /// Returns the batch; of one that is not touched, with its block.
    [[nodiscard]] rollup::Batch batch() const;
    /// Returns the size of batch() as encoded, in bytes.
    [[nodiscard]] size_t batch_size() const;

    /// A point before a root, to come back to.
    struct Checkpoint {
        chain::BlockBuilder::Checkpoint block;
        size_t transactions_size = 0;
        size_t limited = 0;
    };
    [[nodiscard]] Checkpoint checkpoint() const noexcept {
        return {block_->checkpoint(), transactions_size_, limited_.size()};
    }
    void rollback(const Checkpoint& checkpoint);

  private:
    Bytes call(const Address& sender, const Bytes& calldata, uint64_t gas, bool is_static);
    [[nodiscard]] Failure failure_of(const Transaction& tx, execution::TxError error,
                                     const execution::Host& host);

    const rollup::Follower::Rollup* followed_;
    chain::StoredBlockPtr batch_parent_;
    std::vector<UnsettledBlockPtr> unsettled_;
    std::unique_ptr<rollup::ScratchChain> scratch_;  // with these; null: there are none
    uint64_t unsettled_gas_ = 0;
    size_t unsettled_size_ = 0;  // in the batch
    bool is_postponed_ = false;
    bool needs_own_block_ = false;
    rollup::Batch frame_;  // without blocks
    rollup::BatchBlock block_frame_;
    protocol::RegisteredRollup registered_;
    std::unique_ptr<chain::BlockBuilder> block_;
    size_t opening_transactions_ = 0;
    size_t transactions_size_ = 0;  // in the batch
    std::vector<uint256> limited_;  // remotes, whose limit the scope has loaded
};

}  // namespace scope::builder
