#include "builder/next_origin.hpp"

#include <algorithm>
#include <ranges>

namespace scope::builder {

uint64_t next_origin(const rollup::Follower& l1, uint64_t before, uint64_t parent_s,
                     uint64_t head) {
    const auto fits = [&](uint64_t number) {
        return l1.chains_changed(before, number) <= MAX_CHAINS_PER_BLOCK;
    };
    if (head <= before || fits(head)) return head;
    // A second is left to a block behind it with the same origin.
    const auto is_too_old = [&](uint64_t number) {
        const auto block = l1.l1_block(number);
        return !block || block->timestamp_s + rollup::MAX_CLOCK_AHEAD_S <= parent_s + 1;
    };
    const auto numbers = std::views::iota(before + 1, head);
    const auto count_while = [&](const auto& holds) {
        return static_cast<uint64_t>(std::ranges::partition_point(numbers, holds) -
                                     numbers.begin());
    };
    const uint64_t last = before + count_while(fits);
    const uint64_t first = before + 1 + count_while(is_too_old);
    // What one L1 block says is not parted.
    return std::max(last, first);
}

bool can_come_to(const rollup::Follower& l1, const rollup::Follower::Rollup& followed,
                 uint64_t head) {
    if (head < MAX_SETTLED_ORIGIN_AGE) return true;
    const uint64_t oldest = head + 1 - MAX_SETTLED_ORIGIN_AGE;
    return l1.chains_changed(followed.l1_origin_number(), oldest) * GAS_PER_CHAIN <=
           rollup::MAX_BATCH_GAS;
}

}  // namespace scope::builder
