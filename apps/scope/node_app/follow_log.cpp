#include "node_app/follow_log.hpp"

#include <fmt/format.h>

#include <utility>

#include "base/hex.hpp"
#include "cli/clock.hpp"

namespace scope::node_app {

namespace {

/// Blocks of L1 that are followed at once from which on it is worth a line.
constexpr uint64_t MANY_BLOCKS = 32;
/// Blocks of L1 by which the depth of a reorganisation is known.
constexpr size_t MAX_BLOCKS = 256;

}  // namespace

void FollowLog::note(const node::Node& node, const std::optional<Failure>& failure) {
    const auto& follower = node.follower();
    note_blocks(follower);
    note_scopes(follower);
    note_stopped(follower);
    if (failure)
        note_failure(*failure, follower.next_l1_block());
    else
        note_success();
}

void FollowLog::note_blocks(const rollup::Follower& follower) {
    const auto is_followed = [&](const l1::L1BlockId& block) {
        const auto followed = follower.l1_block(block.number);
        return followed && followed->id == block;
    };
    uint64_t unwound = 0;
    for (; !blocks_.empty() && !is_followed(blocks_.back()); blocks_.pop_back()) ++unwound;
    const uint64_t next = follower.next_l1_block();
    const uint64_t first_new = blocks_.empty() ? next : blocks_.back().number + 1;
    if (unwound > 0) {
        ++reorganisations_;
        unwound_blocks_ += unwound;
        log_.warn("reorganisation",
                  fmt::format("L1 was reorganised: {} blocks were undone, from {} on", unwound,
                              first_new),
                  {{"depth", unwound}, {"l1_block", first_new}});
    }
    const auto heads = l1_.ahead().status().heads;
    if (next >= first_new + MANY_BLOCKS && heads)
        log_.info("syncing",
                  fmt::format("followed L1 to block {} of {}", next - 1, heads->latest.number),
                  {{"l1_block", next - 1}, {"l1_head", heads->latest.number}});
    const uint64_t kept_from = next > MAX_BLOCKS ? next - MAX_BLOCKS : 0;
    for (uint64_t number = std::max(blocks_.empty() ? kept_from : first_new, kept_from);
         number < next; ++number)
        if (const auto followed = follower.l1_block(number)) blocks_.push_back(followed->id);
    while (blocks_.size() > MAX_BLOCKS) blocks_.pop_front();
}

void FollowLog::note_scopes(const rollup::Follower& follower) {
    for (const auto& scope : l1_.scopes().take(follower)) {
        ++scopes_;
        std::string rollups;
        std::string heads;
        for (const auto& batch : scope.batches) {
            const auto chain_id = ChainId::from(batch.chain_id);
            const auto* const rollup = chain_id ? follower.rollup(*chain_id) : nullptr;
            if (rollup == nullptr) continue;  // others settle there too
            rollups += fmt::format("{}{}", rollups.empty() ? "" : " ", chain_id->number());
            const auto head = rollup->chain.store().block(batch.last_block_hash);
            if (head == nullptr) continue;  // it was undone meanwhile
            heads += fmt::format("{}{}@{}", heads.empty() ? "" : " ", chain_id->number(),
                                 head->header().number);
        }
        const auto slot = l1_.access().slot_of(scope.l1_timestamp_s);
        NodeLog::Fields fields{{"scope", to_hex(scope.l1_transaction)},
                               {"l1_block", scope.l1_block.number},
                               {"rollups", rollups},
                               {"heads", heads},
                               {"blobs", uint64_t{scope.blobs}}};
        if (slot) fields.push_back({"slot", *slot});
        log_.info(
            "scope",
            fmt::format("scope {} settled in L1 block {}{}: heads {}", to_hex(scope.l1_transaction),
                        scope.l1_block.number, slot ? fmt::format(" (slot {})", *slot) : "", heads),
            fields);
    }
}

void FollowLog::note_stopped(const rollup::Follower& follower) {
    for (const auto& [chain_id, rollup] : follower.rollups()) {
        auto& told = told_stopped_[chain_id];
        const std::string now = rollup.stopped ? to_string(*rollup.stopped) : "";
        if (std::exchange(told, now) == now) continue;
        const uint64_t id = chain_id.number();
        if (now.empty())
            log_.info("rollup_goes_on", fmt::format("rollup {} goes on", id), {{"chain_id", id}});
        else
            log_.error("rollup_stopped", fmt::format("rollup {} has stopped: {}", id, now),
                       {{"chain_id", id},
                        {"rule", std::string{to_string(rollup.stopped->rule)}},
                        {"l1_block", rollup.stopped->l1_block}});
    }
}

void FollowLog::note_failure(const Failure& failure, uint64_t l1_block) {
    failure_ = failure.reason;
    if (std::exchange(told_trouble_, failure.rule) == failure.rule) return;
    if (failing_since_s_ == 0) failing_since_s_ = cli::now_s();
    log_.warn("l1_trouble", fmt::format("can't follow L1, and tries again: {}", *failure_),
              {{"l1_block", l1_block}, {"rule", failure.rule}});
}

void FollowLog::note_success() {
    if (!std::exchange(told_trouble_, {}).empty())
        log_.info("l1_trouble_over",
                  fmt::format("follows L1 again, after {} s", cli::now_s() - failing_since_s_));
    failure_.reset();
    failing_since_s_ = 0;
}

NodeStatus FollowLog::status(const node::Node& node) const {
    const auto& follower = node.follower();
    NodeStatus status;
    status.now_s = cli::now_s();
    status.l1 = l1_.ahead().status().heads;
    status.l1_error = failure_;
    status.l1_failing_since_s = failing_since_s_;
    const uint64_t next = follower.next_l1_block();
    if (next > 0) status.followed = follower.l1_block(next - 1);
    for (const auto& [chain_id, rollup] : follower.rollups()) {
        const auto number = [&](rollup::Label label) {
            return follower.head(chain_id, label).position.head_number;
        };
        status.rollups.push_back(
            {.chain_id = chain_id,
             .latest = number(rollup::Label::latest),
             .safe = number(rollup::Label::safe),
             .finalized = number(rollup::Label::finalized),
             .stopped = rollup.stopped ? std::optional{to_string(*rollup.stopped)} : std::nullopt});
    }
    status.scopes = scopes_;
    status.reorganisations = reorganisations_;
    status.unwound_blocks = unwound_blocks_;
    status.l1_errors = l1_.access().errors();
    for (const auto& endpoint : l1_.access().endpoints()) {
        const auto counts = endpoint->counts();
        status.l1_asked.round_trips += counts.round_trips;
        status.l1_asked.calls += counts.calls;
    }
    return status;
}

}  // namespace scope::node_app
