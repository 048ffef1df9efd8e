#include "rollup/follower_rows.hpp"

#include <gtest/gtest.h>

#include "rlp/encode.hpp"
#include "rollup/follower.hpp"
#include "store/keys.hpp"
#include "store/numbers.hpp"
#include "store/test_folder.hpp"
#include "test_rollup/test_rollup.hpp"

/// What a follower has found, over a start.
namespace scope::rollup {
namespace {

using namespace literals;
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

// ---- rows that nobody wrote

struct BadRow {
    std::string name;
    char kind;
    Bytes rest;  // of the key
    Bytes value;
    std::function<void(const FollowerRows&)> read;
};

/// Returns numbers of 8 bytes one behind the other.
Bytes numbers(const std::vector<uint64_t>& numbers) {
    Bytes bytes;
    for (const uint64_t number : numbers) store::append_u64(bytes, number);
    return bytes;
}

TEST(follower_rows, refuses_rows_that_it_does_not_write) {
    constexpr uint64_t ID = 901;
    const auto entry = [](uint64_t kind, uint64_t gas_limit) {
        return rlp::encode(
            std::tuple{uint64_t{1}, kind, Address{}, Address{}, uint256{}, gas_limit, Bytes{}});
    };
    const auto read_block = [](const FollowerRows& rows) { (void)rows.block(7); };
    const auto read_events = [](const FollowerRows& rows) { (void)rows.events(); };
    const auto read_positions = [](const FollowerRows& rows) { (void)rows.positions(CHAIN, 0); };
    const auto read_queue = [](const FollowerRows& rows) { (void)rows.queue(CHAIN, 0); };
    const auto read_stop = [](const FollowerRows& rows) { (void)rows.stop(CHAIN); };
    const std::vector<BadRow> cases{
        {"labels", 'l', {}, "c0"_hex, [](const FollowerRows& rows) { (void)rows.labels(); }},
        {"a block that is a string", 'b', numbers({7}), "80"_hex, read_block},
        {"a block with bytes behind", 'b', numbers({7}),
         concat(rlp::encode(std::tuple{Hash{}, uint64_t{1}}), "00"_hex), read_block},
        {"events", 'e', numbers({7}), "c1c0"_hex, read_events},
        {"a position of another block", 'p', numbers({ID, 7}),
         rlp::encode(RollupPosition{.l1_block = 8}), read_positions},
        {"an entry of another kind", 'q', numbers({ID, 0}), entry(2, 100'000), read_queue},
        {"an entry beyond the bounds", 'q', numbers({ID, 0}), entry(1, UINT64_MAX), read_queue},
        {"a stop by another rule", 's', numbers({ID}),
         rlp::encode(std::tuple{uint64_t{FOLLOW_RULE_COUNT}, uint64_t{1}, uint64_t{1}, Bytes{}}),
         read_stop},
    };
    for (const auto& [name, kind, rest, value, read] : cases) {
        const auto database = store::make_memory_database();
        store::Staging staging{*database};
        const FollowerRows rows{staging, ChainId{1}};
        Bytes key = store::column_prefix(store::Column::follower, ChainId{1});
        key.push_back(static_cast<uint8_t>(kind));
        append(key, rest);
        staging.put(key, value);
        try {
            read(rows);
            ADD_FAILURE() << name << " is read";
        } catch (const store::DatabaseError& error) {
            EXPECT_EQ(error.rule(), store::DatabaseRule::bad_row) << name;
            EXPECT_NE(std::string{error.what()}.find("follower of chain 1"), std::string::npos);
        }
    }
}

}  // namespace
}  // namespace scope::rollup
