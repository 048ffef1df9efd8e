#include "builder/unsettled.hpp"

#include <gmock/gmock.h>

#include "builder/open_scope.hpp"
#include "builder/settlement_check.hpp"
#include "builder/test_network.hpp"
#include "protocol/callable.hpp"

/// Batches that begin with blocks that no batch has settled.
namespace scope::builder {
namespace {

using rollup::test::Author;
using test::CHAIN;
using test::REMOTE;
using test::TestNetwork;
using testing::HasSubstr;

class UnsettledBlocksOf : public testing::Test {
  protected:
    TestNetwork network_;
    Author author_;
    UnsettledBlocks unsettled_;

    ScopeBuilder open_block(ChainId chain_id) {
        auto scope = ScopeBuilder::open_block(*network_.l1, *network_.follower, network_.contracts,
                                              network_.options, unsettled_, chain_id);
        CHECK(scope.has_value());
        return std::move(*scope);
    }
    /// Builds a block of a rollup with so many transfers.
    void build(ChainId chain_id, size_t transfers) {
        auto scope = open_block(chain_id);
        Author other{chain_id};
        auto& author = chain_id == CHAIN ? author_ : other;
        for (size_t i = 0; i < transfers; ++i) {
            const auto added = scope.add_transaction(chain_id, author.transfer(Address{{1}}, 1));
            ASSERT_TRUE(added.has_value()) << added.error().to_string();
        }
        auto ended = scope.end_block();
        ASSERT_TRUE(ended.has_value());
        unsettled_[chain_id].push_back(std::move(*ended));
    }
    std::unique_ptr<OpenScope> open() {
        return std::make_unique<OpenScope>(read_snapshot(*network_.l1).value(), *network_.follower,
                                           network_.contracts, network_.options, unsettled_);
    }
    std::vector<uint256> opened_by(const UnsettledBlockPtr& block) {
        const auto call =
            protocol::callable::decode_system_call(block->content.transactions.at(0).data);
        return std::get<protocol::callable::OpenScopeCall>(*call).remotes;
    }
    rollup::BatchExecution executed(const OpenRollup& rollup) {
        auto options = network_.follower->options_for(rollup.followed());
        options.max_kept_bytes = rollup::MAX_KEPT_BYTES;
        const auto execution = rollup::execute_batch(
            rollup.followed().chain, rollup.followed().config, rollup.batch(), options);
        CHECK(execution.has_value());
        return *execution;
    }
};

TEST_F(UnsettledBlocksOf, a_rollup_begin_its_batch) {
    build(CHAIN, 2);
    build(CHAIN, 0);
    build(CHAIN, 1);
    const auto& blocks = unsettled_.at(CHAIN);
    EXPECT_EQ(blocks[0]->content.transactions.size(), 3u);
    EXPECT_EQ(blocks[1]->content.transactions.size(), 0u);
    EXPECT_EQ(blocks[2]->content.transactions.size(), 1u);
    EXPECT_EQ(opened_by(blocks[0]), (std::vector{uint256{1u}, uint256{REMOTE}}));

    const auto scope = open();
    auto& rollup = *scope->find(CHAIN);
    EXPECT_TRUE(rollup.is_touched());
    EXPECT_FALSE(rollup.has_own_block());
    EXPECT_FALSE(scope->find(REMOTE)->is_touched());
    EXPECT_EQ(rollup.batch().blocks.size(), 3u);
    EXPECT_EQ(rollup.batch_size(), rollup::encode(rollup.batch()).size());
    const auto alone = executed(rollup);
    for (size_t i = 0; i < blocks.size(); ++i)
        EXPECT_EQ(alone.blocks[i].block.hash, blocks[i]->block->hash);
    EXPECT_EQ(alone.gas_used, rollup.unsettled_gas());

    ASSERT_TRUE(rollup.run(author_.transfer(Address{{1}}, 1), rollup::test::user()).has_value());
    EXPECT_TRUE(rollup.has_own_block());
    EXPECT_EQ(rollup.batch().blocks.size(), 4u);
    EXPECT_EQ(rollup.batch_size(), rollup::encode(rollup.batch()).size());
    const auto with_own = executed(rollup);
    EXPECT_EQ(with_own.gas_used, rollup.unsettled_gas() + rollup.block().all_gas_used());
    EXPECT_EQ(with_own.last_block_hash, rollup.block().seal()->block.hash);
}

TEST_F(UnsettledBlocksOf, a_rollup_go_when_a_root_goes) {
    build(CHAIN, 1);
    const auto scope = open();
    auto& rollup = *scope->find(CHAIN);
    const auto before = scope->checkpoint();
    ASSERT_TRUE(rollup.run(author_.transfer(Address{{1}}, 1), rollup::test::user()).has_value());
    scope->rollback(before);
    EXPECT_FALSE(rollup.has_own_block());
    EXPECT_EQ(rollup.batch().blocks.size(), 1u);
    EXPECT_EQ(rollup.batch_size(), rollup::encode(rollup.batch()).size());
}

TEST_F(UnsettledBlocksOf, a_rollup_take_of_its_batchs_gas) {
    build(CHAIN, 3);
    build(CHAIN, 2);
    const auto scope = open();
    auto& rollup = *scope->find(CHAIN);
    EXPECT_GT(rollup.unsettled_gas(), 5 * 21'000u);
    EXPECT_EQ(rollup.block().room().all_gas + rollup.unsettled_gas(),
              rollup::max_batch_gas(rollup.batch_parent().header(),
                                    rollup.block().environment().block.timestamp_s));
}

TEST_F(UnsettledBlocksOf, others_take_of_the_room_in_blobs) {
    build(CHAIN, 3);
    OpenScope alone{read_snapshot(*network_.l1).value(),
                    *network_.follower,
                    network_.contracts,
                    network_.options,
                    unsettled_,
                    REMOTE};
    EXPECT_EQ(alone.rollups().size(), 1u);
    EXPECT_GE(alone.other_batches_size(), open()->find(CHAIN)->batch_size());
    EXPECT_LE(alone.other_batches_size(), open()->find(CHAIN)->batch_size() + 20);
    EXPECT_TRUE(require_room(alone).has_value());
}

TEST_F(UnsettledBlocksOf, a_rollup_leave_it_out_where_they_opened_no_scope_with_another) {
    // As they are built, the other rollup has another head than L1 says.
    network_.configs[1].genesis.extra_data = {1};
    network_.follow_anew();
    build(CHAIN, 1);
    EXPECT_EQ(opened_by(unsettled_.at(CHAIN)[0]), std::vector{uint256{1u}});
    EXPECT_NE(open()->find(CHAIN), nullptr);

    network_.configs[1].genesis.extra_data = {};
    network_.follow_anew();
    const auto scope = open();
    EXPECT_EQ(scope->find(CHAIN), nullptr);
    EXPECT_NE(scope->find(REMOTE), nullptr);
    EXPECT_EQ(scope->why_absent(uint256{CHAIN}),
              "the unsettled blocks of rollup 901 know nothing of chain 902");
}

TEST_F(UnsettledBlocksOf, a_rollup_go_on_where_another_one_can_not) {
    build(CHAIN, 1);
    network_.configs[1].genesis.extra_data = {1};
    network_.follow_anew();
    const auto scope = open();
    EXPECT_NE(scope->find(CHAIN), nullptr);
    EXPECT_EQ(scope->find(REMOTE), nullptr);
    EXPECT_EQ(executed(*scope->find(CHAIN)).blocks.size(), 1u);
}

TEST_F(UnsettledBlocksOf, a_rollup_leave_it_out_where_they_can_not_begin_its_batch) {
    build(CHAIN, 1);
    build(CHAIN, 1);
    const auto both = unsettled_.at(CHAIN);
    unsettled_[CHAIN] = {both[1]};
    EXPECT_EQ(open()->why_absent(uint256{CHAIN}),
              "the unsettled blocks of rollup 901 are on another head");
    auto other = *both[0];
    other.content.l1_origin_hash = Hash{{1}};
    unsettled_[CHAIN] = {std::make_shared<const UnsettledBlock>(other)};
    EXPECT_THAT(open()->why_absent(uint256{CHAIN}), HasSubstr("L1 has no block"));
    EXPECT_THAT(*open_block(CHAIN).why_absent(CHAIN), HasSubstr("L1 has no block"));
}

TEST_F(UnsettledBlocksOf, a_rollup_leave_its_clock_a_second_for_the_last_block) {
    chain::BlockAttributes next;
    next.timestamp_s = TestNetwork::GENESIS_TIME_S + 9000;
    network_.l1->set_next_block(next);
    build(CHAIN, 0);
    EXPECT_EQ(unsettled_.at(CHAIN)[0]->content.timestamp_s, TestNetwork::GENESIS_TIME_S + 599);
    EXPECT_THAT(*open_block(CHAIN).why_absent(CHAIN), HasSubstr("clock"));
    EXPECT_EQ(open()->find(CHAIN)->block().environment().block.timestamp_s,
              TestNetwork::GENESIS_TIME_S + 600);
}

}  // namespace
}  // namespace scope::builder
