#include "service/served_chain.hpp"

#include <algorithm>
#include <set>

#include "execution/scope_rollup.hpp"

namespace scope::service {

chain::StoredBlockPtr ServedChain::head(rpc::Label label) const {
    if (label == rpc::Label::latest) return chain().head();
    // In an included scope is as safe as a rollup's block gets before L1 has finalized it.
    const auto& store = node_->follower().rollup(id_)->chain.store();
    if (label == rpc::Label::safe) return store.head();
    return store.block(node_->follower().head(id_, rpc::Label::finalized).position.head);
}

std::shared_ptr<const state::WorldState> ServedChain::state(const Hash& block) const {
    return chain().store().block(block) == nullptr ? nullptr : chain().state_after(block);
}

std::shared_ptr<const state::WorldState> ServedChain::latest_state() const {
    auto state = chain().head_state();
    CHECK(state != nullptr);  // of a head it always is kept
    return state;
}

chain::BlockAttributes ServedChain::next_block() const {
    const auto next = l1_->next_block();
    const auto origin = l1_->head();
    const uint64_t parent_s = chain().head()->header().timestamp_s;
    const uint64_t latest_s = origin.timestamp_s + rollup::MAX_CLOCK_AHEAD_S;
    return rollup::attributes_of(
        {.l1_origin_number = origin.id.number,
         .l1_origin_hash = origin.id.hash,
         .timestamp_s = std::max(parent_s + 1, std::min(next.timestamp_s, latest_s)),
         .coinbase = next.coinbase,
         .transactions = {}});
}

execution::Environment ServedChain::next_environment() const {
    const auto head = chain().head();
    return chain::make_environment(
        chain().spec(),
        chain::child_header(chain().spec(), head->hash, head->header(), next_block()), nullptr);
}

uint64_t ServedChain::next_nonce(const Address& account) const {
    return latest_state()->account(account).value_or(Account{}).nonce;
}

bool ServedChain::is_root(const Transaction& transaction) const {
    return execution::is_root(*latest_state(), node_->follower().rollup(id_)->config.system(),
                              transaction);
}

std::vector<pool::PooledPtr> ServedChain::ready() const {
    if (pool_.size() == 0) return {};
    return pool_.ready(*latest_state(), next_environment());
}

std::vector<pool::PooledPtr> ServedChain::ready_ordinary() const {
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

bool ServedChain::has_ready_root() const {
    return std::ranges::any_of(ready(),
                               [this](const auto& pooled) { return is_root(pooled->transaction); });
}

std::vector<pool::PooledPtr> ServedChain::update_pool() {
    if (pool_.size() == 0) return {};
    auto stale = pool_.update(*latest_state(), next_environment());
    const auto& store = chain().store();
    std::erase_if(stale,
                  [&](const auto& pooled) { return store.transaction(pooled->hash).has_value(); });
    return stale;
}

chain::StoredBlockPtr ServedChain::told_parent_of(const chain::StoredBlock& block) const {
    const Hash& parent = block.header().parent_hash;
    const auto found = told_unsettled_.find(parent);
    return found != told_unsettled_.end() ? found->second : chain().store().block(parent);
}

uint64_t ServedChain::last_stored() const {
    return node_->follower().rollup(id_)->chain.head()->header().number;
}

Herald::Changes ServedChain::take_changes() {
    const auto head = chain().head();
    if (told_ == nullptr) told_ = head;
    Herald::Changes changes;
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
    for (auto block = head; block->header().number > last_stored();
         block = store.block(block->header().parent_hash))
        told_unsettled_.emplace(block->hash, block);
    return changes;
}

}  // namespace scope::service
