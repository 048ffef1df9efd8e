#include "builder/settlement_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "builder/refuse.hpp"
#include "rollup/blob_codec.hpp"
#include "types/blob.hpp"

namespace scope::builder {

namespace callable = protocol::callable;

namespace {

/// Returns what a chain's views say of a remote. Refuses where they don't answer: an upgrade may have
/// given a rollup other code than ours.
Result<PairView, Refusal> view_of(OpenScope& scope, ChainId chain_id, ChainId remote) {
    auto* const rollup = scope.find(chain_id);
    const auto ask = [&](const Bytes& calldata) {
        return rollup ? rollup->view(calldata) : scope.l1().call(calldata).output;
    };
    const auto hashes =
        callable::decode_rolling_hashes(ask(callable::get_rolling_hashes(uint256{remote})));
    const auto values = callable::decode_values(ask(callable::get_values(uint256{remote})));
    const auto limit = callable::decode_limit(ask(callable::get_limit(uint256{remote})));
    if (!hashes || !values || !limit)
        return refuse(RefusalRule::execution_failed,
                      fmt::format("chain {}: ScopedCallable's views don't answer", chain_id));
    return PairView{*hashes, *values, *limit};
}

Result<void, Refusal> require_mirrored(ChainId x, const PairView& here, ChainId y,
                                       const PairView& there) {
    if (const char* const what = first_difference(here, there))
        return refuse(RefusalRule::streams_differ, fmt::format("{} of {} to {}", what, x, y));
    if (const char* const what = first_difference(there, here))
        return refuse(RefusalRule::streams_differ, fmt::format("{} of {} to {}", what, y, x));
    return {};
}

/// Refuses a limit of @p chain_id for @p remote that executeScope would refuse (WrongLimit).
Result<void, Refusal> require_limit(OpenScope& scope, ChainId chain_id, ChainId remote,
                                    const uint256& limit) {
    const auto* const rollup = scope.find(remote);
    const uint256 held = rollup ? rollup->registered().escrow : uint256{};  // L1 has none
    if (is_allowed_limit(limit, held)) return {};
    return refuse(RefusalRule::escrow,
                  fmt::format("chain {} works with a limit of {} wei for chain {}, for which L1 "
                              "holds {}",
                              chain_id, to_decimal(limit), remote, to_decimal(held)));
}

}  // namespace

Result<void, Refusal> require_room(const OpenScope& scope) {
    size_t all = scope.other_batches_size();
    for (const auto& rollup : scope.rollups()) {
        if (!rollup.is_touched()) continue;
        const size_t size = rollup.batch_size();
        if (size > rollup::MAX_BATCH_SIZE)
            return refuse(RefusalRule::scope_full,
                          fmt::format("chain {}: the batch has no room", rollup.chain_id()));
        all += size;
    }
    const size_t blobs = rollup::blobs_for(all);
    if (scope.options().data_availability == DataAvailability::blobs &&
        blobs > MAX_BLOBS_PER_TRANSACTION)
        return refuse(RefusalRule::scope_full,
                      fmt::format("{} blobs, at most {} in one L1 transaction", blobs,
                                  MAX_BLOBS_PER_TRANSACTION));
    return {};
}

std::vector<ChainPair> pairs_of(const Plan& plan) {
    std::set<ChainPair> pairs;
    const auto add = [&](ChainId chain_id, const uint256& remote) {
        const auto remote_id = ChainId::from(remote);
        CHECK(remote_id.has_value());
        pairs.insert(std::minmax(chain_id, *remote_id));
    };
    for (const auto& [chain_id, section] : plan) {
        for (const auto& fill : section.fills) add(chain_id, fill.chain_id);
        for (const auto& record : section.records) add(chain_id, record.request.source_chain_id);
    }
    return {pairs.begin(), pairs.end()};
}

const char* first_difference(const PairView& here, const PairView& there) noexcept {
    if (here.hashes.requests_out != there.hashes.requests_in) return "requests";
    if (here.hashes.responses_in != there.hashes.responses_out) return "responses";
    if (here.values.value_out != there.values.value_in) return "values";
    return nullptr;
}

bool is_allowed_limit(const uint256& limit, const uint256& held) noexcept {
    return limit.is_zero() || limit == held;
}

Backing backing_of(const uint256& escrow, const ValuesByRemote& values) noexcept {
    Backing backing{escrow, {}};
    bool fits = true;
    const auto add = [&fits](uint256& sum, const uint256& value) {
        sum += value;
        fits = fits && sum >= value;
    };
    for (const auto& [remote, pair] : values) {
        add(backing.held, pair.value_in);
        add(backing.given, pair.value_out);
    }
    return fits ? backing : Backing{{}, ~uint256{}};
}

Result<void, Refusal> SettlementCheck::check(OpenScope& scope, const Plan& plan) {
    std::map<ChainId, ValuesByRemote> values;
    const auto note = [&](ChainId chain_id, ChainId remote, const PairView& view) {
        const auto [place, is_new] = values.try_emplace(chain_id);
        if (is_new) place->second = values_[chain_id];
        place->second[remote] = view.values;
    };
    for (const auto& [x, y] : pairs_of(plan)) {
        const auto here = TRY(view_of(scope, x, y));
        const auto there = TRY(view_of(scope, y, x));
        TRY_VOID(require_mirrored(x, here, y, there));
        TRY_VOID(require_limit(scope, x, y, here.limit));
        TRY_VOID(require_limit(scope, y, x, there.limit));
        note(x, y, here);
        note(y, x, there);
    }
    for (const auto& [chain_id, by_remote] : values) {
        const auto* const rollup = scope.find(chain_id);
        if (!rollup) continue;  // L1 answers for itself
        const auto [held, given] =
            backing_of(rollup->registered().escrow + rollup->deposited_wei(), by_remote);
        if (given > held)
            return refuse(RefusalRule::escrow,
                          fmt::format("chain {} gives out {} wei, L1 holds {} for it", chain_id,
                                      to_decimal(given), to_decimal(held)));
    }
    TRY_VOID(require_room(scope));
    for (auto& [chain_id, by_remote] : values) values_[chain_id] = std::move(by_remote);
    return {};
}

}  // namespace scope::builder
