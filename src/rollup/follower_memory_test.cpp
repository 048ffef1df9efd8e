#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <new>
#include <optional>

#include "rollup/follower.hpp"
#include "test_rollup/test_rollup.hpp"

namespace {

/// How many blocks get the memory to be stored until one does not; nullopt: all.
thread_local std::optional<int> blocks_to_store;

/// Returns whether it is what std::make_shared takes for a StoredBlock.
[[maybe_unused]] bool is_of_a_block(size_t size) {
    constexpr size_t LEAST = sizeof(scope::chain::StoredBlock) + sizeof(void*);
    return size >= LEAST && size <= LEAST + 2 * sizeof(void*);
}

}  // namespace

#if !__has_feature(address_sanitizer)  // which has allocators of its own
// Of the whole test binary, and as the standard library's but for blocks_to_store. Memory that runs
// out anywhere is nothing to test: absl's maps are not made for an allocation that throws.
void* operator new(size_t size) {
    if (blocks_to_store && is_of_a_block(size) && (*blocks_to_store)-- == 0) throw std::bad_alloc{};
    if (void* const bytes = std::malloc(std::max<size_t>(size, 1))) return bytes;
    throw std::bad_alloc{};
}
void operator delete(void* bytes) noexcept {
    std::free(bytes);
}
void operator delete(void* bytes, size_t) noexcept {
    std::free(bytes);
}
#endif

namespace scope::rollup {
namespace {

using namespace test;

TEST(follower, goes_on_after_a_batch_that_was_cut_short) {
    if (__has_feature(address_sanitizer)) GTEST_SKIP() << "the sanitizer's allocator doesn't fail";
    for (const bool is_remembered : {true, false}) {
        const auto rollup = config();
        const auto chain = make_chain(rollup);
        FakeL1 l1;
        const auto batch = sample_batch(chain, l1.blocks_[0]->hash, 0);
        const auto claimed = claim_of(chain, rollup, batch, DataIn::calldata);
        l1.settle({claimed});
        Follower follower{l1, {rollup}};
        const auto& own = *follower.rollup(CHAIN);
        for (int blocks = 0; blocks < 2; ++blocks) {
            if (is_remembered) follower.remember(batch, claimed.execution);
            blocks_to_store = blocks;
            EXPECT_THROW((void)follower.advance(), std::bad_alloc) << blocks;
            blocks_to_store.reset();
            EXPECT_EQ(own.chain.head()->header().number, 0u) << blocks;
            EXPECT_EQ(own.history.size(), 1u);
        }
        const auto followed = follower.advance();
        ASSERT_TRUE(followed.has_value());
        EXPECT_EQ(followed->batches, 1u);
        EXPECT_FALSE(own.stopped.has_value()) << to_string(*own.stopped);
        EXPECT_EQ(own.chain.head()->hash, claimed.claim.last_block_hash);
        EXPECT_EQ(own.next_batch(), 1u);
    }
}

}  // namespace
}  // namespace scope::rollup
