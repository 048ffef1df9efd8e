#include "builder/open_scope.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/hex.hpp"

namespace scope::builder {

namespace {

/// A rollup that takes part.
struct Member {
    const rollup::Follower::Rollup& followed;
    protocol::RegisteredRollup registered;
    uint64_t timestamp_s = 0;         // of its block
    std::vector<uint256> new_chains;  // that its block makes known

    [[nodiscard]] ChainId chain_id() const noexcept { return followed.config.chain_id(); }
};

/// Returns the rollup as it goes on from the head that was followed, or why it can't.
Result<Member, std::string> join(const rollup::Follower& follower,
                                 const rollup::Follower::Rollup& followed,
                                 const std::optional<protocol::RegisteredRollup>& registered,
                                 const L1Snapshot& l1) {
    const ChainId chain_id = followed.config.chain_id();
    const auto origin = follower.l1_origin(l1.head.header.number);
    if (!origin || origin->hash != l1.head.hash)
        return std::unexpected{
            fmt::format("L1's block {} was not followed", l1.head.header.number)};
    if (followed.stopped)
        return std::unexpected{
            fmt::format("rollup {} has stopped: {}", chain_id, to_string(*followed.stopped))};
    if (!registered || registered->verifier.is_zero())
        return std::unexpected{fmt::format("L1 does not know rollup {}", chain_id)};
    if (!registered->policy.is_zero())
        return std::unexpected{fmt::format(
            "chain {} has a sequencing policy, which this builder does not serve", chain_id)};
    const auto head = followed.chain.head();
    if (registered->last_block_hash != head->hash)
        return std::unexpected{fmt::format("the head of rollup {} is {} on L1, {} was followed",
                                           chain_id, to_hex(registered->last_block_hash),
                                           to_hex(head->hash))};
    // At the time of L1's block, if the rollup's clock lets it: others may have built its last
    // block, and put it as far forward as they may.
    const uint64_t latest_s = l1.head.header.timestamp_s + rollup::MAX_CLOCK_AHEAD_S;
    if (head->header().timestamp_s >= latest_s)
        return std::unexpected{
            fmt::format("the clock of rollup {} is as far ahead of L1's as it may be", chain_id)};
    const uint64_t timestamp_s =
        std::max(head->header().timestamp_s + 1, std::min(l1.next.timestamp_s, latest_s));
    return Member{followed, *registered, timestamp_s,
                  rollup::chains_to_add(follower, chain_id, followed.l1_origin_number(),
                                        l1.head.header.number)};
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

}  // namespace

OpenScope::OpenScope(L1Snapshot l1, const rollup::Follower& follower, const L1Contracts& contracts,
                     BuilderOptions options)
    : options_(std::move(options)),
      follower_(&follower),
      l1_(std::move(l1), contracts, options_, journal_) {
    const auto& snapshot = l1_.snapshot();
    std::vector<Member> members;
    for (const auto& [chain_id, followed] : follower.rollups()) {
        auto member = join(follower, followed, l1_.registered(chain_id), snapshot);
        if (member)
            members.push_back(std::move(*member));
        else
            left_out_.emplace(chain_id, std::move(member.error()));
    }
    const ChainId l1_id = l1_.chain_id();
    const auto opened = l1_.open_scope(remotes_of(l1_id, l1_id, members));
    for (const auto& [followed, registered, timestamp_s, new_chains] : members) {
        const ChainId chain_id = followed.config.chain_id();
        OpenRollup rollup{followed,
                          {.l1_origin_number = snapshot.head.header.number,
                           .l1_origin_hash = snapshot.head.hash,
                           .timestamp_s = timestamp_s,
                           .coinbase = snapshot.next.coinbase,
                           .transactions = {}},
                          registered,
                          journal_};
        const auto on_rollup =
            opened ? rollup.open_scope(remotes_of(chain_id, l1_id, members), new_chains) : opened;
        if (on_rollup)
            rollups_.push_back(std::move(rollup));
        else
            left_out_.emplace(chain_id,
                              fmt::format("openScope on {}: {}",
                                          opened ? fmt::format("chain {}", chain_id) : "L1",
                                          on_rollup.error().reason));
    }
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
