#include "rollup/l1_origins.hpp"

namespace scope::rollup {

namespace {

std::vector<uint256> all_but(ChainId own, const std::vector<ChainId>& chain_ids) {
    std::vector<uint256> others;
    for (const ChainId chain_id : chain_ids)
        if (chain_id != own) others.emplace_back(chain_id);
    return others;
}

}  // namespace

std::vector<uint256> chains_to_add(const L1Origins& l1, ChainId own, uint64_t origin_before,
                                   uint64_t origin) {
    if (origin <= origin_before) return {};
    return all_but(own, l1.registered(origin_before, origin));
}

std::vector<uint256> chains_to_remove(const L1Origins& l1, ChainId own, uint64_t origin_before,
                                      uint64_t origin) {
    if (origin <= origin_before) return {};
    return all_but(own, l1.closed(origin_before, origin));
}

std::optional<Bytes> upgrade_to(const L1Origins& l1, ChainId own, uint64_t origin_before,
                                uint64_t origin) {
    if (origin <= origin_before) return std::nullopt;
    return l1.upgrade(own, origin_before, origin);
}

ForcedRange forced_range(const L1Origins& l1, ChainId own, uint64_t position, uint64_t origin) {
    ForcedRange range{position, position};
    uint64_t gas = 0;
    for (const auto* queued = l1.forced_entry(own, position);
         queued != nullptr && queued->queued_at <= origin;
         queued = l1.forced_entry(own, range.at_most)) {
        gas += protocol::charged_gas(queued->entry);
        // One alone always fits, so that none holds up those behind it.
        if (range.at_most > position && gas > protocol::MAX_FORCED_GAS_PER_BATCH) break;
        ++range.at_most;
        // They are due in their order.
        if (origin - queued->queued_at >= protocol::FORCED_DEADLINE) range.at_least = range.at_most;
    }
    return range;
}

std::optional<std::vector<const QueuedEntry*>> entries_between(const L1Origins& l1, ChainId own,
                                                               uint64_t from, uint64_t to) {
    std::vector<const QueuedEntry*> entries;
    for (uint64_t index = from; index < to; ++index) {
        const auto* const queued = l1.forced_entry(own, index);
        if (queued == nullptr) return std::nullopt;
        entries.push_back(queued);
    }
    return entries;
}

}  // namespace scope::rollup
