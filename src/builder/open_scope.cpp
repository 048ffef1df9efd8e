#include "builder/open_scope.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace scope::builder {

namespace {

/// All chains of the scope but one, ascending.
std::vector<uint256> remotes_of(const L1Contracts& contracts, const rollup::Follower& follower,
                                const uint256& chain_id) {
    std::vector<uint256> chains{contracts.settlement.l1_chain_id};
    for (const auto& [id, rollup] : follower.rollups())
        if (!rollup.stopped) chains.emplace_back(id);
    std::erase(chains, chain_id);
    std::ranges::sort(chains);
    return chains;
}

}  // namespace

OpenScope::OpenScope(L1Snapshot l1, const rollup::Follower& follower, const L1Contracts& contracts,
                     BuilderOptions options)
    : follower_(follower),
      options_(std::move(options)),
      l1_(std::move(l1), contracts, options_,
          remotes_of(contracts, follower, contracts.settlement.l1_chain_id), journal_) {
    for (const auto& [chain_id, rollup] : follower.rollups()) {
        if (rollup.stopped) continue;
        rollups_.emplace_back(rollup, l1_.snapshot(), l1_.registered(chain_id),
                              remotes_of(contracts, follower, uint256{chain_id}), journal_);
    }
}

std::string OpenScope::why_absent(const uint256& chain_id) const {
    const auto* const rollup = chain_id.fits_u64() ? follower_.rollup(chain_id[0]) : nullptr;
    if (rollup != nullptr && rollup->stopped)
        return fmt::format("rollup {} has stopped: {}", chain_id[0], to_string(*rollup->stopped));
    return fmt::format("there is no rollup {}", to_decimal(chain_id));
}

OpenRollup* OpenScope::find(uint64_t chain_id) noexcept {
    const auto found = std::ranges::find(rollups_, chain_id, &OpenRollup::chain_id);
    return found == rollups_.end() ? nullptr : &*found;
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
