#pragma once

#include "node/node.hpp"
#include "rpc/network.hpp"
#include "service/herald.hpp"
#include "service/l1_now.hpp"

namespace scope::service {

/// A chain that takes transactions: a rollup as its builder has it, with the unsettled blocks; and what
/// waits for its next block.
class ServedChain : public rpc::ChainView {
  public:
    /// @param l1, node  Must outlive it.
    ServedChain(ChainId chain_id, const L1Now& l1, const node::Node& node,
                const pool::PoolOptions& pool)
        : id_(chain_id), l1_(&l1), node_(&node), pool_(pool) {}

    [[nodiscard]] const chain::Chain& chain() const override { return node_->latest(id_); }
    [[nodiscard]] chain::StoredBlockPtr head(rpc::Label label = rpc::Label::latest) const override;
    [[nodiscard]] std::shared_ptr<const state::WorldState> state(const Hash& block) const override;
    [[nodiscard]] chain::BlockAttributes next_block() const override;
    [[nodiscard]] pool::TxPool* pool() override { return &pool_; }

    [[nodiscard]] ChainId id() const noexcept { return id_; }
    /// Returns the state that the next block begins with, changes by force included.
    [[nodiscard]] std::shared_ptr<const state::WorldState> latest_state() const;
    /// Returns the environment of the next block, without hashes of blocks.
    [[nodiscard]] execution::Environment next_environment() const;
    /// Returns the nonce of an account's next transaction in a block.
    [[nodiscard]] uint64_t next_nonce(const Address& account) const;
    /// Returns whether a transaction is a root by the rollup's rule as its latest state stands.
    [[nodiscard]] virtual bool is_root(const Transaction& transaction) const;

    /// Returns those of the pool that may stand in the next block, in its order.
    [[nodiscard]] std::vector<pool::PooledPtr> ready() const;
    /// Returns those of ready() that are no roots and have no root of their sender before them.
    [[nodiscard]] std::vector<pool::PooledPtr> ready_ordinary() const;
    /// Returns whether a root is among those of ready().
    [[nodiscard]] bool has_ready_root() const;
    /// Drops from the pool what the head made stale, and returns what stands in no block.
    std::vector<pool::PooledPtr> update_pool();

    /// Returns the blocks that came and went since the last call.
    Herald::Changes take_changes();
    /// Has take_changes tell what came behind this block. REQUIRES: the chain has it.
    void set_told(chain::StoredBlockPtr block) { told_ = std::move(block); }

  protected:
    /// Returns the number of the last block that no drop takes away: a rollup's unsettled ones are
    /// behind it.
    [[nodiscard]] virtual uint64_t last_stored() const;

  private:
    [[nodiscard]] chain::StoredBlockPtr told_parent_of(const chain::StoredBlock& block) const;

    ChainId id_;
    const L1Now* l1_;
    const node::Node* node_;
    pool::TxPool pool_;
    chain::StoredBlockPtr told_;  // the head at the last take_changes; null: it was not called
    /// Blocks below it that no store has once they are dropped: the unsettled ones, by hash.
    std::map<Hash, chain::StoredBlockPtr> told_unsettled_;
};

}  // namespace scope::service
