#include "devnet/live_chain.hpp"

namespace scope::devnet {

rollup::FollowedBlock LocalL1Now::head() const {
    const auto head = l1_.chain().head();
    return {{head->header().number, head->hash}, head->header().timestamp_s};
}

std::shared_ptr<const state::StateView> LocalL1Now::state() const {
    auto state = l1_.chain().head_state();
    CHECK(state != nullptr);  // of a head it always is kept
    return state;
}

chain::BlockAttributes LocalL1Now::next_block() const {
    auto next = l1_.next_block();
    CHECK(next.has_value());  // LocalL1 always answers
    return std::move(*next);
}

execution::Environment LocalL1Now::next_environment() const {
    const auto& chain = l1_.chain();
    const auto head = chain.head();
    return chain::make_environment(
        chain.spec(), chain::child_header(chain.spec(), head->hash, head->header(), next_block()),
        nullptr);
}

const chain::Chain& LiveChain::chain() const {
    return is_l1() ? l1_->chain() : ServedChain::chain();
}

chain::StoredBlockPtr LiveChain::head(rpc::Label label) const {
    if (!is_l1()) return ServedChain::head(label);
    if (label == rpc::Label::latest) return chain().head();
    const auto heads = l1_->heads();
    CHECK(heads.has_value());  // LocalL1 always answers
    return chain().store().block(label == rpc::Label::safe ? heads->safe.hash
                                                           : heads->finalized.hash);
}

chain::BlockAttributes LiveChain::next_block() const {
    return is_l1() ? now_->next_block() : ServedChain::next_block();
}

bool LiveChain::is_root(const Transaction& transaction) const {
    return !is_l1() && ServedChain::is_root(transaction);
}

std::map<Hash, Address> LiveChain::forced_senders_in_pool() {
    std::map<Hash, Address> senders;
    for (const auto& pooled : pool()->all())
        if (const auto sender = forced().sender(pooled->transaction))
            senders.emplace(pooled->hash, *sender);
    return senders;
}

uint64_t LiveChain::last_stored() const {
    return is_l1() ? chain().head()->header().number : ServedChain::last_stored();
}

}  // namespace scope::devnet
