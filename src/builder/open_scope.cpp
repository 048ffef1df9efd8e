#include "builder/open_scope.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ranges>
#include <tuple>

#include "base/hex.hpp"
#include "builder/next_origin.hpp"
#include "builder/why_unserved.hpp"

namespace scope::builder {

namespace {

/// A rollup that takes part.
struct Member {
    const rollup::Follower::Rollup* followed = nullptr;
    protocol::RegisteredRollup registered;
    uint64_t l1_origin_number = 0;  // of its block
    uint64_t timestamp_s = 0;
    std::vector<UnsettledBlockPtr> unsettled;

    [[nodiscard]] ChainId chain_id() const noexcept { return followed->config.chain_id(); }
};

/// Whether the block that is opened ends a batch, or others come behind it in theirs.
enum class Last : uint8_t { no, yes };

/// Returns why these can't begin the rollup's batch; nullopt if they can.
std::optional<std::string> why_not_on(const rollup::Follower& follower,
                                      const rollup::Follower::Rollup& followed,
                                      const std::vector<UnsettledBlockPtr>& unsettled, Last last) {
    if (unsettled.empty()) return std::nullopt;
    const ChainId chain_id = followed.config.chain_id();
    if (unsettled.front()->block->header().parent_hash != followed.chain.head()->hash)
        return fmt::format("the unsettled blocks of rollup {} are on another head", chain_id);
    const auto& content = unsettled.back()->content;
    const auto origin = follower.l1_origin(content.l1_origin_number);
    if (!origin || origin->hash != content.l1_origin_hash)
        return fmt::format("L1 has no block that the unsettled blocks of rollup {} name", chain_id);
    if (last == Last::no && unsettled.size() + 1 >= rollup::MAX_BATCH_BLOCKS)
        return fmt::format("as many blocks of rollup {} are unsettled as a batch may have",
                           chain_id);
    return std::nullopt;
}

/// Returns the time of a rollup's next block; nullopt if its clock is too far ahead.
/// @param origin  Number of its L1 origin.
std::optional<uint64_t> next_time(const rollup::Follower& follower,
                                  const chain::StoredBlock& parent, uint64_t origin,
                                  const L1Snapshot& l1, Last last) {
    const uint64_t origin_s = follower.l1_origin(origin).value().timestamp_s;
    const uint64_t earliest_s = parent.header().timestamp_s + 1;
    // Others may have built the last block, and put it as far forward as they may. A block that doesn't
    // end its batch leaves a second to the one that does.
    const uint64_t latest_s = origin_s + rollup::MAX_CLOCK_AHEAD_S - (last == Last::yes ? 0 : 1);
    if (parent.header().timestamp_s >= latest_s) return std::nullopt;
    // In L1's next slot; or where others come behind it to L1's head, no later than it has to be.
    const uint64_t wanted_s = origin == l1.head.header.number ? l1.next.timestamp_s : origin_s;
    return std::max(earliest_s, std::min(wanted_s, latest_s));
}

/// Returns the number of the L1 block that a rollup's next block names as its origin: that of the block
/// before, where the batch has no gas left to come to a later one.
uint64_t origin_behind(const rollup::Follower& follower, const rollup::Follower::Rollup& followed,
                       const std::vector<UnsettledBlockPtr>& unsettled, uint64_t l1_head) {
    const auto& parent = followed.chain.head()->header();
    if (unsettled.empty())
        return next_origin(follower, followed.l1_origin_number(), parent.timestamp_s, l1_head);
    const auto& last = unsettled.back()->content;
    const uint64_t before = last.l1_origin_number;
    const uint64_t next = next_origin(follower, before, last.timestamp_s, l1_head);
    uint64_t gas = follower.chains_changed(before, next) * GAS_PER_CHAIN;
    for (const auto& each : unsettled) gas += each->all_gas_used;
    return gas <= rollup::max_batch_gas(parent, last.timestamp_s) ? next : before;
}

/// Returns the rollup as it goes on from the head that was followed, or why it can't.
Result<Member, std::string> join(const rollup::Follower& follower,
                                 const rollup::Follower::Rollup& followed,
                                 const std::optional<protocol::RegisteredRollup>& registered,
                                 const L1Snapshot& l1, std::vector<UnsettledBlockPtr> unsettled,
                                 Last last) {
    const ChainId chain_id = followed.config.chain_id();
    const auto origin = follower.l1_origin(l1.head.header.number);
    if (!origin || origin->hash != l1.head.hash)
        return std::unexpected{
            fmt::format("L1's block {} was not followed", l1.head.header.number)};
    if (followed.stopped)
        return std::unexpected{
            fmt::format("rollup {} has stopped: {}", chain_id, to_string(*followed.stopped))};
    if (registered && registered->closed)
        return std::unexpected{fmt::format(
            "rollup {} is closed for good: what it held leaves through L1's RollupExit", chain_id)};
    if (!registered || registered->verifier.is_zero())
        return std::unexpected{fmt::format("L1 does not know rollup {}", chain_id)};
    if (auto why = why_unserved(followed.config, *registered))
        return std::unexpected{std::move(*why)};
    const auto head = followed.chain.head();
    if (registered->last_block_hash != head->hash)
        return std::unexpected{fmt::format("the head of rollup {} is {} on L1, {} was followed",
                                           chain_id, to_hex(registered->last_block_hash),
                                           to_hex(head->hash))};
    if (auto why = why_not_on(follower, followed, unsettled, last))
        return std::unexpected{std::move(*why)};
    const uint64_t l1_head = l1.head.header.number;
    if (!can_come_to(follower, followed, l1_head))
        return std::unexpected{fmt::format(
            "rollup {} has had no batch for so long that a batch can't take all that L1 "
            "has said of chains since, up to {} blocks ago",
            chain_id, MAX_SETTLED_ORIGIN_AGE)};
    const uint64_t number = origin_behind(follower, followed, unsettled, l1_head);
    const auto timestamp_s =
        next_time(follower, unsettled.empty() ? *head : *unsettled.back()->block, number, l1, last);
    if (!timestamp_s)
        return std::unexpected{
            fmt::format("the clock of rollup {} is as far ahead of L1's as it may be", chain_id)};
    return Member{&followed, *registered, number, *timestamp_s, std::move(unsettled)};
}

/// Returns the member, or why L1 would not take its block as a batch's last.
Result<Member, std::string> ends_a_batch(Member member, const L1Snapshot& l1) {
    if (l1.head.header.number - member.l1_origin_number < MAX_SETTLED_ORIGIN_AGE) return member;
    return std::unexpected{fmt::format(
        "the next block of rollup {} takes what L1 said up to block {}, which is too old to "
        "end a batch",
        member.chain_id(), member.l1_origin_number)};
}

/// All chains of the scope but one, ascending.
std::vector<uint256> remotes_of(ChainId chain_id, ChainId l1_id,
                                const std::vector<Member>& members) {
    std::vector<uint256> chains{uint256{l1_id}};
    for (const auto& member : members) chains.emplace_back(member.chain_id());
    std::erase(chains, uint256{chain_id});
    std::ranges::sort(chains);
    return chains;
}

/// Returns the first of these chains for which the first unsettled block did not open the scope;
/// nullopt if there is none.
std::optional<uint256> not_opened(const std::vector<UnsettledBlockPtr>& unsettled,
                                  const std::vector<uint256>& remotes) {
    const auto& first = unsettled.front()->content.transactions;
    CHECK(!first.empty());
    const auto call = protocol::callable::decode_system_call(first.front().data);
    const auto* const open =
        call ? std::get_if<protocol::callable::OpenScopeCall>(&*call) : nullptr;
    CHECK(open != nullptr);  // end_block made it
    for (const auto& remote : remotes)
        if (std::ranges::find(open->remotes, remote) == open->remotes.end()) return remote;
    return std::nullopt;
}

std::vector<UnsettledBlockPtr> blocks_of(const UnsettledBlocks& unsettled, ChainId chain_id) {
    const auto found = unsettled.find(chain_id);
    return found != unsettled.end() ? found->second : std::vector<UnsettledBlockPtr>{};
}

}  // namespace

OpenScope::OpenScope(L1Snapshot l1, const rollup::Follower& follower, const L1Contracts& contracts,
                     BuilderOptions options, const UnsettledBlocks& unsettled,
                     std::optional<ChainId> only)
    : options_(std::move(options)),
      follower_(&follower),
      only_(only),
      l1_(std::move(l1), contracts, options_, journal_) {
    const auto& snapshot = l1_.snapshot();
    std::vector<Member> members;
    // The scope that it opened is known, and what it takes in calldata is counted for all.
    const bool goes_on_alone = only && !blocks_of(unsettled, *only).empty() &&
                               options_.data_availability == DataAvailability::blobs;
    for (const auto& [chain_id, followed] : follower.rollups()) {
        if (goes_on_alone && chain_id != *only) continue;
        if (options_.held_back.contains(chain_id)) {
            left_out_.emplace(
                chain_id,
                fmt::format("rollup {} is left out for a while: a scope with it did not settle",
                            chain_id));
            continue;
        }
        auto member = join(follower, followed, l1_.registered(chain_id), snapshot,
                           blocks_of(unsettled, chain_id), only == chain_id ? Last::no : Last::yes);
        if (member && !only) member = ends_a_batch(std::move(*member), snapshot);
        if (member)
            members.push_back(std::move(*member));
        else
            left_out_.emplace(chain_id, std::move(member.error()));
    }
    const ChainId l1_id = l1_.chain_id();
    // What one that is left out opened for, nobody asks for: the others still can.
    const auto all = members;
    std::erase_if(members, [&](const Member& member) {
        if (member.unsettled.empty()) return false;
        const auto missing =
            not_opened(member.unsettled, remotes_of(member.chain_id(), l1_id, all));
        if (!missing) return false;
        left_out_.emplace(member.chain_id(),
                          fmt::format("the unsettled blocks of rollup {} know nothing of chain {}",
                                      member.chain_id(), to_decimal(*missing)));
        return true;
    });
    const auto opened = l1_.open_scope(remotes_of(l1_id, l1_id, members));
    count(unsettled);
    for (auto& [followed, registered, origin, timestamp_s, blocks] : members) {
        const ChainId chain_id = followed->config.chain_id();
        if (only && chain_id != *only) continue;
        OpenRollup rollup{*followed,
                          {.l1_origin_number = origin,
                           .l1_origin_hash = follower.l1_origin(origin).value().hash,
                           .timestamp_s = timestamp_s,
                           .coinbase = snapshot.next.coinbase,
                           .transactions = {}},
                          snapshot.head.header.number,
                          registered,
                          journal_,
                          std::move(blocks)};
        const auto on_rollup =
            opened ? rollup.open_scope(follower, remotes_of(chain_id, l1_id, members)) : opened;
        if (!on_rollup) {
            left_out_.emplace(
                chain_id,
                fmt::format("opening {}: {}", opened ? fmt::format("chain {}", chain_id) : "L1",
                            on_rollup.error().reason));
            continue;
        }
        if (!only && options_.answers_closings && l1_.is_closing(chain_id, registered))
            rollup.require_batch();
        // It is longer than all else with which a block begins, and its batch may carry it.
        if (options_.data_availability == DataAvailability::calldata)
            l1_.budget.add_calldata(rollup.upgrade());
        rollups_.push_back(std::move(rollup));
    }
    postpone();
    count_batches();
}

/// Counts what the scope that settles unsettled blocks has to have room for.
void OpenScope::count(const UnsettledBlocks& unsettled) {
    for (const auto& [chain_id, blocks] : unsettled) {
        if (left_out_.contains(chain_id) || blocks.empty()) continue;
        if (only_ && chain_id != *only_) {
            ++other_batches_;
            size_t size = 0;
            for (const auto& each : blocks) size += each->batch_size;
            other_batches_size_ += rollup::encoded_size({.chain_id = chain_id,
                                                         .number = UINT64_MAX,
                                                         .first_block = UINT64_MAX,
                                                         .blocks = {}},
                                                        size);
        }
        if (options_.data_availability != DataAvailability::calldata) continue;
        for (const auto& each : blocks)
            for (const auto& tx : each->content.transactions) l1_.budget.add_calldata(encode(tx));
    }
}

/// Leaves to another scope the unsettled blocks and entries of all rollups but some: those first
/// that a user waits for, the older before the younger.
void OpenScope::postpone() {
    std::vector<OpenRollup*> waiting;
    for (auto& rollup : rollups_)
        if (rollup.waits()) waiting.push_back(&rollup);
    if (waiting.size() <= options_.max_without_roots) return;
    const auto urgency = [](const OpenRollup* rollup) {
        const bool is_awaited = rollup->must_settle() ||
                                std::ranges::any_of(rollup->unsettled(), [](const auto& block) {
                                    return is_awaited_by_user(*block);
                                });
        return std::tuple{!is_awaited, rollup->waits_since_s().value_or(0), rollup->chain_id()};
    };
    std::ranges::sort(waiting, {}, urgency);
    const size_t first = options_.first_without_roots % waiting.size();
    std::ranges::rotate(waiting, waiting.begin() + static_cast<std::ptrdiff_t>(first));
    for (auto* const rollup : waiting | std::views::drop(options_.max_without_roots))
        rollup->postpone();
}

void OpenScope::count_batches(const std::set<ChainId>& touched) {
    const auto has_batch = [&](const OpenRollup& rollup) {
        return rollup.is_touched() || touched.contains(rollup.chain_id());
    };
    l1_.budget.set_batches(std::min(other_batches_, options_.max_without_roots) +
                           static_cast<size_t>(std::ranges::count_if(rollups_, has_batch)));
}

std::string OpenScope::why_absent(const uint256& chain_id) const {
    const auto id = ChainId::from(chain_id);
    const auto why = id ? left_out_.find(*id) : left_out_.end();
    return why != left_out_.end() ? why->second
                                  : fmt::format("there is no rollup {}", to_decimal(chain_id));
}

OpenRollup* OpenScope::find(ChainId chain_id) noexcept {
    const auto found = std::ranges::find(rollups_, chain_id, &OpenRollup::chain_id);
    return found == rollups_.end() ? nullptr : &*found;
}

std::vector<protocol::Limit> OpenScope::limits_for(const OpenRollup& rollup) const {
    std::vector<protocol::Limit> limits;
    for (const auto& remote : rollups_) {
        const uint256 id{remote.chain_id()};
        const uint256& held = remote.registered().escrow;
        if (&remote != &rollup && !held.is_zero() && !rollup.is_limited(id))
            limits.push_back({id, held});
    }
    return limits;
}

OpenScope::Checkpoint OpenScope::checkpoint() const {
    Checkpoint checkpoint{journal_.checkpoint(), l1_.checkpoint(), {}};
    for (const auto& rollup : rollups_) checkpoint.rollups.push_back(rollup.checkpoint());
    return checkpoint;
}

void OpenScope::rollback(const Checkpoint& checkpoint) {
    for (size_t i = 0; i < rollups_.size(); ++i) rollups_[i].rollback(checkpoint.rollups[i]);
    l1_.rollback(checkpoint.l1);
    journal_.rollback(checkpoint.journal);
}

}  // namespace scope::builder
