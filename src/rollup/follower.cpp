#include "rollup/follower.hpp"

#include "base/hex.hpp"

#include <fmt/format.h>

#include <array>

namespace scope::rollup {

namespace {

constexpr std::array<std::string_view, FOLLOW_RULE_COUNT> RULE_NAMES{
    "missing_l1_block",   "l1_reorganised",       "bad_l1_data",           "refused_batch",
    "wrong_batch_number", "wrong_pre_state_root", "wrong_post_state_root", "wrong_last_block_hash",
    "wrong_streams",      "refused_import",
};
static_assert(!RULE_NAMES.back().empty());

FollowError make_error(FollowRule rule, uint64_t l1_block, std::string detail) {
    FollowError error;
    error.rule = rule;
    error.l1_block = l1_block;
    error.detail = std::move(detail);
    return error;
}

std::string differ(const Hash& settled, const Hash& own) {
    return fmt::format("settled {}, own {}", to_hex(settled), to_hex(own));
}

/// The batch executed on the rollup's head, if it comes out as it settled.
Result<BatchExecution, FollowError> execute(const Follower::Rollup& rollup,
                                            const DerivedBatch& derived, uint64_t l1_block) {
    const auto refuse = [&](FollowRule rule, std::string detail) {
        auto error = make_error(rule, l1_block, std::move(detail));
        error.chain_id = rollup.config.chain_id();
        error.batch_number = derived.batch.number;
        return std::unexpected{std::move(error)};
    };
    const auto& claim = derived.claim;
    if (derived.batch.number != rollup.next_batch)
        return refuse(FollowRule::wrong_batch_number,
                      fmt::format("settled {}, own {}", derived.batch.number, rollup.next_batch));
    auto executed = execute_batch(rollup.chain, rollup.config, derived.batch);
    if (!executed) {
        auto refusal = refuse(FollowRule::refused_batch, to_string(executed.error()));
        refusal.error().batch = std::move(executed.error());
        return refusal;
    }
    if (claim.pre_state_root != executed->pre_state_root)
        return refuse(FollowRule::wrong_pre_state_root,
                      differ(claim.pre_state_root, executed->pre_state_root));
    if (claim.post_state_root != executed->post_state_root)
        return refuse(FollowRule::wrong_post_state_root,
                      differ(claim.post_state_root, executed->post_state_root));
    if (claim.last_block_hash != executed->last_block_hash)
        return refuse(FollowRule::wrong_last_block_hash,
                      differ(claim.last_block_hash, executed->last_block_hash));
    if (claim.remotes != executed->remotes)
        return refuse(FollowRule::wrong_streams, "streams or values differ");
    return std::move(*executed);
}

}  // namespace

std::string_view to_string(FollowRule rule) noexcept {
    return RULE_NAMES[static_cast<size_t>(rule)];
}

std::string to_string(const FollowError& error) {
    std::string text = fmt::format("L1 block {}", error.l1_block);
    if (error.chain_id != 0)
        text += fmt::format(", chain {}, batch {}", error.chain_id, error.batch_number);
    text += fmt::format(": {}", to_string(error.rule));
    if (!error.detail.empty()) text += ": " + error.detail;
    return text;
}

Follower::Follower(const L1Source& l1, std::vector<RollupConfig> rollups, uint64_t first_block)
    : l1_(l1), next_l1_block_(first_block) {
    CHECK(!rollups.empty());
    settlement_ = rollups[0].settlement;
    for (auto& config : rollups) {
        CHECK(config.settlement == settlement_);
        const uint64_t chain_id = config.chain_id();
        chain::Chain chain{config.spec, config.genesis};
        const bool is_new =
            rollups_.emplace(chain_id, Rollup{std::move(config), std::move(chain)}).second;
        CHECK(is_new);
    }
}

const Follower::Rollup* Follower::rollup(uint64_t chain_id) const noexcept {
    const auto found = rollups_.find(chain_id);
    return found != rollups_.end() ? &found->second : nullptr;
}

Result<size_t, FollowError> Follower::advance() {
    const auto head = l1_.head_number();
    if (!head || *head < next_l1_block_) return 0;
    return advance_to(*head);
}

Result<size_t, FollowError> Follower::advance_to(uint64_t l1_block) {
    size_t applied = 0;
    for (; next_l1_block_ <= l1_block; ++next_l1_block_) {
        const auto block = l1_.block(next_l1_block_);
        if (block == nullptr || block->header().number != next_l1_block_)
            return std::unexpected{make_error(FollowRule::missing_l1_block, next_l1_block_, {})};
        const auto& parent = block->header().parent_hash;
        if (last_l1_ && parent != *last_l1_)
            return std::unexpected{make_error(
                FollowRule::l1_reorganised, next_l1_block_,
                fmt::format("parent {}, followed {}", to_hex(parent), to_hex(*last_l1_)))};
        const auto scopes =
            derive_scopes(l1_, *block, settlement_, [this](const uint256& chain_id) {
                return chain_id.fits_u64() && rollup(chain_id[0]) != nullptr;
            });
        if (!scopes) {
            auto error =
                make_error(FollowRule::bad_l1_data, next_l1_block_, to_string(scopes.error()));
            error.derivation = scopes.error();
            return std::unexpected{std::move(error)};
        }
        for (; scopes_taken_ < scopes->size(); ++scopes_taken_)
            applied += TRY(apply((*scopes)[scopes_taken_], next_l1_block_));
        scopes_taken_ = 0;
        last_l1_ = block->hash;
    }
    return applied;
}

Result<size_t, FollowError> Follower::apply(const DerivedScope& scope, uint64_t l1_block) {
    struct Step {
        Rollup& rollup;
        const Batch& batch;
        BatchExecution execution;
        Hash head;
    };
    std::vector<Step> steps;
    for (const auto& derived : scope.batches) {
        auto& rollup = rollups_.at(derived.batch.chain_id);
        steps.push_back({rollup, derived.batch, TRY(execute(rollup, derived, l1_block)),
                         rollup.chain.head()->hash});
    }
    for (auto& step : steps) {
        const auto imported = import_batch(step.rollup.chain, step.execution);
        if (!imported) {
            for (auto& any : steps) any.rollup.chain.set_head(any.head);
            auto error = make_error(FollowRule::refused_import, l1_block,
                                    chain::to_string(imported.error()));
            error.chain_id = step.batch.chain_id;
            error.batch_number = step.batch.number;
            return std::unexpected{std::move(error)};
        }
    }
    for (auto& step : steps) {
        ++step.rollup.next_batch;
        step.rollup.l1_origin_number = step.batch.l1_origin_number;
    }
    return steps.size();
}

}  // namespace scope::rollup
