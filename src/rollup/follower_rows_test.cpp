#include "rollup/follower_rows.hpp"

#include <gtest/gtest.h>

#include "rollup/follower.hpp"
#include "store/test_folder.hpp"
#include "test_rollup/test_rollup.hpp"

/// What a follower has found, over a start.
namespace scope::rollup {
namespace {

using namespace test;

class FollowerRowsTest : public testing::Test {
  protected:
    std::shared_ptr<store::NodeDatabase> open(
        store::PruneDepth depth = store::DEFAULT_PRUNE_DEPTH) const {
        return std::make_shared<store::NodeDatabase>(store::NodeDatabaseOptions{
            .disk = folder.options(), .depth = depth, .cache_bytes = size_t{4} << 20});
    }
    Follower follow() { return {l1, {rollup}, 0, open()}; }

    /// Settles the next batch of one block.
    Claimed settle(DataIn data_in = DataIn::calldata) {
        const auto batch = make_batch(chain, {{Author{chain}.open_scope()}}, next_batch++,
                                      l1.head()->hash, l1.head()->header().number);
        auto claimed = claim_of(chain, rollup, batch, data_in);
        adopt_batch(chain, rollup, batch, {}, claimed.execution);
        l1.settle({claimed});
        return claimed;
    }
    [[nodiscard]] static store::DatabaseRule refusal(const std::function<void()>& open) {
        try {
            open();
        } catch (const store::DatabaseError& error) {
            return error.rule();
        }
        ADD_FAILURE() << "it is not refused";
        return {};
    }

    store::TestFolder folder;
    RollupConfig rollup = config();
    chain::Chain chain = make_chain(rollup);
    FakeL1 l1;
    uint64_t next_batch = 0;
};

TEST_F(FollowerRowsTest, a_follower_of_another_network_is_refused) {
    follow();
    EXPECT_EQ(refusal([&] { Follower{l1, {rollup}, 1, open()}; }),
              store::DatabaseRule::other_network);
    EXPECT_EQ(refusal([&] { Follower{l1, {rollup, config(REMOTE)}, 0, open()}; }),
              store::DatabaseRule::other_network);
    auto other = rollup;
    other.genesis.alloc[Address{{7}}].balance = uint256{1u};
    EXPECT_EQ(refusal([&] { Follower{l1, {other}, 0, open()}; }),
              store::DatabaseRule::other_network);
    other = rollup;
    other.settlement.settlement = Address{{8}};
    EXPECT_EQ(refusal([&] { Follower{l1, {other}, 0, open()}; }),
              store::DatabaseRule::other_network);
    EXPECT_EQ(follow().rollup(CHAIN)->chain.head()->hash, chain.head()->hash);
}

TEST_F(FollowerRowsTest, a_rollup_that_stopped_has_stopped_over_a_start) {
    settle(DataIn::blobs);
    const auto blobs = std::exchange(l1.blobs_, {});
    {
        auto follower = follow();
        ASSERT_TRUE(follower.advance().has_value());
        ASSERT_TRUE(follower.head(CHAIN).stopped.has_value());
    }
    std::string text;
    {
        auto follower = follow();
        const auto& stopped = follower.head(CHAIN).stopped;
        ASSERT_TRUE(stopped.has_value());
        EXPECT_EQ(stopped->rule, FollowRule::missing_data);
        EXPECT_EQ(stopped->l1_block, 1u);
        text = to_string(*stopped);
        EXPECT_EQ(follower.advance()->batches, 0u);
        EXPECT_EQ(to_string(*follower.head(CHAIN).stopped), text);
    }
    l1.blobs_ = blobs;
    {
        auto follower = follow();
        EXPECT_EQ(follower.advance()->batches, 1u);
        EXPECT_FALSE(follower.head(CHAIN).stopped.has_value());
    }
    EXPECT_FALSE(follow().head(CHAIN).stopped.has_value());
    EXPECT_EQ(follow().rollup(CHAIN)->chain.head()->hash, chain.head()->hash);
}

TEST_F(FollowerRowsTest, states_are_kept_from_the_final_heads_on_however_many_blocks_follow) {
    Follower follower{l1, {rollup}, 0, open(3)};
    const Hash genesis = chain.head()->hash;
    for (int i = 0; i < 8; ++i) settle();
    ASSERT_TRUE(follower.advance().has_value());
    const auto& store = follower.rollup(CHAIN)->chain.store();
    EXPECT_NE(store.state(genesis), nullptr);  // nothing is final
    EXPECT_TRUE(follower.can_go_back_to(0));
    for (uint64_t i = 0; i < FakeL1::FINALIZED_DEPTH; ++i) l1.add({}, {});
    ASSERT_TRUE(follower.advance().has_value());
    settle();
    ASSERT_TRUE(follower.advance().has_value());
    EXPECT_EQ(store.state(genesis), nullptr);
    EXPECT_FALSE(follower.can_go_back_to(0));
    EXPECT_TRUE(follower.can_go_back_to(8));
    EXPECT_NE(store.state(store.canonical_block(8)->hash), nullptr);

    // L1 gives up what it called final.
    l1.blocks_.resize(2);
    l1.add({}, {});
    ASSERT_TRUE(follower.advance().has_value());
    const auto& stopped = follower.head(CHAIN).stopped;
    ASSERT_TRUE(stopped.has_value());
    EXPECT_EQ(stopped->rule, FollowRule::pruned_state);
    EXPECT_EQ(follower.head(CHAIN).position.next_batch, 1u);
}

}  // namespace
}  // namespace scope::rollup
