#include "service/followed_chain.hpp"

#include <algorithm>

namespace scope::service {

FollowedChain::FollowedChain(ChainId chain_id, const rollup::Follower& follower)
    : id_(chain_id), follower_(&follower) {
    CHECK(follower.rollup(chain_id) != nullptr);
    told_ = chain().head();
}

const chain::Chain& FollowedChain::chain() const {
    return follower_->rollup(id_)->chain;
}

chain::StoredBlockPtr FollowedChain::head(rpc::Label label) const {
    if (label == rpc::Label::latest) return chain().head();
    return chain().store().block(follower_->head(id_, label).position.head);
}

std::shared_ptr<const state::WorldState> FollowedChain::state(const Hash& block) const {
    return chain().store().block(block) == nullptr ? nullptr : chain().state_after(block);
}

chain::BlockAttributes FollowedChain::next_block() const {
    const auto head = chain().head();
    const auto& parent = head->header();
    const uint64_t next = follower_->next_l1_block();
    const auto origin = next == 0 ? std::nullopt : follower_->l1_block(next - 1);
    return rollup::attributes_of(
        {.l1_origin_number = origin ? origin->id.number : 0,
         .l1_origin_hash = origin ? origin->id.hash : Hash{},
         .timestamp_s = std::max(parent.timestamp_s + 1, origin ? origin->timestamp_s : 0),
         .coinbase = parent.coinbase,
         .transactions = {}});
}

FollowedChain::Changes FollowedChain::take_changes() {
    Changes changes;
    const auto head = chain().head();
    const auto& store = chain().store();
    auto old = told_;
    auto now = head;
    // Both chains have one genesis, so both ways end; or a database has forgotten a branch.
    while (old != nullptr && now != nullptr && old->hash != now->hash) {
        if (old->header().number >= now->header().number) {
            changes.removed.push_back(old);
            old = store.block(old->header().parent_hash);
        } else {
            changes.added.push_back(now);
            now = store.block(now->header().parent_hash);
        }
    }
    std::ranges::reverse(changes.added);
    told_ = head;
    return changes;
}

}  // namespace scope::service
