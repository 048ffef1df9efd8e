#include "builder/open_scope.hpp"

#include <gmock/gmock.h>

#include "abi/abi.hpp"
#include "builder/next_origin.hpp"
#include "builder/test_network.hpp"
#include "evm/opcodes.hpp"

namespace scope::builder {
namespace {

using rollup::test::Author;
using rollup::test::user;
using test::CHAIN;
using test::REMOTE;
using test::TestNetwork;
using testing::HasSubstr;

std::unique_ptr<OpenScope> open(const TestNetwork& network) {
    return std::make_unique<OpenScope>(read_snapshot(*network.l1).value(), *network.follower,
                                       network.contracts, network.options);
}

/// Opens it on the last block of the source, which the follower has followed.
std::unique_ptr<OpenScope> open_on_source(const TestNetwork& network,
                                          std::optional<ChainId> only = std::nullopt) {
    auto snapshot = read_snapshot(*network.l1).value();
    const auto& head = *network.source.head();
    snapshot.head.hash = head.hash;
    snapshot.head.header.number = head.header().number;
    snapshot.head.header.timestamp_s = head.header().timestamp_s;
    snapshot.next.timestamp_s = head.header().timestamp_s + 12;
    return std::make_unique<OpenScope>(std::move(snapshot), *network.follower, network.contracts,
                                       network.options, UnsettledBlocks{}, only);
}

/// Has L1's next block register so many rollups.
void register_many(TestNetwork& network, uint64_t first_id, uint64_t count) {
    std::vector<uint256> ids;
    for (uint64_t i = 0; i < count; ++i) ids.emplace_back(first_id + i);
    network.source.register_rollups(ids);
    CHECK(network.follower->advance().has_value());
}
void add_l1_blocks(TestNetwork& network, uint64_t count) {
    for (uint64_t i = 0; i < count; ++i) network.source.emit({});
    CHECK(network.follower->advance().has_value());
}

std::vector<ChainId> ids_of(const OpenScope& scope) {
    std::vector<ChainId> ids;
    for (const auto& rollup : scope.rollups()) ids.push_back(rollup.chain_id());
    return ids;
}

TEST(open_scope, has_all_rollups_that_are_followed) {
    const TestNetwork network;
    const auto scope = open(network);
    EXPECT_EQ(ids_of(*scope), (std::vector{CHAIN, REMOTE}));
    EXPECT_EQ(scope->why_absent(uint256{999u}), "there is no rollup 999");
    EXPECT_EQ(scope->why_absent(uint256{CHAIN.number(), 1, 0, 0}),
              "there is no rollup 18446744073709552517");
    EXPECT_NE(scope->find(CHAIN), nullptr);
    EXPECT_EQ(scope->find(ChainId{999}), nullptr);
    EXPECT_FALSE(scope->find(CHAIN)->is_touched());
}

TEST(open_scope, gives_views_of_a_rollup_little_gas) {
    // The predeploy returns what gas it has left.
    constexpr uint8_t PUSH1 = evm::OP_PUSH0 + 1;
    const TestNetwork network{{.rollup = [](rollup::RollupConfig& config) {
        config.genesis.alloc[rollup::PREDEPLOY].code = {
            evm::OP_GAS, evm::OP_PUSH0, evm::OP_MSTORE, PUSH1, 32, evm::OP_PUSH0, evm::OP_RETURN};
    }}};
    const auto scope = open(network);
    const auto gas = from_be(scope->find(CHAIN)->view({}));
    EXPECT_GT(gas, uint256{1'000'000u});
    EXPECT_LT(gas, uint256{10'000'000u});
}

TEST(open_scope, leaves_out_a_rollup_that_has_stopped) {
    TestNetwork network;
    network.stop_chain();
    const auto scope = open(network);
    EXPECT_EQ(ids_of(*scope), std::vector{REMOTE});
    // The batch and the reason.
    EXPECT_THAT(scope->why_absent(uint256{CHAIN}), HasSubstr("stopped"));
    EXPECT_THAT(scope->why_absent(uint256{CHAIN}), HasSubstr("batch 0"));
    EXPECT_THAT(scope->why_absent(uint256{CHAIN}), HasSubstr("wrong_last_block_hash"));
}

TEST(open_scope, leaves_out_a_rollup_whose_head_l1_does_not_have) {
    TestNetwork network;
    // The follower has it from another genesis than L1.
    network.configs[1].genesis.extra_data = {1};
    network.follow_anew();
    const auto scope = open(network);
    EXPECT_EQ(ids_of(*scope), std::vector{CHAIN});
    EXPECT_THAT(scope->why_absent(uint256{REMOTE}), HasSubstr("the head of rollup 902"));
}

TEST(open_scope, leaves_out_all_rollups_if_l1_was_not_followed_to_its_head) {
    TestNetwork network;
    network.follower = std::make_unique<rollup::Follower>(network.source, network.configs);
    const auto scope = open(network);
    EXPECT_TRUE(ids_of(*scope).empty());
    EXPECT_EQ(scope->why_absent(uint256{CHAIN}), "L1's block 0 was not followed");
}

TEST(open_scope, leaves_out_a_rollup_that_l1_does_not_know) {
    const TestNetwork network{{.registry = [](ChainId id, protocol::RegisteredRollup& rollup) {
        if (id == CHAIN) rollup = {};
    }}};
    const auto scope = open(network);
    EXPECT_EQ(ids_of(*scope), std::vector{REMOTE});
    EXPECT_EQ(scope->why_absent(uint256{CHAIN}), "L1 does not know rollup 901");
}

TEST(open_scope, leaves_out_a_rollup_whose_owner_changed_its_program_or_policy) {
    const TestNetwork network{{.registry = [](ChainId id, protocol::RegisteredRollup& rollup) {
        if (id == REMOTE) rollup.policy = Address{{1}};
        if (id == CHAIN) rollup.program_id = Hash{{2}};
    }}};
    const auto scope = open(network);
    EXPECT_TRUE(ids_of(*scope).empty());
    EXPECT_EQ(scope->why_absent(uint256{REMOTE}),
              "no node here serves rollup 902: it has the sequencing policy " +
                  to_hex(Address{{1}}) + " on L1");
    EXPECT_EQ(scope->why_absent(uint256{CHAIN}),
              "no node here serves rollup 901: it has program " + to_hex(Hash{{2}}) +
                  " on L1, and " + to_hex(network.configs[0].program_id) + " here");
}

TEST(open_scope, blocks_name_their_l1_origin) {
    const TestNetwork network;
    const auto scope = open(network);
    const auto batch = scope->find(CHAIN)->batch();
    ASSERT_EQ(batch.blocks.size(), 1u);
    EXPECT_EQ(batch.blocks[0].kind, rollup::BlockKind::regular);
    EXPECT_EQ(batch.blocks[0].slot, 0u);
    EXPECT_EQ(batch.blocks[0].l1_origin_number, 0u);
    EXPECT_EQ(batch.blocks[0].l1_origin_hash, network.l1->head()->hash);
}

TEST(open_scope, forgets_what_was_closed_since_the_block_before) {
    TestNetwork network;
    network.source.emit({rollup::test::closing(uint256{903u})});
    ASSERT_TRUE(network.follower->advance().has_value());
    const auto scope = open_on_source(network);
    const auto batch = scope->find(CHAIN)->batch();
    ASSERT_EQ(batch.blocks[0].transactions.size(), 2u);
    EXPECT_EQ(batch.blocks[0].transactions[1].data,
              protocol::callable::remove_chains({uint256{903u}}));
    EXPECT_FALSE(scope->find(CHAIN)->is_touched());
}

TEST(open_scope, takes_what_the_forced_queue_holds_and_leaves_it_out_of_the_batch) {
    TestNetwork network;
    network.source.queue(
        CHAIN, {rollup::test::deposit(Address{{7}}, 5), rollup::test::deposit(Address{{8}}, 6)});
    ASSERT_TRUE(network.follower->advance().has_value());
    const auto scope = open_on_source(network);
    auto& rollup = *scope->find(CHAIN);
    EXPECT_EQ(rollup.forced_position(), 2u);
    EXPECT_EQ(rollup.taken_by_block(), 2u);
    EXPECT_EQ(rollup.deposited_wei(), uint256{11u});
    EXPECT_EQ(rollup.block().state().balance(Address{{8}}), uint256{6u});
    EXPECT_EQ(rollup.block().transactions().size(), 4u);
    const auto content = rollup.content();
    ASSERT_EQ(content.transactions.size(), 2u);
    EXPECT_EQ(content.transactions[1].data, protocol::callable::take_forced(2));
    EXPECT_EQ(rollup::encode(rollup.batch()).size(), rollup.batch_size());
    // Somebody waits for it, unless it is left to another scope.
    EXPECT_TRUE(rollup.is_touched());
    EXPECT_TRUE(rollup.must_settle());
    EXPECT_FALSE(scope->find(REMOTE)->is_touched());
    rollup.postpone();
    EXPECT_FALSE(rollup.is_touched());
    EXPECT_FALSE(rollup.must_settle());
    Author author;
    ASSERT_TRUE(rollup.run(author.transfer(Address{{1}}, 1), user()).has_value());
    EXPECT_TRUE(rollup.is_touched());
    EXPECT_EQ(rollup.content().transactions.size(), 3u);
}

TEST(open_scope, requires_a_batch_where_one_has_to_undo_a_closing) {
    TestNetwork network;
    const auto scope = open(network);
    auto& rollup = *scope->find(CHAIN);
    rollup.require_batch();
    EXPECT_TRUE(rollup.must_settle());
    EXPECT_TRUE(rollup.is_touched());
    EXPECT_EQ(rollup.batch().blocks.at(0).transactions.size(), 1u);
}

TEST(open_scope, leaves_out_a_closed_rollup) {
    test::NetworkChanges changes;
    changes.registry = [](ChainId chain_id, protocol::RegisteredRollup& registered) {
        if (chain_id != REMOTE) return;
        registered.verifier = {};
        registered.closed = true;
    };
    const TestNetwork network{changes};
    const auto scope = open(network);
    EXPECT_EQ(ids_of(*scope), std::vector{CHAIN});
    EXPECT_THAT(scope->why_absent(uint256{REMOTE}), HasSubstr("closed for good"));
}

TEST(open_scope, makes_known_what_was_registered_since_the_block_before) {
    // L1's next block registers 902 and 903, and is the one that the scope is built on.
    TestNetwork network;
    network.source.register_rollups({uint256{REMOTE}, uint256{903u}});
    ASSERT_TRUE(network.follower->advance().has_value());
    const auto scope = open_on_source(network);
    auto& rollup = *scope->find(CHAIN);
    const auto batch = rollup.batch();
    ASSERT_EQ(batch.blocks[0].transactions.size(), 2u);
    const std::vector<uint256> added{uint256{REMOTE}, uint256{903u}};
    EXPECT_EQ(batch.blocks[0].transactions[1].data, protocol::callable::add_chains(added));
    EXPECT_EQ(scope->find(REMOTE)->batch().blocks[0].transactions[1].data,
              protocol::callable::add_chains({uint256{903u}}));
    // That alone is nothing to settle.
    EXPECT_FALSE(rollup.is_touched());
    Author author;
    ASSERT_TRUE(rollup.run(author.transfer(Address{{1}}, 1), user()).has_value());
    EXPECT_TRUE(rollup.is_touched());
    EXPECT_TRUE(rollup::check_form(rollup.followed().config, rollup.batch(),
                                   rollup.batch_parent().header(),
                                   network.follower->options_for(rollup.followed()))
                    .has_value());
}

TEST(open_scope, a_block_names_the_origin_up_to_which_it_can_make_chains_known) {
    TestNetwork network;
    register_many(network, 10'000, MAX_CHAINS_PER_BLOCK / 2);
    register_many(network, 20'000, MAX_CHAINS_PER_BLOCK / 2);
    register_many(network, 30'000, 1);
    const auto scope = open_on_source(network);
    auto& rollup = *scope->find(CHAIN);
    EXPECT_EQ(rollup.l1_origin_number(), 2u);
    const auto batch = rollup.batch();
    EXPECT_EQ(batch.blocks[0].l1_origin_number, 2u);
    EXPECT_EQ(batch.blocks[0].l1_origin_hash, network.source.blocks_[2]->hash);
    EXPECT_GE(batch.blocks[0].timestamp_s, network.source.blocks_[2]->header().timestamp_s);
    EXPECT_TRUE(rollup::check_form(rollup.followed().config, batch, rollup.batch_parent().header(),
                                   network.follower->options_for(rollup.followed()))
                    .has_value());
}

TEST(open_scope, leaves_out_a_rollup_whose_block_names_an_origin_that_is_too_old) {
    TestNetwork network;
    register_many(network, 10'000, MAX_CHAINS_PER_BLOCK);
    register_many(network, 20'000, 1);
    add_l1_blocks(network, MAX_SETTLED_ORIGIN_AGE - 2);
    EXPECT_NE(open_on_source(network)->find(CHAIN), nullptr);
    add_l1_blocks(network, 1);
    const auto scope = open_on_source(network);
    EXPECT_EQ(scope->find(CHAIN), nullptr);
    EXPECT_THAT(scope->why_absent(uint256{CHAIN}),
                HasSubstr("takes what L1 said up to block 1, which is too old to end a batch"));
    // Others can come behind one that ends no batch.
    EXPECT_EQ(open_on_source(network, CHAIN)->find(CHAIN)->l1_origin_number(), 1u);
}

TEST(open_scope, leaves_out_a_rollup_whose_batch_can_not_take_what_l1_said) {
    TestNetwork network;
    register_many(network, 10'000, rollup::MAX_BATCH_GAS / GAS_PER_CHAIN + 1);
    add_l1_blocks(network, MAX_SETTLED_ORIGIN_AGE - 1);
    const auto scope = open_on_source(network, CHAIN);
    EXPECT_EQ(scope->find(CHAIN), nullptr);
    EXPECT_THAT(scope->why_absent(uint256{CHAIN}),
                HasSubstr("a batch can't take all that L1 has said of chains since"));
}

TEST(open_scope, a_root_may_bring_the_limits_that_no_root_before_it_brought) {
    const TestNetwork network{{.registry = [](ChainId id, protocol::RegisteredRollup& rollup) {
        rollup.escrow = id == REMOTE ? uint256{7u} : uint256{};
    }}};
    const auto scope = open(network);
    auto& rollup = *scope->find(CHAIN);
    const std::vector<protocol::Limit> limits{{uint256{REMOTE}, uint256{7u}}};
    EXPECT_EQ(scope->limits_for(rollup), limits);
    // L1 holds nothing for CHAIN, and none limits itself.
    EXPECT_TRUE(scope->limits_for(*scope->find(REMOTE)).empty());
    const auto before = scope->checkpoint();
    rollup.add_limits(limits);
    EXPECT_TRUE(scope->limits_for(rollup).empty());
    scope->rollback(before);
    EXPECT_EQ(scope->limits_for(rollup), limits);
}

TEST(open_scope, system_transactions_get_half_of_what_the_batch_has_left) {
    const TestNetwork network;
    const auto scope = open(network);
    auto& rollup = *scope->find(CHAIN);
    EXPECT_EQ(rollup.system_gas(), OpenRollup::MAX_SYSTEM_GAS);
    EXPECT_FALSE(rollup.is_short_of_gas());
    // The parent's, and 10'000'000 for each of 12 seconds.
    constexpr uint64_t MOST = rollup::MIN_GAS_LIMIT + 120'000'000;
    EXPECT_LE(rollup.block().room().all_gas, MOST);
    EXPECT_EQ(rollup.block().room().all_gas + rollup.block().all_gas_used(), MOST);
}

/// When a rollup's block is, in seconds after L1's head; nullopt if it is left out.
std::optional<uint64_t> block_time(uint64_t parent, uint64_t slot) {
    TestNetwork network{{.rollup = [&](rollup::RollupConfig& config) {
        config.genesis.timestamp_s = TestNetwork::GENESIS_TIME_S + parent;
    }}};
    chain::BlockAttributes next;
    next.timestamp_s = TestNetwork::GENESIS_TIME_S + slot;
    network.l1->set_next_block(next);
    const auto scope = open(network);
    auto* const rollup = scope->find(CHAIN);
    if (!rollup) return std::nullopt;
    return rollup->block().environment().block.timestamp_s - TestNetwork::GENESIS_TIME_S;
}

TEST(open_scope, a_rollups_block_is_in_the_slot_if_its_clock_lets_it) {
    EXPECT_EQ(block_time(0, 12), 12u);
    // Others have put its clock forward: 600 s ahead of the L1 origin are allowed.
    EXPECT_EQ(block_time(12, 12), 13u);
    EXPECT_EQ(block_time(599, 12), 600u);
    EXPECT_EQ(block_time(600, 12), std::nullopt);
    // A committee that signs anything has let it run to the end of all clocks.
    EXPECT_EQ(block_time(UINT64_MAX - TestNetwork::GENESIS_TIME_S, 12), std::nullopt);
    // L1 has missed many slots.
    EXPECT_EQ(block_time(0, 601), 600u);
}

TEST(open_scope, knows_the_size_of_a_batch_at_any_moment) {
    const TestNetwork network;
    const auto scope = open(network);
    auto& rollup = *scope->find(CHAIN);
    const auto expect_size = [&] {
        EXPECT_EQ(rollup.batch_size(), rollup::encode(rollup.batch()).size());
    };
    expect_size();
    Author author;
    ASSERT_TRUE(rollup.run(author.transfer(Address{{1}}, 1), user()).has_value());
    expect_size();
    const auto before = scope->checkpoint();
    ASSERT_TRUE(rollup.run_system(protocol::callable::run_root({}, {})).has_value());
    expect_size();
    EXPECT_EQ(rollup.batch().blocks[0].transactions.size(), 3u);
    scope->rollback(before);
    expect_size();
    EXPECT_EQ(rollup.batch().blocks[0].transactions.size(), 2u);
}

TEST(open_scope, goes_back_on_all_chains_at_once) {
    const TestNetwork network;
    const auto scope = open(network);
    auto& l1 = scope->l1();
    auto& rollup = *scope->find(CHAIN);
    const auto before = scope->checkpoint();
    const uint64_t gas_left = l1.budget.left();

    Author author;
    ASSERT_TRUE(rollup.run(author.transfer(Address{{1}}, 7), user()).has_value());
    l1.state().set_balance(Address{{2}}, uint256{7u});
    l1.legs.emplace_back();
    l1.budget.add_gas(1'000);
    l1.runs_alone = true;
    EXPECT_TRUE(rollup.is_touched());

    scope->rollback(before);
    EXPECT_FALSE(rollup.is_touched());
    EXPECT_TRUE(rollup.block().state().balance(Address{{1}}).is_zero());
    EXPECT_TRUE(l1.state().balance(Address{{2}}).is_zero());
    EXPECT_TRUE(l1.legs.empty());
    EXPECT_EQ(l1.budget.left(), gas_left);
    EXPECT_FALSE(l1.runs_alone);
}

TEST(open_scope, says_why_a_system_transaction_can_not_stand) {
    const TestNetwork network;
    const auto scope = open(network);
    protocol::RootContext context;
    context.root_index = rollup::test::REVERTING_INDEX;
    const auto run = scope->find(CHAIN)->run_system(protocol::callable::run_root(context, {}));
    ASSERT_FALSE(run.has_value());
    EXPECT_EQ(run.error().revert_data, abi::encode(uint256{rollup::test::REVERTING_INDEX}));
    EXPECT_FALSE(scope->find(CHAIN)->is_touched());
}

}  // namespace
}  // namespace scope::builder
