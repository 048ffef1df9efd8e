#include "node/latest_chain.hpp"

#include <algorithm>
#include <utility>

namespace scope::node {

namespace {

/// Of what bounds a batch, the unsettled blocks take at most half before they have to settle: so the
/// scope that does it has room for roots.
constexpr uint64_t SHARE = 2;

/// Returns whether it is one of the chain that was followed.
bool has_settled(const rollup::Follower::Rollup& followed, const builder::UnsettledBlock& block) {
    const auto canonical = followed.chain.store().canonical_block(block.block->header().number);
    return canonical != nullptr && canonical->hash == block.block->hash;
}

/// Returns whether the blocks, which go on from one that was followed once, can still settle.
bool can_settle(const rollup::Follower& follower, const rollup::Follower::Rollup& followed,
                const std::vector<builder::UnsettledBlockPtr>& blocks) {
    if (followed.stopped ||
        blocks.front()->block->header().parent_hash != followed.chain.head()->hash)
        return false;
    // Origins don't go back: if the last is canonical, all are.
    const auto& last = blocks.back()->content;
    const auto origin = follower.l1_origin(last.l1_origin_number);
    return origin && origin->hash == last.l1_origin_hash;
}

}  // namespace

bool LatestChain::must_settle() const {
    if (blocks_.empty()) return false;
    const auto& parent = followed_->chain.head()->header();
    const uint64_t last_s = blocks_.back()->block->header().timestamp_s;
    return blocks_.size() > rollup::MAX_BATCH_BLOCKS / SHARE ||
           batch_size_ > rollup::MAX_BATCH_SIZE / SHARE ||
           gas_used_ > rollup::max_batch_gas(parent, last_s) / SHARE;
}

void LatestChain::add(builder::UnsettledBlockPtr block) {
    CHECK(block->block->header().parent_hash == chain().head()->hash);
    if (!scratch_)
        scratch_ =
            std::make_unique<rollup::ScratchChain>(followed_->chain, followed_->chain.head()->hash);
    scratch_->add(block->block, block->state);
    batch_size_ += block->batch_size;
    gas_used_ += block->all_gas_used;
    blocks_.push_back(std::move(block));
}

std::vector<builder::UnsettledBlockPtr> LatestChain::reconcile(const rollup::Follower& follower) {
    if (blocks_.empty() || can_settle(follower, *followed_, blocks_)) return {};
    // A batch of the first ones alone may have settled: what stands behind did not begin one.
    auto gone = drop();
    std::erase_if(gone, [&](const auto& block) { return has_settled(*followed_, *block); });
    return gone;
}

std::vector<builder::UnsettledBlockPtr> LatestChain::drop(size_t kept) {
    auto blocks = std::exchange(blocks_, {});
    scratch_.reset();
    batch_size_ = 0;
    gas_used_ = 0;
    const auto first_dropped =
        blocks.begin() + static_cast<std::ptrdiff_t>(std::min(kept, blocks.size()));
    std::for_each(blocks.begin(), first_dropped, [&](auto& block) { add(std::move(block)); });
    blocks.erase(blocks.begin(), first_dropped);
    return blocks;
}

}  // namespace scope::node
