#include "builder/next_origin.hpp"

#include <algorithm>
#include <ranges>

namespace scope::builder {

uint64_t next_origin(const rollup::Follower& l1, uint64_t before, uint64_t head) {
    const auto fits = [&](uint64_t number) {
        return l1.chains_changed(before, number) <= MAX_CHAINS_PER_BLOCK;
    };
    if (head <= before || fits(head)) return head;
    const auto numbers = std::views::iota(before + 1, head);
    const uint64_t last =
        before +
        static_cast<uint64_t>(std::ranges::partition_point(numbers, fits) - numbers.begin());
    // What one L1 block says is not parted.
    return last > before && l1.l1_block(last) != nullptr ? last : last + 1;
}

bool can_come_to(const rollup::Follower& l1, const rollup::Follower::Rollup& followed,
                 uint64_t head) {
    if (head < MAX_SETTLED_ORIGIN_AGE) return true;
    const uint64_t oldest = head + 1 - MAX_SETTLED_ORIGIN_AGE;
    return l1.chains_changed(followed.l1_origin_number(), oldest) * GAS_PER_CHAIN <=
           rollup::MAX_BATCH_GAS;
}

}  // namespace scope::builder
