#pragma once

#include <memory>

#include "builder/bundle.hpp"
#include "builder/revert.hpp"
#include "execution/host.hpp"
#include "rollup/follower.hpp"

namespace scope::builder {

/// A rollup while a scope is built: its next block, which begins with openScope.
class OpenRollup {
  public:
    /// Gas that a system transaction may use: serving all inbound calls of one root.
    static constexpr uint64_t SYSTEM_GAS = 30'000'000;

    /// @param followed  The rollup at its head; must outlive this.
    /// @param block     Time and coinbase of its block, without transactions.
    OpenRollup(const rollup::Follower::Rollup& followed, rollup::BatchBlock block,
               const l1::L1Head& l1_origin, const protocol::RegisteredRollup& registered,
               state::Journal& journal);

    /// Begins the block with openScope.
    /// @param remotes  All other chains of the scope, ascending.
    Result<void, Failure> open_scope(const std::vector<uint256>& remotes);

    [[nodiscard]] ChainId chain_id() const noexcept { return frame_.chain_id; }
    [[nodiscard]] const rollup::Follower::Rollup& followed() const noexcept { return *followed_; }
    [[nodiscard]] const execution::SystemTransactionRule& system() const {
        return followed_->config.system();
    }
    /// Returns the rollup as L1 had it before the scope.
    [[nodiscard]] const protocol::RegisteredRollup& registered() const noexcept {
        return registered_;
    }
    /// Returns the head on which its block is built.
    [[nodiscard]] const chain::StoredBlock& parent() const noexcept { return *parent_; }
    [[nodiscard]] chain::BlockBuilder& block() noexcept { return *block_; }

    /// Runs @p tx as the block's next.
    Result<execution::Outcome, execution::TxError> run(const Transaction& tx, const Address& sender,
                                                       execution::Host* host = nullptr);
    /// Runs a system transaction as the block's next; returns why, if that can't be.
    Result<execution::Outcome, Failure> run_system(Bytes calldata);
    /// Returns the answer of ScopedCallable; leaves no trace.
    Bytes view(const Bytes& calldata);

    /// Returns whether anything followed openScope, so that the scope has a batch of it.
    [[nodiscard]] bool is_touched() const { return block_->transactions().size() > 1; }
    [[nodiscard]] rollup::Batch batch() const;
    /// Returns the size of batch() as encoded, in bytes.
    [[nodiscard]] size_t batch_size() const;

    /// A point before a root, to come back to.
    struct Checkpoint {
        chain::BlockBuilder::Checkpoint block;
        size_t transactions_size = 0;
    };
    [[nodiscard]] Checkpoint checkpoint() const noexcept {
        return {block_->checkpoint(), transactions_size_};
    }
    void rollback(const Checkpoint& checkpoint);

  private:
    Bytes call(const Address& sender, const Bytes& calldata, bool is_static);

    const rollup::Follower::Rollup* followed_;
    chain::StoredBlockPtr parent_;
    rollup::Batch frame_;
    protocol::RegisteredRollup registered_;
    std::unique_ptr<chain::BlockBuilder> block_;
    size_t transactions_size_ = 0;  // in the batch
};

}  // namespace scope::builder
