#include "rollup/batch_execution.hpp"

#include <gtest/gtest.h>

#include <functional>

#include "crypto/keccak.hpp"
#include "protocol/callable.hpp"
#include "test_rollup/test_rollup.hpp"

namespace scope::rollup {
namespace {

using namespace test;
namespace callable = protocol::callable;

constexpr Hash ORIGIN{{0x11, 0x22}};

TEST(batch_execution, executes_every_block_and_leaves_the_chain_alone) {
    const auto rollup = config();
    const auto chain = make_chain(rollup);
    const Hash head = chain.head()->hash;
    const auto batch = sample_batch(chain, ORIGIN, 9);
    const auto executed = execute_batch(chain, rollup, batch);
    ASSERT_TRUE(executed.has_value()) << to_string(executed.error());
    EXPECT_EQ(chain.head()->hash, head);
    EXPECT_EQ(executed->pre_state_root, chain.head()->header().state_root);

    ASSERT_EQ(executed->blocks.size(), 2u);
    Hash parent = head;
    for (size_t i = 0; i < 2; ++i) {
        const auto& block = executed->blocks[i].block;
        const auto& header = block.header();
        EXPECT_EQ(header.number, i + 1);
        EXPECT_EQ(header.parent_hash, parent);
        EXPECT_EQ(header.timestamp_s, batch.blocks[i].timestamp_s);
        EXPECT_EQ(header.coinbase, batch.blocks[i].coinbase);
        EXPECT_EQ(header.prev_randao, crypto::keccak256(ORIGIN));
        EXPECT_EQ(header.parent_beacon_block_root, ORIGIN);
        EXPECT_EQ(header.gas_limit, chain.head()->header().gas_limit);
        EXPECT_TRUE(header.extra_data.empty());
        EXPECT_EQ(block.block.transactions, batch.blocks[i].transactions);
        parent = block.hash;
    }
    const auto& last = executed->blocks[1];
    EXPECT_EQ(executed->last_block_hash, last.block.hash);
    EXPECT_EQ(executed->post_state_root, last.state->state_root());
}

TEST(batch_execution, bounds_the_clock_by_the_l1_origin) {
    const auto rollup = config();
    const auto chain = make_chain(rollup);
    auto batch = sample_batch(chain);
    const uint64_t last = batch.blocks[1].timestamp_s;
    const uint64_t origin = last - MAX_CLOCK_AHEAD_S;
    EXPECT_TRUE(execute_batch(chain, rollup, batch, {.l1_origin_timestamp_s = origin}).has_value());
    batch.blocks[1].timestamp_s = last + 1;
    const auto refused = execute_batch(chain, rollup, batch, {.l1_origin_timestamp_s = origin});
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().rule, BatchRule::timestamp_ahead_of_l1);
    EXPECT_EQ(refused.error().block, 1u);
}

TEST(batch_execution, reads_the_streams_from_the_post_state) {
    const auto rollup = config();
    const auto chain = make_chain(rollup);
    const auto executed = execute_batch(chain, rollup, sample_batch(chain));
    ASSERT_TRUE(executed.has_value()) << to_string(executed.error());
    auto hashes = protocol::empty_streams();
    hashes.requests_in = Hash{{0xab}};
    EXPECT_EQ(executed->remotes,
              (std::vector<protocol::Streams>{{uint256{REMOTE}, hashes, uint256{3u}, uint256{}}}));

    Author author;
    const auto quiet = execute_batch(chain, rollup, make_batch(chain, {{author.open_scope()}}));
    ASSERT_TRUE(quiet.has_value()) << to_string(quiet.error());
    EXPECT_TRUE(quiet->remotes.empty());
}

TEST(batch_execution, the_predeploys_transient_storage_reaches_the_users_transaction) {
    const auto rollup = config();
    const auto chain = make_chain(rollup);
    const auto batch = sample_batch(chain);
    const auto executed = execute_batch(chain, rollup, batch);
    ASSERT_TRUE(executed.has_value()) << to_string(executed.error());
    EXPECT_EQ(executed->blocks[0].state->storage(PREDEPLOY, to_be(uint256{CARRIED_SLOT})),
              hash(batch.blocks[0].transactions[3]));
}

TEST(batch_execution, what_it_gives_can_be_imported) {
    const auto rollup = config();
    auto chain = make_chain(rollup);
    const auto batch = sample_batch(chain);
    const auto executed = execute_batch(chain, rollup, batch);
    ASSERT_TRUE(executed.has_value()) << to_string(executed.error());
    for (const auto& sealed : executed->blocks) {
        const auto imported = chain.import(sealed.block.block);
        ASSERT_TRUE(imported.has_value()) << chain::to_string(imported.error());
    }
    EXPECT_EQ(chain.head()->hash, executed->last_block_hash);
    EXPECT_EQ(chain.head_state()->state_root(), executed->post_state_root);

    // The same batch on an older block, by name.
    const auto again = execute_batch(
        chain, rollup, batch, {.parent = chain.store().canonical_block(0)->hash, .digests = {}});
    ASSERT_TRUE(again.has_value()) << to_string(again.error());
    EXPECT_EQ(again->last_block_hash, executed->last_block_hash);
    EXPECT_EQ(execute_batch(chain, rollup, batch).error().rule, BatchRule::wrong_first_block);
}

TEST(batch_execution, traces_name_what_each_transaction_changed) {
    const auto rollup = config();
    const auto chain = make_chain(rollup);
    const auto executed =
        execute_batch(chain, rollup, sample_batch(chain), {.parent = {}, .digests = Digests::yes});
    ASSERT_TRUE(executed.has_value()) << to_string(executed.error());
    ASSERT_EQ(executed->digests.size(), 2u);
    EXPECT_EQ(executed->digests[1].block_hash, executed->last_block_hash);
    EXPECT_EQ(executed->digests[1].state_root, executed->post_state_root);
    ASSERT_EQ(executed->digests[0].transactions.size(), 4u);
    std::vector<Address> changed;
    for (const auto& account : executed->digests[0].transactions[1].accounts)
        changed.push_back(account.address);
    std::vector<Address> expected{Address{{0x01, 0x02}}, Address{{0xc0}}, user()};
    std::ranges::sort(expected);
    EXPECT_EQ(changed, expected);
}

// --- Refusals ---

struct Refused {
    const char* name;
    BatchRule rule;
    size_t block;
    std::optional<size_t> transaction;
    std::function<void(Batch&, Author&)> change;  ///< of a sample batch
    std::optional<execution::TxError> tx_error = std::nullopt;
};

class batch_refusal : public testing::TestWithParam<Refused> {};

TEST_P(batch_refusal, names_the_rule_and_the_place) {
    const auto& expected = GetParam();
    const auto rollup = config();
    const auto chain = make_chain(rollup);
    Batch batch = sample_batch(chain);
    Author author;
    expected.change(batch, author);
    const auto executed = execute_batch(chain, rollup, batch);
    ASSERT_FALSE(executed.has_value());
    EXPECT_EQ(to_string(executed.error().rule), to_string(expected.rule));
    EXPECT_EQ(executed.error().block, expected.block);
    EXPECT_EQ(executed.error().transaction, expected.transaction);
    EXPECT_EQ(executed.error().tx_error, expected.tx_error);
    EXPECT_EQ(chain.head()->header().number, 0u);
}

auto& first(Batch& batch) {
    return batch.blocks[0].transactions;
}

INSTANTIATE_TEST_SUITE_P(
    rules, batch_refusal,
    testing::Values(
        Refused{"wrong_chain_id",
                BatchRule::wrong_chain_id,
                0,
                {},
                [](Batch& batch, Author&) { batch.chain_id = ChainId{999}; }},
        Refused{"wrong_first_block",
                BatchRule::wrong_first_block,
                0,
                {},
                [](Batch& batch, Author&) { batch.first_block = 2; }},
        Refused{"too_many_blocks",
                BatchRule::too_many_blocks,
                MAX_BATCH_BLOCKS,
                {},
                [](Batch& batch, Author&) {
                    batch.blocks.resize(MAX_BATCH_BLOCKS + 1, batch.blocks[1]);
                }},
        Refused{"timestamp_of_the_parent",
                BatchRule::timestamp_not_after_parent,
                0,
                {},
                [](Batch& batch, Author&) { batch.blocks[0].timestamp_s = 1000; }},
        Refused{"timestamp_of_the_block_before",
                BatchRule::timestamp_not_after_parent,
                1,
                {},
                [](Batch& batch, Author&) {
                    batch.blocks[1].timestamp_s = batch.blocks[0].timestamp_s;
                }},
        Refused{"first_block_empty",
                BatchRule::missing_open_scope,
                0,
                {},
                [](Batch& batch, Author&) { first(batch).clear(); }},
        Refused{"first_is_a_users",
                BatchRule::missing_open_scope,
                0,
                {},
                [](Batch& batch, Author&) { first(batch).erase(first(batch).begin()); }},
        Refused{"first_is_another_system_transaction", BatchRule::missing_open_scope, 0, 0,
                [](Batch& batch, Author& author) { first(batch)[0] = author.run_root(0); }},
        Refused{"opened_again", BatchRule::repeated_open_scope, 1, 2,
                [](Batch& batch, Author& author) {
                    batch.blocks[1].transactions.push_back(author.open_scope());
                }},
        Refused{"unknown_function", BatchRule::unknown_system_call, 1, 0,
                [](Batch& batch, Author& author) {
                    batch.blocks[1].transactions[0] = author.system(callable::close_root());
                }},
        Refused{"no_calldata", BatchRule::unknown_system_call, 0, 0,
                [](Batch& batch, Author& author) { first(batch)[0] = author.system({}); }},
        Refused{"trailing_byte", BatchRule::malformed_system_call, 1, 0,
                [](Batch& batch, Author&) { batch.blocks[1].transactions[0].data.push_back(0); }},
        Refused{"load_of_a_foreign_root", BatchRule::load_of_foreign_root, 0, 2,
                [](Batch& batch, Author& author) {
                    first(batch)[2] = author.system(callable::load_root(
                        {uint256{REMOTE}, hash(first(batch)[3]), uint256{}}, {}));
                }},
        Refused{"run_of_an_own_root", BatchRule::run_of_own_root, 1, 0,
                [](Batch& batch, Author& author) {
                    batch.blocks[1].transactions[0] =
                        author.system(callable::run_root({uint256{CHAIN}, Hash{}, uint256{}}, {}));
                }},
        Refused{"load_at_the_end_of_a_block", BatchRule::load_without_user_transaction, 0, 2,
                [](Batch& batch, Author&) { first(batch).pop_back(); }},
        Refused{"load_before_a_system_transaction", BatchRule::load_without_user_transaction, 0, 2,
                [](Batch& batch, Author& author) { first(batch)[3] = author.run_root(9); }},
        Refused{"load_names_another_transaction", BatchRule::wrong_operation_hash, 0, 2,
                [](Batch& batch, Author&) { first(batch)[3] = first(batch)[1]; }},
        Refused{"used_nonce", BatchRule::refused_transaction, 1, 2,
                [](Batch& batch, Author&) {
                    batch.blocks[1].transactions.push_back(batch.blocks[1].transactions[1]);
                },
                execution::TxError::nonce_too_low},
        Refused{"used_system_nonce", BatchRule::refused_transaction, 1, 1,
                [](Batch& batch, Author&) {
                    auto& transactions = batch.blocks[1].transactions;
                    transactions[1] = transactions[0];
                },
                execution::TxError::nonce_too_low},
        Refused{"transaction_of_another_chain", BatchRule::refused_transaction, 0, 1,
                [](Batch& batch, Author&) {
                    first(batch)[1] = Author{REMOTE}.transfer(Address{{1}}, 1);
                },
                execution::TxError::wrong_chain_id},
        Refused{"system_transaction_to_another_target", BatchRule::refused_transaction, 0, 0,
                [](Batch& batch, Author&) { first(batch)[0].to = Address{{1}}; },
                execution::TxError::system_wrong_target}),
    [](const auto& info) { return std::string{info.param.name}; });

TEST(batch_execution, gives_the_revert_data_of_a_failed_system_transaction) {
    const auto rollup = config();
    const auto chain = make_chain(rollup);
    Author author;
    const auto batch =
        make_batch(chain, {{author.open_scope()}, {author.run_root(REVERTING_INDEX)}});
    const auto executed = execute_batch(chain, rollup, batch);
    ASSERT_FALSE(executed.has_value());
    EXPECT_EQ(executed.error().rule, BatchRule::refused_transaction);
    EXPECT_EQ(executed.error().block, 1u);
    EXPECT_EQ(executed.error().transaction, 0u);
    EXPECT_EQ(executed.error().tx_error, execution::TxError::system_failed);
    EXPECT_EQ(executed.error().revert_data, to_bytes(to_be(uint256{REVERTING_INDEX})));
    EXPECT_EQ(to_string(executed.error()),
              "block 1, transaction 0: refused_transaction: system_failed, revert data "
              "0x000000000000000000000000000000000000000000000000000000000000dead");
}

TEST(batch_execution, refuses_a_predeploy_without_views) {
    auto rollup = config();
    rollup.genesis.alloc[PREDEPLOY].code = {0x00};  // STOP
    const auto chain = make_chain(rollup);
    Author author;
    const auto executed = execute_batch(chain, rollup, make_batch(chain, {{author.open_scope()}}));
    ASSERT_FALSE(executed.has_value());
    EXPECT_EQ(executed.error().rule, BatchRule::unreadable_streams);
}

}  // namespace
}  // namespace scope::rollup
