#include "devnet/live_chain.hpp"

#include <algorithm>
#include <set>

#include "execution/scope_rollup.hpp"

namespace scope::devnet {

LiveChain::LiveChain(ChainId chain_id, l1::LocalL1& l1, node::Node& node,
                     const pool::PoolOptions& pool)
    : id_(chain_id), l1_(&l1), node_(&node), pool_(pool) {
    told_ = chain().head();
}

const chain::Chain& LiveChain::chain() const {
    return is_l1() ? l1_->chain() : node_->latest(id_);
}

chain::StoredBlockPtr LiveChain::head(rpc::Label label) const {
    if (label == rpc::Label::latest) return chain().head();
    if (is_l1()) {
        const auto heads = l1_->heads();
        CHECK(heads.has_value());  // LocalL1 always answers
        return chain().store().block(label == rpc::Label::safe ? heads->safe.hash
                                                               : heads->finalized.hash);
    }
    // In an included scope is as safe as a rollup's block gets before L1 has finalized it.
    const auto& store = node_->follower().rollup(id_)->chain.store();
    if (label == rpc::Label::safe) return store.head();
    return store.block(node_->follower().head(id_, rpc::Label::finalized).position.head);
}

std::shared_ptr<const state::WorldState> LiveChain::state(const Hash& block) const {
    return chain().store().block(block) == nullptr ? nullptr : chain().state_after(block);
}

std::shared_ptr<const state::WorldState> LiveChain::latest_state() const {
    auto state = chain().head_state();
    CHECK(state != nullptr);  // of a head it always is kept
    return state;
}

chain::BlockAttributes LiveChain::next_block() const {
    auto next = l1_->next_block();
    CHECK(next.has_value());  // LocalL1 always answers
    if (is_l1()) return std::move(*next);
    const auto origin = l1_->chain().head();
    const uint64_t parent_s = chain().head()->header().timestamp_s;
    const uint64_t latest_s = origin->header().timestamp_s + rollup::MAX_CLOCK_AHEAD_S;
    return rollup::attributes_of(
        {.l1_origin_number = origin->header().number,
         .l1_origin_hash = origin->hash,
         .timestamp_s = std::max(parent_s + 1, std::min(next->timestamp_s, latest_s)),
         .coinbase = next->coinbase,
         .transactions = {}});
}

execution::Environment LiveChain::next_environment() const {
    const auto head = chain().head();
    return chain::make_environment(
        chain().spec(),
        chain::child_header(chain().spec(), head->hash, head->header(), next_block()), nullptr);
}

bool LiveChain::is_root(const Transaction& transaction) const {
    if (is_l1()) return false;
    return execution::is_root(*latest_state(), node_->follower().rollup(id_)->config.system(),
                              transaction);
}

std::vector<pool::PooledPtr> LiveChain::ready() const {
    if (pool_.size() == 0) return {};
    return pool_.ready(*latest_state(), next_environment());
}

std::vector<pool::PooledPtr> LiveChain::ready_ordinary() const {
    std::vector<pool::PooledPtr> ordinary;
    std::set<Address> behind_root;
    for (auto& pooled : ready()) {
        if (behind_root.contains(pooled->sender)) continue;
        if (is_root(pooled->transaction))
            behind_root.insert(pooled->sender);
        else
            ordinary.push_back(std::move(pooled));
    }
    return ordinary;
}

std::map<Hash, Address> LiveChain::forced_senders_in_pool() const {
    std::map<Hash, Address> senders;
    for (const auto& pooled : pool_.all())
        if (const auto sender = forced().sender(pooled->transaction))
            senders.emplace(pooled->hash, *sender);
    return senders;
}

std::vector<pool::PooledPtr> LiveChain::update_pool() {
    if (pool_.size() == 0) return {};
    auto stale = pool_.update(*latest_state(), next_environment());
    const auto& store = chain().store();
    std::erase_if(stale,
                  [&](const auto& pooled) { return store.transaction(pooled->hash).has_value(); });
    return stale;
}

chain::StoredBlockPtr LiveChain::told_parent_of(const chain::StoredBlock& block) const {
    const Hash& parent = block.header().parent_hash;
    const auto found = told_unsettled_.find(parent);
    return found != told_unsettled_.end() ? found->second : chain().store().block(parent);
}

LiveChain::Changes LiveChain::take_changes() {
    const auto head = chain().head();
    Changes changes;
    if (head->hash == told_->hash) return changes;
    const auto& store = chain().store();
    auto old = told_;
    auto now = head;
    while (old->hash != now->hash) {
        // Both chains have one genesis, so both ways end.
        if (old->header().number >= now->header().number) {
            changes.removed.push_back(old);
            old = told_parent_of(*old);
        } else {
            changes.added.push_back(now);
            now = store.block(now->header().parent_hash);
        }
        CHECK(old != nullptr && now != nullptr);
    }
    std::ranges::reverse(changes.added);
    told_ = head;
    told_unsettled_.clear();
    if (!is_l1()) {
        const uint64_t settled = node_->follower().rollup(id_)->chain.head()->header().number;
        for (auto block = head; block->header().number > settled;
             block = store.block(block->header().parent_hash))
            told_unsettled_.emplace(block->hash, block);
    }
    return changes;
}

}  // namespace scope::devnet
