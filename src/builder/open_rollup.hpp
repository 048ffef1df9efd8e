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

/// A rollup while a scope is built: its next block. It begins with what derivation demands there
/// (docs/protocol.md, section 12): openScope, if it is the first of its batch; what L1 said since the
/// block before of chains and of its predeploy; and, in the first of a batch, all entries that its
/// forced queue holds, as far as a batch may take them, whether they are due or not.
class OpenRollup {
  public:
    /// The most gas that a system transaction may use: serving all inbound calls of one root.
    static constexpr uint64_t MAX_SYSTEM_GAS = uint64_t{1} << 26;

    /// @param followed   The rollup at its head; must outlive this.
    /// @param block      L1 origin, time and coinbase of its block, without transactions.
    /// @param l1_head    Number of L1's head, which that origin may be behind (next_origin).
    /// @param unsettled  Its blocks over that head, with which its batch begins.
    OpenRollup(const rollup::Follower::Rollup& followed, rollup::BatchBlock block, uint64_t l1_head,
               const protocol::RegisteredRollup& registered, state::Journal& journal,
               std::vector<UnsettledBlockPtr> unsettled = {});

    /// Begins the block. Once, before anything else.
    /// @param l1       Has followed L1 to the block's origin.
    /// @param remotes  All other chains of the scope, ascending. The first unsettled block has them,
    ///                 if there is one.
    Result<void, Failure> open_scope(const rollup::L1Origins& l1,
                                     const std::vector<uint256>& remotes);

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
    /// Returns the number of its block's L1 origin.
    [[nodiscard]] uint64_t l1_origin_number() const noexcept {
        return block_frame_.l1_origin_number;
    }
    /// Returns the blocks with which its batch begins.
    [[nodiscard]] const std::vector<UnsettledBlockPtr>& unsettled() const noexcept {
        return unsettled_;
    }
    /// Returns the position in the forced queue after its batch.
    [[nodiscard]] uint64_t forced_position() const noexcept { return forced_position_; }
    /// Returns the position to which its block takes entries; nullopt: it takes none.
    [[nodiscard]] std::optional<uint64_t> taken_by_block() const {
        return takes_entries_ ? std::optional{forced_position_} : std::nullopt;
    }
    /// Returns the calldata of the system transaction by which its block upgrades the predeploy; empty:
    /// it doesn't.
    [[nodiscard]] const Bytes& upgrade() const noexcept { return upgrade_; }
    /// Returns the wei of the deposits that its batch takes: L1 holds them for it from then on.
    [[nodiscard]] const uint256& deposited_wei() const noexcept { return deposited_wei_; }
    /// Returns the time since which the first unsettled block or entry waits, in seconds; nullopt:
    /// none does.
    [[nodiscard]] std::optional<uint64_t> waits_since_s() const noexcept { return waits_since_s_; }
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
    /// Runs a system transaction as the block's next, with system_gas(); returns why, if that can't be.
    Result<execution::Outcome, Failure> run_system(Bytes calldata) {
        return run_system(std::move(calldata), system_gas());
    }
    /// Returns the answer of ScopedCallable; leaves no trace.
    Bytes view(const Bytes& calldata);

    /// Returns whether the scope has loaded what L1 holds for a remote (§10).
    [[nodiscard]] bool is_limited(const uint256& remote) const;
    /// Notes limits that a root has loaded.
    void add_limits(const std::vector<protocol::Limit>& limits);

    /// Returns whether anything followed what every block begins with, or blocks or entries wait to be
    /// settled, so that the scope has a batch of it.
    [[nodiscard]] bool is_touched() const {
        return has_own_transactions() || needs_own_block_ || (waits() && !is_postponed_);
    }
    /// Returns whether unsettled blocks, entries or a closing wait, which make a batch though no root
    /// does.
    [[nodiscard]] bool waits() const noexcept {
        return !unsettled_.empty() || takes_entries_ || is_required_;
    }
    /// Leaves what waits to another scope, if nothing follows it.
    void postpone() noexcept { is_postponed_ = true; }
    /// Has the scope have a batch of it, an empty one if need be: so a closing that was started is
    /// undone.
    void require_batch() noexcept { is_required_ = true; }
    /// Returns whether the scope has to settle a batch of it though no root does.
    [[nodiscard]] bool must_settle() const noexcept {
        return (is_required_ || takes_entries_) && !is_postponed_;
    }
    /// Returns whether its block is in its batch, behind the unsettled ones: not if nothing followed
    /// what it begins with and it takes no entry, unless L1 may soon not take the origin of the last
    /// one of these, or a batch is required.
    [[nodiscard]] bool has_own_block() const {
        return has_own_transactions() || takes_entries_ || needs_own_block_ || is_required_;
    }
    /// Returns the block's content so far: without the transactions of entries, which a batch doesn't
    /// carry.
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
    [[nodiscard]] bool has_own_transactions() const {
        return block_->transactions().size() > opening_transactions_;
    }
    Result<execution::Outcome, Failure> run_system(Bytes calldata, uint64_t gas_limit);
    /// Runs one of those that a block begins with: none of them asks, so it may have all that is left.
    Result<execution::Outcome, Failure> run_opening(Bytes calldata) {
        return run_system(std::move(calldata), std::min(MAX_SYSTEM_GAS, block_->room().all_gas));
    }
    Result<void, Failure> require_predeploy();
    Result<void, Failure> take_forced(const rollup::L1Origins& l1);
    /// Counts the deposits from one position in the forced queue to another.
    void count_deposits(const rollup::L1Origins& l1, uint64_t from, uint64_t to);
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
    bool needs_own_block_ = false;  // behind unsettled ones, for these are old
    bool is_required_ = false;
    rollup::Batch frame_;  // without blocks
    rollup::BatchBlock block_frame_;
    protocol::RegisteredRollup registered_;
    std::unique_ptr<chain::BlockBuilder> block_;
    size_t opening_transactions_ = 0;
    size_t first_of_entries_ = 0;  // the transactions of entries, in the block
    size_t end_of_entries_ = 0;
    bool takes_entries_ = false;  // the block does
    uint64_t forced_position_ = 0;
    uint256 deposited_wei_;
    Bytes upgrade_;
    std::optional<uint64_t> waits_since_s_;
    size_t transactions_size_ = 0;  // in the batch
    std::vector<uint256> limited_;  // remotes, whose limit the scope has loaded
};

}  // namespace scope::builder
