#pragma once

#include <memory>

#include "builder/unsettled.hpp"
#include "rollup/follower.hpp"
#include "rollup/scratch_chain.hpp"

namespace scope::node {

/// A rollup up to the last block that its builder has: the followed chain, and over its head the
/// blocks that no batch has settled yet.
///
/// For one thread at a time.
class LatestChain {
  public:
    /// @param followed  Must outlive it.
    explicit LatestChain(const rollup::Follower::Rollup& followed) : followed_(&followed) {}

    /// Returns it as a chain whose head is the last block. Borrowed until the blocks change.
    [[nodiscard]] const chain::Chain& chain() const noexcept {
        return scratch_ ? scratch_->chain() : followed_->chain;
    }
    /// Returns the unsettled blocks, parents before children.
    [[nodiscard]] const std::vector<builder::UnsettledBlockPtr>& blocks() const noexcept {
        return blocks_;
    }
    /// Returns the position to which the unsettled blocks took the forced queue; nullopt: they took
    /// no entry.
    [[nodiscard]] std::optional<uint64_t> forced_position() const {
        return blocks_.empty() ? std::nullopt : blocks_.front()->forced_position;
    }
    /// Returns the number of the last unsettled block's L1 origin; nullopt: there is none.
    [[nodiscard]] std::optional<uint64_t> l1_origin_number() const {
        if (blocks_.empty()) return std::nullopt;
        return blocks_.back()->content.l1_origin_number;
    }
    /// Returns the bytes of the unsettled blocks in a batch.
    [[nodiscard]] size_t batch_size() const noexcept { return batch_size_; }
    /// Returns whether the unsettled blocks take so much of what a batch may have that the next ones
    /// may find no room.
    [[nodiscard]] bool must_settle() const;

    /// Adds a block. REQUIRES: built on the last one.
    void add(builder::UnsettledBlockPtr block);
    /// Goes on from the followed head: forgets blocks that have settled, and drops those that can't
    /// any more, since the head or L1 is another one.
    /// @return  The blocks that it dropped, parents before children.
    std::vector<builder::UnsettledBlockPtr> reconcile(const rollup::Follower& follower);
    /// Drops all unsettled blocks but the first ones, and returns them.
    std::vector<builder::UnsettledBlockPtr> drop(size_t kept = 0);

  private:
    const rollup::Follower::Rollup* followed_;
    std::vector<builder::UnsettledBlockPtr> blocks_;
    size_t batch_size_ = 0;
    uint64_t gas_used_ = 0;                          // of what max_batch_gas bounds
    std::unique_ptr<rollup::ScratchChain> scratch_;  // null: no unsettled block
};

}  // namespace scope::node
