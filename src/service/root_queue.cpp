#include "service/root_queue.hpp"

#include <algorithm>

#include "base/hex.hpp"
#include "execution/transaction.hpp"
#include "rpc/errors.hpp"
#include "rpc/params.hpp"

namespace scope::service {

using builder::RefusalRule;

ServedChain* RootQueue::find(ChainId chain_id) const {
    const auto found = std::ranges::find(parts_.rollups, chain_id, &ServedChain::id);
    return found == parts_.rollups.end() ? nullptr : *found;
}

Hash RootQueue::hash_of(const builder::L1Root& root) const {
    return protocol::operation_hash(parts_.node.network().contracts.settlement,
                                    root.operation.operation);
}

// ---- what waits

bool RootQueue::has_roots() const {
    return !parts_.operations.empty() || std::ranges::any_of(parts_.rollups, [](const auto* chain) {
        return chain->has_ready_root();
    });
}

bool RootQueue::waits(const Hash& hash) const {
    return parts_.operations.contains(hash) ||
           std::ranges::any_of(parts_.rollups, [&](auto* chain) {
               const auto pooled = chain->pool()->find(hash);
               return pooled != nullptr && chain->is_root(pooled->transaction);
           });
}

bool RootQueue::is_behind_gap(const Hash& hash) const {
    if (parts_.operations.contains(hash)) {
        const auto hashes = parts_.operations.without_gap();
        return std::ranges::find(hashes, hash) == hashes.end();
    }
    return std::ranges::none_of(parts_.rollups, [&](const auto* chain) {
        return std::ranges::any_of(chain->ready(),
                                   [&](const auto& pooled) { return pooled->hash == hash; });
    });
}

// ---- turns

RootQueue::Progress RootQueue::settle(const std::function<node::Node::Turn()>& take_turn,
                                      const std::function<void()>& moved, bool needs_root) {
    for (uint64_t turns = 0; turns <= node::BackOff<Address>::MAX_TURNS; ++turns) {
        // Those of a scope in flight go on with it, and no other is built.
        const bool was_in_flight = parts_.node.in_flight().has_value();
        const size_t submitted = was_in_flight ? 0 : submit();
        if (submitted == 0 && needs_root && !was_in_flight) return Progress::none;
        const auto turn = take_turn();
        parts_.node.take_waiting();  // the pools have them
        take_settled(turn);
        moved();
        take_refused(turn);  // but what has settled meanwhile
        if (turn.settled || !turn.refused.empty() || !turn.dropped.empty()) return Progress::some;
        if (turn.failed) {
            stalled_ = to_string(*turn.failed);
            parts_.herald.tell_trouble(stalled_);
            return Progress::failed;
        }
        if (turn.in_flight) stalled_.clear();
        if (submitted == 0 || turn.in_flight) return Progress::none;
    }
    return Progress::none;
}

size_t RootQueue::submit() {
    size_t submitted = 0;
    const auto submit = [&](const builder::Root& root) {
        const auto taken = parts_.node.submit(root);
        if (taken)
            ++submitted;
        else if (taken.error() == node::SubmitError::known_bad)
            refuse(root, {}, "a scope with it does not seal");
    };
    for (auto* const chain : parts_.rollups)
        for (const auto& pooled : chain->ready())
            submit(builder::L2Root{chain->id(), pooled->transaction});
    // Those with a gap before them wait for what fills it. A copy: what is refused is erased.
    for (const auto& hash : parts_.operations.without_gap())
        if (const auto* const root = parts_.operations.find(hash)) submit(builder::Root{*root});
    return submitted;
}

void RootQueue::take_refused(const node::Node::Turn& turn) {
    for (const auto& [root, refusal] : turn.refused) refuse(root, refusal, refusal.reason);
    for (const auto& [root, error] : turn.dropped) refuse(root, {}, to_string(error));
}

void RootQueue::take_settled(const node::Node::Turn& turn) {
    // It may be followed before a turn says that it has settled.
    if (const auto flight = parts_.node.in_flight())
        if (!parts_.scopes.keeps(flight->transaction))
            parts_.scopes.keep(flight->transaction, parts_.node.bundle_in_flight()->roots);
    if (!turn.settled || !turn.bundle) return;
    stalled_.clear();
    parts_.herald.forget_trouble();
    for (const auto& error : turn.suspected) parts_.herald.tell_trouble(to_string(error));
    parts_.scopes.keep(hash(turn.bundle->transaction), turn.bundle->roots);
    parts_.operations.settled(turn.bundle->roots);
}

void RootQueue::refuse(const builder::Root& root, std::optional<builder::Refusal> refusal,
                       std::string reason) {
    if (const auto* const on_l1 = std::get_if<builder::L1Root>(&root)) {
        // As below: it was in flight, and L1 undid the scope of one before it.
        const auto& operation = on_l1->operation.operation;
        if (refusal && refusal->rule == RefusalRule::operation &&
            operation.nonce > parts_.operations.nonce_of(operation.account))
            return;
        parts_.operations.refuse(hash_of(*on_l1), std::move(refusal), std::move(reason));
        return;
    }
    const auto& on_rollup = std::get<builder::L2Root>(root);
    auto* const chain = find(on_rollup.chain_id);
    const auto pooled =
        chain == nullptr ? nullptr : chain->pool()->find(hash(on_rollup.transaction));
    if (pooled == nullptr) return;
    // One before it was refused: it waits for another of that nonce.
    if (refusal && refusal->rule == RefusalRule::transaction &&
        pooled->transaction.nonce > chain->next_nonce(pooled->sender))
        return;
    drop(*chain, *pooled, std::move(refusal), std::move(reason));
}

// ---- transactions

Result<pool::PooledPtr, rpc::RpcError> RootQueue::take_in(ServedChain& chain,
                                                          const Transaction& transaction,
                                                          const Address& sender, CheckRoots check) {
    auto admitted =
        chain.pool()->admit(transaction, sender, *chain.latest_state(), chain.next_environment());
    if (!admitted)
        return std::unexpected{rpc::RpcError{rpc::SERVER_ERROR, to_string(admitted.error()), {}}};
    const Hash hash = admitted->candidate.hash;
    // One that takes another's place is looked at in any case: if it did not do, both were gone.
    if ((check == CheckRoots::yes || admitted->replaced != nullptr) && chain.is_root(transaction))
        // It isn't noted: its sender is told here, and anyone may send what is refused.
        if (auto checked = parts_.door.check(chain, admitted->candidate); !checked)
            return std::unexpected{rpc::refused(chain.id(), checked.error(), hash)};
    return add(chain, std::move(*admitted));
}

pool::PooledPtr RootQueue::add(ServedChain& chain, pool::TxPool::Admission admission) {
    const Hash hash = admission.candidate.hash;
    const auto replaced = admission.replaced;
    const auto victims = admission.victims;
    auto pooled = chain.pool()->add(std::move(admission));
    parts_.refusals.erase(hash);  // it may do this time
    const auto note_gone = [&](const pool::PooledTransaction& gone, const std::string& reason) {
        parts_.refusals.note({chain.id(), gone.hash,
                              builder::Refusal{RefusalRule::transaction, reason, {}}, reason});
    };
    if (replaced != nullptr) note_gone(*replaced, "replaced by " + to_hex(hash));
    for (const auto& victim : victims)
        note_gone(*victim, "underpriced: others that pay more needed its room");
    return pooled;
}

void RootQueue::drop(ServedChain& chain, const pool::PooledTransaction& pooled,
                     std::optional<builder::Refusal> refusal, std::string reason) {
    const Hash hash = pooled.hash;
    chain.pool()->remove(hash);
    parts_.refusals.note({chain.id(), hash, std::move(refusal), std::move(reason)});
}

void RootQueue::drop_ordinary(ServedChain& chain, const pool::PooledTransaction& pooled,
                              const std::string& reason) {
    drop(chain, pooled, builder::Refusal{RefusalRule::transaction, reason, {}}, reason);
}

void RootQueue::update_pool(ServedChain& chain) {
    for (const auto& pooled : chain.update_pool())
        drop_ordinary(
            chain, *pooled,
            pooled->transaction.nonce < chain.next_nonce(pooled->sender)
                ? "nonce too low: another transaction of its sender has the nonce"
                : "insufficient funds for gas * price + value, or exceeds block gas limit: "
                  "the chain is another one than when it came");
}

void RootQueue::give_back(ServedChain& chain, const Transaction& transaction) {
    const auto environment = chain.next_environment();
    const auto sender = execution::sender_of(transaction, environment);
    if (!sender) return;
    const Hash transaction_hash = hash(transaction);
    // Its block was not known to the pool before it was no more.
    if (chain.pool()->find(transaction_hash) != nullptr) return;
    auto admitted = chain.pool()->admit(transaction, *sender, *chain.latest_state(), environment);
    if (admitted) {
        add(chain, std::move(*admitted));
        return;
    }
    const auto reason = to_string(admitted.error());
    parts_.refusals.note({chain.id(), transaction_hash,
                          builder::Refusal{RefusalRule::transaction, reason, {}}, reason});
}

RootQueue::Outcome RootQueue::take_outcomes(ServedChain& chain,
                                            std::span<const pool::PooledPtr> ordinary,
                                            const node::BuiltBlock& built) {
    Outcome outcome;
    for (size_t i = 0; i < ordinary.size(); ++i) {
        const auto& pooled = *ordinary[i];
        const auto& result = built.outcomes[i];
        if (result) continue;
        if (result.error().rule == RefusalRule::scope_full && !parts_.node.unsettled().empty()) {
            outcome.is_full = true;
            continue;
        }
        // One before it in the block made its target an entry, or was refused itself.
        if (chain.is_root(pooled.transaction) ||
            pooled.transaction.nonce > chain.next_nonce(pooled.sender))
            continue;
        drop(chain, pooled, result.error(), result.error().reason);
        outcome.has_dropped = true;
    }
    return outcome;
}

}  // namespace scope::service
