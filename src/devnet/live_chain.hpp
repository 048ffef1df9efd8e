#pragma once

#include "l1/local_l1.hpp"
#include "node/node.hpp"
#include "rpc/network.hpp"

namespace scope::devnet {

/// A chain of a LiveNetwork: L1, or a rollup with its unsettled blocks; and what waits for its next
/// block.
class LiveChain final : public rpc::ChainView {
  public:
    /// @param l1, node  Must outlive it.
    LiveChain(ChainId chain_id, l1::LocalL1& l1, node::Node& node, const pool::PoolOptions& pool);

    [[nodiscard]] const chain::Chain& chain() const override;
    [[nodiscard]] chain::StoredBlockPtr head(rpc::Label label = rpc::Label::latest) const override;
    [[nodiscard]] std::shared_ptr<const state::WorldState> state(const Hash& block) const override;
    [[nodiscard]] chain::BlockAttributes next_block() const override;
    [[nodiscard]] pool::TxPool* pool() override { return &pool_; }

    [[nodiscard]] ChainId id() const noexcept { return id_; }
    [[nodiscard]] bool is_l1() const noexcept { return id_ == l1_->spec().chain_id; }
    [[nodiscard]] execution::Forced& forced() const { return *chain().spec().forced; }
    /// Returns the state that the next block begins with, changes by force included.
    [[nodiscard]] std::shared_ptr<const state::WorldState> latest_state() const;
    /// Returns the environment of the next block, without hashes of blocks.
    [[nodiscard]] execution::Environment next_environment() const;
    /// Returns whether a transaction is a root by the rollup's rule as its latest state stands.
    [[nodiscard]] bool is_root(const Transaction& transaction) const;

    /// Returns those of the pool that may stand in the next block, in its order.
    [[nodiscard]] std::vector<pool::PooledPtr> ready() const;
    /// Returns those of ready() that are no roots and have no root of their sender before them.
    [[nodiscard]] std::vector<pool::PooledPtr> ready_ordinary() const;
    /// Returns, by hash, who is impersonated in transactions of the pool.
    [[nodiscard]] std::map<Hash, Address> forced_senders_in_pool() const;
    /// Drops from the pool what the head made stale, and returns what stands in no block.
    std::vector<pool::PooledPtr> update_pool();

    /// Blocks that came and went since the last call.
    struct Changes {
        std::vector<chain::StoredBlockPtr> removed;  ///< the last first
        std::vector<chain::StoredBlockPtr> added;    ///< in order
        [[nodiscard]] bool empty() const noexcept { return removed.empty() && added.empty(); }
    };
    Changes take_changes();
    /// Has take_changes tell what came behind this block. REQUIRES: the chain has it.
    void set_told(chain::StoredBlockPtr block) { told_ = std::move(block); }

  private:
    [[nodiscard]] chain::StoredBlockPtr told_parent_of(const chain::StoredBlock& block) const;

    ChainId id_;
    l1::LocalL1* l1_;
    node::Node* node_;
    pool::TxPool pool_;
    chain::StoredBlockPtr told_;  // the head at the last take_changes
    /// Blocks below it that no store has once they are dropped: the unsettled ones, by hash.
    std::map<Hash, chain::StoredBlockPtr> told_unsettled_;
};

}  // namespace scope::devnet
