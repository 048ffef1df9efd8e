#include "builder/next_origin.hpp"

#include <gtest/gtest.h>

#include <numeric>

#include "test_rollup/test_rollup.hpp"

namespace scope::builder {
namespace {

/// An L1 whose blocks register and close rollups, and a follower of one rollup.
class NextOrigin : public testing::Test {
  protected:
    rollup::test::FakeL1 source_;
    rollup::Follower follower_{source_, {rollup::test::config()}};
    uint64_t next_id_ = 10'000;

    /// Adds a block in which so many rollups are registered, and the first of them closed.
    void add(uint64_t registered, uint64_t closed = 0) {
        std::vector<Log> events;
        for (uint64_t i = 0; i < registered; ++i)
            events.push_back(rollup::test::registration(uint256{next_id_ + i}));
        for (uint64_t i = 0; i < closed; ++i)
            events.push_back(rollup::test::closing(uint256{next_id_ + i}));
        next_id_ += registered;
        source_.emit(events);
        CHECK(follower_.advance().has_value());
    }
    uint64_t head() { return follower_.next_l1_block() - 1; }
    /// Returns the origins of the blocks that come to L1's head.
    std::vector<uint64_t> way_from(uint64_t before) {
        std::vector<uint64_t> origins;
        while (before != head()) {
            before = next_origin(follower_, before, 0, head());
            origins.push_back(before);
        }
        return origins;
    }
};

TEST_F(NextOrigin, is_the_head_where_little_was_said) {
    CHECK(follower_.advance().has_value());
    EXPECT_EQ(next_origin(follower_, 0, 0, head()), head());
    add(MAX_CHAINS_PER_BLOCK / 2, MAX_CHAINS_PER_BLOCK / 4);
    add(MAX_CHAINS_PER_BLOCK / 4);
    EXPECT_EQ(way_from(0), std::vector{head()});
}

TEST_F(NextOrigin, is_the_last_block_up_to_which_it_is_little) {
    add(300);
    add(212);
    add(1);
    add(0);
    add(100, 100);
    add(312);
    EXPECT_EQ(way_from(0), (std::vector<uint64_t>{2, 5, 6}));
    EXPECT_EQ(way_from(1), (std::vector<uint64_t>{5, 6}));
    EXPECT_EQ(way_from(6), std::vector<uint64_t>{});
}

TEST_F(NextOrigin, parts_no_l1_block) {
    add(1);
    add(MAX_CHAINS_PER_BLOCK + 1);
    add(MAX_CHAINS_PER_BLOCK + 1);
    add(1);
    EXPECT_EQ(way_from(0), (std::vector<uint64_t>{1, 2, 3, 4}));
    EXPECT_EQ(way_from(1), (std::vector<uint64_t>{2, 3, 4}));
}

TEST_F(NextOrigin, comes_to_each_head) {
    for (uint64_t i = 0; i < 60; ++i) add(i * 97 % 400, i * 31 % 20);
    for (uint64_t before = 0; before < head(); ++before) {
        uint64_t last = before;
        for (const uint64_t origin : way_from(before)) {
            ASSERT_GT(origin, last);
            const auto changed =
                follower_.registered(last, origin).size() + follower_.closed(last, origin).size();
            EXPECT_EQ(changed, follower_.chains_changed(last, origin));
            EXPECT_LE(changed, MAX_CHAINS_PER_BLOCK);
            if (origin != head())
                EXPECT_GT(follower_.chains_changed(last, origin + 1), MAX_CHAINS_PER_BLOCK);
            last = origin;
        }
    }
}

TEST_F(NextOrigin, is_none_that_the_block_before_is_too_far_ahead_of) {
    for (int i = 0; i < 20; ++i) add(200);
    const uint64_t little = next_origin(follower_, 0, 0, head());
    ASSERT_LT(little, head());
    for (uint64_t number = 1; number <= head(); ++number) {
        const uint64_t latest_s =
            follower_.l1_block(number)->timestamp_s + rollup::MAX_CLOCK_AHEAD_S - 2;
        EXPECT_EQ(next_origin(follower_, 0, latest_s, head()), std::max(little, number));
    }
}

TEST_F(NextOrigin, can_be_out_of_a_batchs_reach) {
    const auto can = [&] {
        return can_come_to(follower_, *follower_.rollup(rollup::test::CHAIN), head());
    };
    add(rollup::MAX_BATCH_GAS / GAS_PER_CHAIN + 1);
    for (uint64_t i = 1; i < MAX_SETTLED_ORIGIN_AGE; ++i) {
        EXPECT_TRUE(can()) << i;
        add(0);
    }
    EXPECT_FALSE(can());
}

}  // namespace
}  // namespace scope::builder
