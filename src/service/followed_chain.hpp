#pragma once

#include "node/node.hpp"
#include "rpc/network.hpp"

namespace scope::service {

/// A rollup as a node follows it: what L1 has settled, with the labels of L1's fork choice. Nothing can
/// be sent to it.
class FollowedChain final : public rpc::ChainView {
  public:
    /// @param follower  Of this rollup. Must outlive it.
    FollowedChain(ChainId chain_id, const rollup::Follower& follower);

    [[nodiscard]] const chain::Chain& chain() const override;
    [[nodiscard]] chain::StoredBlockPtr head(rpc::Label label = rpc::Label::latest) const override;
    [[nodiscard]] std::shared_ptr<const state::WorldState> state(const Hash& block) const override;
    /// Returns attributes of a block on the last L1 block that was followed, at its time.
    [[nodiscard]] chain::BlockAttributes next_block() const override;
    [[nodiscard]] pool::TxPool* pool() override { return nullptr; }

    /// Blocks that came and went since the last call.
    struct Changes {
        std::vector<chain::StoredBlockPtr> removed;  ///< the last first
        std::vector<chain::StoredBlockPtr> added;    ///< in order
    };
    Changes take_changes();

  private:
    ChainId id_;
    const rollup::Follower* follower_;
    chain::StoredBlockPtr told_;  // the head at the last take_changes
};

}  // namespace scope::service
