#include <fmt/format.h>

#include <algorithm>

#include "devnet/live_network_impl.hpp"
#include "rpc/errors.hpp"
#include "rpc/params.hpp"

namespace scope::devnet {

namespace {

using builder::RefusalRule;

/// Rounds of mining that one call sets off: each has to bring something.
constexpr size_t MAX_ROUNDS = 1024;
/// What did not settle though no root is to blame is tried again after so long.
constexpr uint64_t RETRY_MS = 12'000;

/// What a pool has ready, as blocks are built of it.
struct Ready {
    std::vector<Transaction> transactions;
    std::vector<Address> senders;
};
Ready ready_of(const std::vector<pool::PooledPtr>& pooled) {
    Ready ready;
    ready.transactions.reserve(pooled.size());
    ready.senders.reserve(pooled.size());
    for (const auto& one : pooled) {
        ready.transactions.push_back(one->transaction);
        ready.senders.push_back(one->sender);
    }
    return ready;
}

/// Returns whether the blocks have anything that somebody waits for.
bool are_worth_settling(const builder::UnsettledBlocks& unsettled) {
    return std::ranges::any_of(unsettled, [](const auto& of_rollup) {
        return std::ranges::any_of(of_rollup.second, [](const auto& block) {
            return builder::is_awaited_by_user(*block);
        });
    });
}

/// Returns whether a transaction that L1's block has no room for may stand in a later one.
bool may_stand_later(execution::TxError error) {
    using enum execution::TxError;
    return error == block_gas_exceeded || error == block_blob_gas_exceeded ||
           error == block_size_exceeded || error == nonce_too_high || error == fee_below_base_fee ||
           error == blob_fee_below_base_fee;
}

}  // namespace

// ---- when

void LiveNetwork::Impl::tick() {
    const uint64_t now = options_.clock_ms();
    if (interval_ms_ != 0 && now >= next_interval_ms_) {
        // Those that were missed are not made up for.
        next_interval_ms_ = now + interval_ms_;
        for (auto& [id, chain] : chains_)
            if (!chain.is_l1()) mine_rollup(chain, node::EmptyBlock::yes);
        const bool settles = are_worth_settling(node().unsettled()) || node().must_settle();
        if (!settle(settles ? Wanted::blocks : Wanted::roots)) mine_l1(node::EmptyBlock::yes);
        announce();
    }
    if (automine_ && retry_at_ms_ && now >= *retry_at_ms_) {
        retry_at_ms_.reset();
        work();
    }
    if (const auto at = settles_at_ms(); at && now >= *at) {
        settle(Wanted::blocks);
        if (unsettled_since_ms_) unsettled_since_ms_ = now;  // it failed: again as long after
    }
}

std::optional<uint64_t> LiveNetwork::Impl::settles_at_ms() const {
    const bool mines_by_hand = !automine_ && interval_ms_ == 0;
    if (!unsettled_since_ms_ || mines_by_hand || options_.settle_after_ms == 0) return std::nullopt;
    return *unsettled_since_ms_ + options_.settle_after_ms;
}

std::optional<uint64_t> LiveNetwork::Impl::ms_to_next_tick() const {
    std::optional<uint64_t> at = automine_ ? retry_at_ms_ : std::nullopt;
    if (interval_ms_ != 0) at = std::min(at.value_or(next_interval_ms_), next_interval_ms_);
    if (const auto settles = settles_at_ms()) at = std::min(at.value_or(*settles), *settles);
    if (!at) return std::nullopt;
    const uint64_t now = options_.clock_ms();
    return *at > now ? *at - now : 0;
}

void LiveNetwork::Impl::work() {
    for (size_t round = 0; round < MAX_ROUNDS; ++round) {
        bool has_progress = false;
        for (auto& [id, chain] : chains_)
            if (!chain.is_l1()) has_progress |= mine_rollup(chain);
        if (queue_->has_roots() || node().must_settle())
            has_progress |= settle(node().must_settle() ? Wanted::blocks : Wanted::roots);
        has_progress |= mine_l1();
        if (!has_progress) return;
    }
}

// ---- ordinary transactions

bool LiveNetwork::Impl::mine_rollup(LiveChain& chain, node::EmptyBlock empty) {
    if (is_closed(chain)) return false;
    const auto ordinary = chain.ready_ordinary();
    if (ordinary.empty() && empty == node::EmptyBlock::no && !node().takes_entries_next(chain.id()))
        return false;
    want_time(chain);
    catch_up_time();
    const auto ready = ready_of(ordinary);
    const auto built = node().build_block(chain.id(), ready.transactions, empty, ready.senders);
    if (!built) {
        herald_.tell_trouble(to_string(built.error()));
        return false;
    }
    const auto outcome = queue_->take_outcomes(chain, ordinary, *built);
    bool has_progress = built->block != nullptr || outcome.has_dropped;
    moved();
    const auto unsettled = node().unsettled();
    const auto blocks = unsettled.find(chain.id());
    if (outcome.is_full || node().must_settle() ||
        (blocks != unsettled.end() && blocks->second.size() >= options_.settle_after_blocks))
        has_progress |= settle(Wanted::blocks);
    return has_progress;
}

std::vector<pool::PooledPtr> LiveNetwork::Impl::ready_on_l1() {
    std::vector<pool::PooledPtr> ready;
    auto& chain = l1_chain();
    for (const auto& pooled : chain.ready()) {
        if (pooled->transaction.type == TxType::blob) {
            const auto blobs = blobs_.find(pooled->hash);
            const auto added = l1().add_blobs_of(
                pooled->transaction, blobs == blobs_.end() ? std::span<const chain::StoredBlobPtr>{}
                                                           : std::span{blobs->second});
            if (!added) {
                queue_->drop_ordinary(chain, *pooled, to_string(added.error()));
                continue;
            }
        }
        ready.push_back(pooled);
    }
    return ready;
}

bool LiveNetwork::Impl::mine_l1(node::EmptyBlock empty) {
    const auto [transactions, senders] = ready_of(ready_on_l1());
    if (transactions.empty() && empty == node::EmptyBlock::no) return false;
    want_time(l1_chain());
    const auto built = l1().mine(transactions, senders);
    if (!built) {
        herald_.tell_trouble(chain::to_string(built.error()));
        return false;
    }
    bool has_progress = !built->outcomes.empty() || empty == node::EmptyBlock::yes;
    auto& chain = l1_chain();
    for (const auto& [index, error] : built->refused) {
        if (may_stand_later(error)) continue;
        if (const auto pooled = chain.pool()->find(hash(transactions[index]))) {
            queue_->drop_ordinary(chain, *pooled, std::string{pool::message_of(error)});
            has_progress = true;
        }
    }
    follow();
    moved();
    return has_progress;
}

Result<void, rpc::RpcError> LiveNetwork::Impl::mine_one(LiveChain& chain) {
    if (is_closed(chain)) return std::unexpected{rpc::closed_for_good(chain.id())};
    const auto before = chain.head()->hash;
    if (chain.is_l1()) {
        if (!settle(Wanted::blocks) || chain.head()->hash == before) mine_l1(node::EmptyBlock::yes);
    } else {
        if (chain.has_ready_root()) settle(Wanted::roots);
        // Entries that wait behind unsettled blocks stand in the next block, if these settle first.
        else if (node().has_entries(chain.id()) && !node().takes_entries_next(chain.id()))
            settle(Wanted::blocks);
        if (chain.head()->hash == before) mine_rollup(chain, node::EmptyBlock::yes);
        // The blocks that waited left no room for one more.
        if (chain.head()->hash == before && settle(Wanted::blocks))
            mine_rollup(chain, node::EmptyBlock::yes);
    }
    if (chain.head()->hash != before) return {};
    return std::unexpected{
        rpc::RpcError{rpc::SERVER_ERROR, "no block could be made: " + herald_.last_trouble(), {}}};
}

// ---- scopes

bool LiveNetwork::Impl::settle(Wanted wanted) {
    const bool with_roots = queue_->has_roots();
    if (!with_roots && (wanted == Wanted::roots || node().unsettled().empty())) return false;
    for (const auto& [id, chain] : chains_)
        if (chain.is_l1() || with_roots) want_time(chain);
    if (with_roots) catch_up_time();
    door_->heads_moved();
    const auto progress = queue_->settle(
        [&] {
            l1().set_behind(ready_of(ready_on_l1()).transactions);
            auto turn = wanted == Wanted::blocks ? node().settle_unsettled() : node().step();
            l1().set_behind({});
            return turn;
        },
        [&] { moved(); }, wanted == Wanted::roots);
    if (progress == service::RootQueue::Progress::failed)
        retry_at_ms_ = options_.clock_ms() + RETRY_MS;
    return progress == service::RootQueue::Progress::some;
}

// ---- heads

void LiveNetwork::Impl::catch_up_time() {
    const uint64_t origin_s = l1().chain().head()->header().timestamp_s;
    const auto next = l1().next_block();
    CHECK(next.has_value());  // LocalL1 always answers
    uint64_t wanted_s = next->timestamp_s;
    for (const auto& [id, chain] : chains_)
        if (!chain.is_l1()) wanted_s = std::max(wanted_s, chain.head()->header().timestamp_s + 1);
    if (wanted_s <= origin_s + rollup::MAX_CLOCK_AHEAD_S) return;
    l1().set_next({.timestamp_s = wanted_s - 1});
    if (const auto mined = l1().mine({}); !mined) {
        herald_.tell_trouble(chain::to_string(mined.error()));
        return;
    }
    follow();
    moved();
    l1().set_next({.timestamp_s = wanted_s});
}

void LiveNetwork::Impl::want_time(const LiveChain& chain) {
    const auto wanted = next_timestamp_s_.find(chain.id());
    // A rollup's block can't be before its L1 origin.
    if (wanted != next_timestamp_s_.end() &&
        wanted->second > l1().chain().head()->header().timestamp_s)
        l1().set_next({.timestamp_s = wanted->second});
}

uint64_t LiveNetwork::Impl::latest_timestamp_s() const {
    uint64_t latest = 0;
    for (const auto& [id, chain] : chains_)
        latest = std::max(latest, chain.head()->header().timestamp_s);
    return latest;
}

void LiveNetwork::Impl::follow() {
    if (const auto followed = node().follow(); !followed)
        herald_.tell_trouble(to_string(followed.error()));
}

void LiveNetwork::Impl::drop_blobs() {
    std::erase_if(
        blobs_, [&](const auto& entry) { return l1_chain().pool()->find(entry.first) == nullptr; });
}

bool LiveNetwork::Impl::is_closed(const LiveChain& chain) {
    return !chain.is_l1() && node().follower().rollup(chain.id())->closed_at;
}

void LiveNetwork::Impl::leave_out(LiveChain& chain) {
    const std::string reason = rpc::why_closed(chain.id());
    const builder::Refusal refusal{RefusalRule::unknown_chain, reason, {}};
    if (chain.head()->hash != chain.head(rpc::Label::safe)->hash)
        node().drop_unsettled(chain.id(), 0, reason);
    for (const auto& transaction : node().take_undone(chain.id()))
        refusals_.note({chain.id(), hash(transaction), refusal, reason});
    for (const auto& pooled : chain.pool()->all()) queue_->drop(chain, *pooled, refusal, reason);
}

void LiveNetwork::Impl::moved(Undone undone) {
    door_->heads_moved();
    std::erase_if(next_timestamp_s_, [&](const auto& entry) {
        return entry.second <= chains_.at(entry.first).head()->header().timestamp_s;
    });
    l1().forget_next();
    want_time(l1_chain());
    for (auto& [id, chain] : chains_) {
        if (is_closed(chain)) leave_out(chain);
        queue_->update_pool(chain);
        if (chain.is_l1()) continue;
        for (const auto& transaction : node().take_undone(id))
            if (undone == Undone::returns_to_pool) queue_->give_back(chain, transaction);
    }
    for (const auto& [chain_id, reason, blocks] : node().take_dropped())
        if (!is_closed(chains_.at(chain_id)))
            herald_.tell_trouble(fmt::format(
                "chain {}: {} dropped: {}", chain_id.number(),
                blocks.size() == 1 ? "1 block was" : fmt::format("{} blocks were", blocks.size()),
                reason));
    drop_blobs();
    operations_->update();
    if (!are_worth_settling(node().unsettled()))
        unsettled_since_ms_.reset();
    else if (!unsettled_since_ms_)
        unsettled_since_ms_ = options_.clock_ms();
    announce();
}

void LiveNetwork::Impl::announce() {
    service::Herald::News news;
    for (auto& [id, chain] : chains_) {
        auto changes = chain.take_changes();
        if (changes.empty()) continue;
        if (chain.is_l1()) {
            scope_rows_.put_told({chain.head()->header().number, chain.head()->hash});
            for (const auto& block : changes.removed) scopes_->remove(block->hash);
            for (const auto& block : changes.added)
                std::ranges::move(scopes_->add(*block), std::back_inserter(news.scopes));
        }
        news.changes.emplace_back(id, std::move(changes));
    }
    herald_.note(std::move(news));
}

}  // namespace scope::devnet
