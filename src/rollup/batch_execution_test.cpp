#include "rollup/batch_execution.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <functional>

#include "crypto/keccak.hpp"
#include "execution/statistics.hpp"
#include "protocol/callable.hpp"
#include "rollup/statistics.hpp"
#include "test_rollup/assembler.hpp"
#include "test_rollup/test_rollup.hpp"

namespace scope::rollup {
namespace {

using namespace test;
namespace callable = protocol::callable;

/// An L1 with a block each 12 s, as FakeL1's are, whose hashes are their numbers.
class Origins final : public L1Origins {
  public:
    static constexpr uint64_t HEAD = 100;
    static Hash hash_of(uint64_t number) { return to_be(uint256{number}); }
    static uint64_t timestamp_of(uint64_t number) { return 1000 + 12 * number; }

    [[nodiscard]] std::optional<Origin> l1_origin(uint64_t number) const override {
        if (number > HEAD) return std::nullopt;
        return Origin{hash_of(number), timestamp_of(number)};
    }
    [[nodiscard]] std::vector<ChainId> registered(uint64_t after, uint64_t up_to) const override {
        std::vector<ChainId> chains;
        for (const auto& [number, chain] : registrations)
            if (number > after && number <= up_to) chains.push_back(chain);
        std::ranges::sort(chains);
        return chains;
    }
    [[nodiscard]] std::vector<ChainId> closed(uint64_t, uint64_t) const override { return {}; }
    [[nodiscard]] std::optional<Bytes> upgrade(ChainId, uint64_t, uint64_t) const override {
        return std::nullopt;
    }
    [[nodiscard]] const QueuedEntry* forced_entry(ChainId, uint64_t) const override {
        return nullptr;
    }

    std::vector<std::pair<uint64_t, ChainId>> registrations{
        {8, ChainId{950}}, {8, CHAIN}, {9, ChainId{940}}};
};

void set_origin(BatchBlock& block, uint64_t number) {
    block.l1_origin_number = number;
    block.l1_origin_hash = Origins::hash_of(number);
    block.timestamp_s = std::max(block.timestamp_s, Origins::timestamp_of(number));
}

TEST(batch_execution, executes_every_block_and_leaves_the_chain_alone) {
    const auto rollup = config();
    const auto chain = make_chain(rollup);
    const Hash head = chain.head()->hash;
    auto batch = sample_batch(chain, Origins::hash_of(6), 6);
    set_origin(batch.blocks[1], 7);
    const Origins l1;
    const auto executed =
        execute_batch(chain, rollup, batch,
                      {.l1 = &l1, .parent_l1_origin_number = 6, .max_kept_bytes = MAX_KEPT_BYTES});
    ASSERT_TRUE(executed.has_value()) << to_string(executed.error());
    EXPECT_EQ(chain.head()->hash, head);
    EXPECT_EQ(executed->parent_block_hash, head);

    ASSERT_EQ(executed->blocks.size(), 2u);
    Hash parent = head;
    uint64_t paid_gas = 0;
    for (size_t i = 0; i < 2; ++i) {
        const auto& block = executed->blocks[i].block;
        const auto& header = block.header();
        EXPECT_EQ(header.number, i + 1);
        EXPECT_EQ(header.parent_hash, parent);
        EXPECT_EQ(header.timestamp_s, batch.blocks[i].timestamp_s);
        EXPECT_EQ(header.coinbase, batch.blocks[i].coinbase);
        EXPECT_EQ(header.prev_randao, crypto::keccak256(Origins::hash_of(6 + i)));
        EXPECT_EQ(header.parent_beacon_block_root, Origins::hash_of(6 + i));
        EXPECT_EQ(header.gas_limit, chain.head()->header().gas_limit);
        EXPECT_TRUE(header.extra_data.empty());
        EXPECT_EQ(block.block.transactions, batch.blocks[i].transactions);
        paid_gas += header.gas_used;
        parent = block.hash;
    }
    EXPECT_EQ(executed->last_block_hash, parent);
    EXPECT_GT(executed->gas_used, paid_gas);
}

TEST(batch_execution, bounds_the_clock_by_each_blocks_own_l1_origin) {
    const auto rollup = config();
    const auto chain = make_chain(rollup);
    const Origins l1;
    const BatchOptions options{.l1 = &l1, .parent_l1_origin_number = 6};
    auto batch = sample_batch(chain, Origins::hash_of(6), 6);
    const auto rule = [&] {
        const auto checked = check_form(rollup, batch, chain.head()->header(), options);
        return checked ? "" : to_string(checked.error());
    };
    batch.blocks[0].timestamp_s = Origins::timestamp_of(6);
    batch.blocks[1].timestamp_s = Origins::timestamp_of(6) + MAX_CLOCK_AHEAD_S;
    EXPECT_EQ(rule(), "");
    ++batch.blocks[1].timestamp_s;
    EXPECT_EQ(rule(), "block 1: timestamp_ahead_of_l1");
    set_origin(batch.blocks[1], 7);
    EXPECT_EQ(rule(), "");
    batch.blocks[1].timestamp_s = Origins::timestamp_of(7) - 1;
    EXPECT_EQ(rule(), "block 1: timestamp_before_l1_origin");
    --batch.blocks[0].timestamp_s;
    EXPECT_EQ(rule(), "block 0: timestamp_before_l1_origin");
}

TEST(batch_execution, makes_registered_chains_known) {
    const auto rollup = config();
    const auto chain = make_chain(rollup);
    const Origins l1;
    const BatchOptions options{
        .l1 = &l1, .parent_l1_origin_number = 7, .max_kept_bytes = MAX_KEPT_BYTES};
    Author author;
    // In the first block behind openScope, in the next one first.
    std::vector<std::vector<Transaction>> blocks(2);
    blocks[0] = {author.open_scope(), author.add_chains({uint256{950u}})};
    blocks[1] = {author.add_chains({uint256{940u}}), author.run_root(1)};
    auto batch = make_batch(chain, blocks, 0, Origins::hash_of(8), 8);
    set_origin(batch.blocks[1], 9);
    const auto executed = execute_batch(chain, rollup, batch, options);
    ASSERT_TRUE(executed.has_value()) << to_string(executed.error());
    EXPECT_EQ(executed->blocks[1].state->storage(PREDEPLOY, to_be(uint256{ADDED_CHAIN_SLOT})),
              to_be(uint256{940u}));

    // All at once, and from the beginning.
    Author again;
    auto both =
        make_batch(chain, {{again.open_scope(), again.add_chains({uint256{940u}, uint256{950u}})}},
                   0, Origins::hash_of(10), 10);
    EXPECT_TRUE(execute_batch(chain, rollup, both, {.l1 = &l1}).has_value());
    // Without an L1 it is not known which they are; their place is.
    EXPECT_TRUE(execute_batch(chain, rollup, both).has_value());
}

TEST(batch_execution, bounds_all_gas_of_a_batch) {
    BlockHeader parent;
    parent.timestamp_s = 1000;
    parent.gas_limit = 60'000'000;
    EXPECT_EQ(max_batch_gas(parent, 1000), 60'000'000u);
    EXPECT_EQ(max_batch_gas(parent, 1012), 180'000'000u);
    EXPECT_EQ(max_batch_gas(parent, 1021), MAX_BATCH_GAS);
    EXPECT_EQ(max_batch_gas(parent, ~uint64_t{0}), MAX_BATCH_GAS);
    parent.gas_limit = execution::MAX_GAS;
    EXPECT_EQ(max_batch_gas(parent, 1000), MAX_BATCH_GAS);

    // A system transaction asks for more than the batch has left, in its first block or a later one.
    auto rollup = config();
    rollup.genesis.gas_limit = 100'000;
    const auto chain = make_chain(rollup);
    Author author;
    auto batch = make_batch(chain, {{author.open_scope()}, {author.run_root(1)}});
    batch.blocks[0].timestamp_s = chain.head()->header().timestamp_s + 1;
    batch.blocks[1].timestamp_s = batch.blocks[0].timestamp_s;
    const auto first_alone = [&] {
        auto alone = batch;
        alone.blocks.pop_back();
        return execute_batch(chain, rollup, alone, {.max_kept_bytes = MAX_KEPT_BYTES});
    };
    const uint64_t max_gas = 100'000 + BATCH_GAS_PER_SECOND;
    auto& open = batch.blocks[0].transactions[0];
    open.gas_limit = max_gas;
    const auto opened = first_alone();
    ASSERT_TRUE(opened.has_value()) << to_string(opened.error());
    EXPECT_GT(opened->gas_used, 21'000u);
    EXPECT_EQ(opened->blocks[0].block.header().gas_used, 0u);
    open.gas_limit = max_gas + 1;
    EXPECT_EQ(first_alone().error().tx_error, execution::TxError::block_gas_exceeded);
    open.gas_limit = max_gas;

    ++batch.blocks[1].timestamp_s;  // a second more for all
    auto& run = batch.blocks[1].transactions[0];
    run.gas_limit = max_gas + BATCH_GAS_PER_SECOND - opened->gas_used;
    const auto both = execute_batch(chain, rollup, batch);
    ASSERT_TRUE(both.has_value()) << to_string(both.error());
    EXPECT_GT(both->gas_used, opened->gas_used);
    ++run.gas_limit;
    const auto refused = execute_batch(chain, rollup, batch);
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(to_string(refused.error()),
              "block 1, transaction 0: refused_transaction: block_gas_exceeded");
}

TEST(batch_execution, reads_the_streams_from_the_post_state) {
    const auto rollup = config();
    const auto chain = make_chain(rollup);
    const auto executed = execute_batch(chain, rollup, sample_batch(chain));
    ASSERT_TRUE(executed.has_value()) << to_string(executed.error());
    auto hashes = protocol::empty_streams();
    hashes.requests_in = Hash{{0xab}};
    EXPECT_EQ(
        executed->remotes,
        (std::vector<protocol::Streams>{{uint256{REMOTE}, hashes, uint256{3u}, uint256{}, {}}}));

    Author author;
    const auto quiet = execute_batch(chain, rollup, make_batch(chain, {{author.open_scope()}}));
    ASSERT_TRUE(quiet.has_value()) << to_string(quiet.error());
    EXPECT_TRUE(quiet->remotes.empty());
}

/// Returns code that answers getLimit with a slot's value, and else does what @p other does.
Bytes with_limit(uint8_t slot, const Address& other) {
    using namespace literals;
    const Bytes selector = to_bytes(BytesView{callable::get_limit({})}.first(4));
    return concat(concat("5f3560e01c63"_hex, selector, "14603557"_hex),  // jumps if it is called
                  concat("365f5f375f5f365f73"_hex, other, "5af4503d5f5f3e3d5ff3"_hex),
                  concat("5b60"_hex, Bytes{slot}, "545f5260205ff3"_hex));
}

TEST(batch_execution, lists_a_remote_that_has_a_limit_alone) {
    constexpr Address CODE{{0x77}};
    constexpr uint8_t LIMIT_SLOT = 6;
    auto rollup = config();
    rollup.genesis.alloc[CODE].code = predeploy_code();
    auto& predeploy = rollup.genesis.alloc[PREDEPLOY];
    predeploy.code = with_limit(LIMIT_SLOT, CODE);
    predeploy.storage[to_be(uint256{LIMIT_SLOT})] = to_be(uint256{77u});
    const auto chain = make_chain(rollup);
    Author author;
    const auto executed = execute_batch(chain, rollup, make_batch(chain, {{author.open_scope()}}));
    ASSERT_TRUE(executed.has_value()) << to_string(executed.error());
    EXPECT_EQ(executed->remotes,
              (std::vector<protocol::Streams>{
                  {uint256{REMOTE}, protocol::empty_streams(), {}, {}, uint256{77u}}}));
}

TEST(batch_execution, the_predeploys_transient_storage_reaches_the_users_transaction) {
    const auto rollup = config();
    const auto chain = make_chain(rollup);
    const auto batch = sample_batch(chain);
    const auto executed = execute_batch(chain, rollup, batch, {.max_kept_bytes = MAX_KEPT_BYTES});
    ASSERT_TRUE(executed.has_value()) << to_string(executed.error());
    EXPECT_EQ(executed->blocks[0].state->storage(PREDEPLOY, to_be(uint256{CARRIED_SLOT})),
              hash(batch.blocks[0].transactions[3]));
}

TEST(batch_execution, what_it_gives_can_be_imported) {
    const auto rollup = config();
    auto chain = make_chain(rollup);
    const auto batch = sample_batch(chain);
    const auto executed = execute_batch(chain, rollup, batch, {.max_kept_bytes = MAX_KEPT_BYTES});
    ASSERT_TRUE(executed.has_value()) << to_string(executed.error());
    for (const auto& sealed : executed->blocks) {
        const auto imported = chain.import(sealed.block.block);
        ASSERT_TRUE(imported.has_value()) << chain::to_string(imported.error());
        EXPECT_EQ(chain::size_in_memory(**imported), chain::size_in_memory(sealed.block));
    }
    EXPECT_EQ(chain.head()->hash, executed->last_block_hash);

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
        execute_batch(chain, rollup, sample_batch(chain),
                      {.digests = Digests::yes, .max_kept_bytes = MAX_KEPT_BYTES});
    ASSERT_TRUE(executed.has_value()) << to_string(executed.error());
    ASSERT_EQ(executed->digests.size(), 2u);
    EXPECT_EQ(executed->digests[1].block_hash, executed->last_block_hash);
    EXPECT_EQ(executed->digests[1].state_root, executed->blocks[1].block.header().state_root);
    ASSERT_EQ(executed->digests[0].transactions.size(), 4u);
    std::vector<Address> changed;
    for (const auto& account : executed->digests[0].transactions[1].accounts)
        changed.push_back(account.address);
    std::vector<Address> expected{Address{{0x01, 0x02}}, Address{{0xc0}}, user()};
    std::ranges::sort(expected);
    EXPECT_EQ(changed, expected);
}

TEST(batch_execution, traces_cost_what_the_transactions_did) {
    const auto rollup = config();
    const auto chain = make_chain(rollup);
    const auto steps_of = [&](uint64_t transfers) {
        Author author;
        std::vector<Transaction> transactions{author.open_scope()};
        for (uint64_t i = 1; i <= transfers; ++i) {
            Address to{{0x55}};
            to.bytes[19] = static_cast<uint8_t>(i);
            transactions.push_back(author.transfer(to, i));
        }
        const uint64_t before = statistics.digested_steps;
        const auto executed =
            execute_batch(chain, rollup, make_batch(chain, {std::move(transactions)}),
                          {.parent = {}, .digests = Digests::yes});
        EXPECT_TRUE(executed.has_value());
        for (size_t i = 1; i <= transfers; ++i)
            EXPECT_EQ(executed->digests[0].transactions[i].accounts.size(), 3u);
        return statistics.digested_steps - before;
    };
    const uint64_t first = steps_of(1);  // it makes the coinbase's account, too
    const uint64_t each = steps_of(2) - first;
    EXPECT_GT(each, 0u);
    EXPECT_EQ(steps_of(101), first + 100 * each);
}

// --- Blocks are kept up to a bound, and handed on one by one ---

size_t size_of(const std::vector<chain::SealedBlock>& blocks) {
    size_t size_bytes = 0;
    for (const auto& sealed : blocks) size_bytes += chain::size_in_memory(sealed.block);
    return size_bytes;
}

/// A batch of blocks that each look at the hashes of all blocks before.
class LookingBack : public testing::Test {
  protected:
    static constexpr Address CONTRACT{{0xbb}};
    static constexpr uint64_t BLOCKS = 5;

    LookingBack() {
        using namespace literals;
        // sstore(number(), the sum of blockhash(i) for all i < number())
        rollup_.genesis.alloc[CONTRACT].code = "5f435b6001900380409091019080600257504355"_hex;
        Author author;
        std::vector<std::vector<Transaction>> blocks(BLOCKS);
        blocks[0].push_back(author.open_scope());
        for (auto& block : blocks) block.push_back(author.transfer(CONTRACT, 1));
        batch_ = make_batch(make_chain(rollup_), std::move(blocks));
    }

    [[nodiscard]] BatchExecution executed(size_t max_kept_bytes) const {
        auto execution =
            execute_batch(make_chain(rollup_), rollup_, batch_, {.max_kept_bytes = max_kept_bytes});
        if (!execution) throw std::runtime_error{to_string(execution.error())};
        return std::move(*execution);
    }

    RollupConfig rollup_ = config();
    Batch batch_;
};

TEST_F(LookingBack, is_kept_whole_or_not_at_all) {
    const auto all = executed(MAX_KEPT_BYTES);
    ASSERT_EQ(all.blocks.size(), BLOCKS);
    const size_t size_bytes = size_of(all.blocks);
    for (const auto& [bound, kept] :
         {std::pair{size_bytes, BLOCKS}, {size_bytes - 1, 0}, {size_bytes / 2, 0}, {0, 0}}) {
        const auto found = executed(bound);
        EXPECT_EQ(found.blocks.size(), kept) << bound;
        EXPECT_EQ(found.parent_block_hash, all.parent_block_hash);
        EXPECT_EQ(found.last_block_hash, all.last_block_hash);
        EXPECT_EQ(found.remotes, all.remotes);
        EXPECT_EQ(found.gas_used, all.gas_used);
    }
}

TEST_F(LookingBack, is_adopted_alike_kept_or_not) {
    auto of_kept = make_chain(rollup_);
    auto execution = executed(MAX_KEPT_BYTES);
    uint64_t before = execution::statistics.executed;
    adopt_batch(of_kept, rollup_, batch_, {}, std::move(execution));
    EXPECT_EQ(execution::statistics.executed, before);

    auto again = make_chain(rollup_);
    execution = executed(0);
    before = execution::statistics.executed;
    adopt_batch(again, rollup_, batch_, {}, std::move(execution));
    EXPECT_EQ(execution::statistics.executed, before + BLOCKS + 1);

    uint256 sum;
    for (uint64_t number = 0; number <= BLOCKS; ++number) {
        const auto one = of_kept.store().canonical_block(number);
        const auto other = again.store().canonical_block(number);
        ASSERT_TRUE(one != nullptr && other != nullptr);
        EXPECT_EQ(one->hash, other->hash);
        EXPECT_EQ(one->block, other->block);
        EXPECT_EQ(one->receipts, other->receipts);
        EXPECT_EQ(one->senders, other->senders);
        EXPECT_EQ(again.state_after(other->hash)->state_root(), other->header().state_root);
        if (number > 0) {
            EXPECT_EQ(from_be(again.head_state()->storage(CONTRACT, to_be(uint256{number}))), sum);
        }
        sum += from_be(one->hash);
    }
    EXPECT_EQ(again.head()->header().number, BLOCKS);
}

// --- Refusals ---

auto& first(Batch& batch) {
    return batch.blocks[0].transactions;
}

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
    Batch batch = sample_batch(chain, Origins::hash_of(6), 6);
    Author author;
    expected.change(batch, author);
    const Origins l1;
    const auto executed =
        execute_batch(chain, rollup, batch, {.l1 = &l1, .parent_l1_origin_number = 6});
    ASSERT_FALSE(executed.has_value());
    EXPECT_EQ(to_string(executed.error().rule), to_string(expected.rule));
    EXPECT_EQ(executed.error().block, expected.block);
    EXPECT_EQ(executed.error().transaction, expected.transaction);
    EXPECT_EQ(executed.error().tx_error, expected.tx_error);
    EXPECT_EQ(chain.head()->header().number, 0u);
}

TEST(batch_execution, is_given_up_at_its_deadline) {
    const auto rollup = config();
    const auto chain = make_chain(rollup);
    const Batch batch = sample_batch(chain, Origins::hash_of(6), 6);
    const auto executed = execute_batch(chain, rollup, batch, {.deadline = execution::Deadline{}});
    ASSERT_FALSE(executed.has_value());
    EXPECT_EQ(to_string(executed.error().rule), "out_of_time");
    EXPECT_TRUE(
        execute_batch(chain, rollup, batch, {.deadline = execution::Deadline::max()}).has_value());
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
        Refused{"end_of_a_slot",
                BatchRule::wrong_kind,
                1,
                {},
                [](Batch& batch, Author&) { batch.blocks[1].kind = BlockKind::end; }},
        Refused{"based_block",
                BatchRule::wrong_kind,
                0,
                {},
                [](Batch& batch, Author&) { batch.blocks[0].kind = BlockKind::based; }},
        Refused{"a_slot",
                BatchRule::wrong_kind,
                1,
                {},
                [](Batch& batch, Author&) { batch.blocks[1].slot = 1; }},
        Refused{"origin_before_the_last_batchs",
                BatchRule::l1_origin_before_parent,
                0,
                {},
                [](Batch& batch, Author&) { set_origin(batch.blocks[0], 5); }},
        Refused{"origin_before_that_of_the_block_before",
                BatchRule::l1_origin_before_parent,
                1,
                {},
                [](Batch& batch, Author&) {
                    set_origin(batch.blocks[0], 7);
                    set_origin(batch.blocks[1], 6);
                }},
        Refused{
            "origin_with_another_hash",
            BatchRule::unknown_l1_origin,
            1,
            {},
            [](Batch& batch, Author&) { batch.blocks[1].l1_origin_hash = Origins::hash_of(7); }},
        Refused{"origin_that_l1_does_not_have",
                BatchRule::unknown_l1_origin,
                1,
                {},
                [](Batch& batch, Author&) { set_origin(batch.blocks[1], Origins::HEAD + 1); }},
        Refused{"timestamp_before_the_origins",
                BatchRule::timestamp_before_l1_origin,
                1,
                {},
                [](Batch& batch, Author&) {
                    set_origin(batch.blocks[1], 50);
                    --batch.blocks[1].timestamp_s;
                }},
        Refused{"timestamp_far_ahead_of_the_origins",
                BatchRule::timestamp_ahead_of_l1,
                1,
                {},
                [](Batch& batch, Author&) {
                    batch.blocks[1].timestamp_s = Origins::timestamp_of(6) + MAX_CLOCK_AHEAD_S + 1;
                }},
        Refused{"no_add_chains",
                BatchRule::missing_add_chains,
                1,
                {},
                [](Batch& batch, Author&) { set_origin(batch.blocks[1], 8); }},
        Refused{"no_add_chains_in_an_empty_block",
                BatchRule::missing_add_chains,
                1,
                {},
                [](Batch& batch, Author&) {
                    set_origin(batch.blocks[1], 8);
                    batch.blocks[1].transactions.clear();
                }},
        Refused{"add_chains_without_a_registration", BatchRule::wrong_add_chains, 0, 1,
                [](Batch& batch, Author& author) {
                    first(batch).insert(first(batch).begin() + 1, author.add_chains({}));
                }},
        Refused{"add_chains_of_another_one", BatchRule::wrong_add_chains, 1, 0,
                [](Batch& batch, Author& author) {
                    set_origin(batch.blocks[1], 9);
                    auto& transactions = batch.blocks[1].transactions;
                    transactions.insert(transactions.begin(),
                                        author.add_chains({uint256{940u}, uint256{951u}}));
                }},
        Refused{"add_chains_of_itself_too", BatchRule::wrong_add_chains, 1, 0,
                [](Batch& batch, Author& author) {
                    set_origin(batch.blocks[1], 8);
                    auto& transactions = batch.blocks[1].transactions;
                    transactions.insert(transactions.begin(),
                                        author.add_chains({uint256{CHAIN}, uint256{950u}}));
                }},
        Refused{"add_chains_behind_others", BatchRule::wrong_add_chains, 1, 1,
                [](Batch& batch, Author& author) {
                    set_origin(batch.blocks[1], 8);
                    auto& transactions = batch.blocks[1].transactions;
                    transactions.insert(transactions.begin() + 1,
                                        author.add_chains({uint256{950u}}));
                }},
        Refused{"add_chains_instead_of_open_scope", BatchRule::missing_open_scope, 0, 0,
                [](Batch& batch, Author& author) { first(batch)[0] = author.add_chains({}); }},
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
        Refused{"root_without_its_load", BatchRule::refused_transaction, 0, 2,
                [](Batch& batch, Author&) { first(batch).erase(first(batch).begin() + 2); },
                execution::TxError::root_without_load},
        Refused{"load_of_what_is_no_root", BatchRule::refused_transaction, 0, 2,
                [](Batch& batch, Author&) {
                    Author author;
                    const auto open = author.open_scope();
                    const auto plain = author.transfer(Address{{1}}, 1);
                    first(batch) = {open, author.load_root(plain, 0), plain};
                },
                execution::TxError::load_without_root},
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

/// A rollup whose predeploy, whatever it is called for, calls itself so many times and reverts with so
/// many bytes.
RollupConfig reverting(uint64_t calls, uint64_t size_bytes) {
    Assembler code;
    code.op({evm::OP_CALLER, evm::OP_ADDRESS, evm::OP_EQ}).when([&] { code.op({evm::OP_STOP}); });
    code.times(calls, [&] {
        code.push(0).push(0).push(0).push(0).op(
            {evm::OP_ADDRESS, evm::OP_GAS, evm::OP_STATICCALL, evm::OP_POP});
    });
    auto rollup = config();
    rollup.genesis.alloc[PREDEPLOY].code =
        code.push(size_bytes).push(0).op({evm::OP_REVERT}).take();
    return rollup;
}

TEST(batch_execution, tells_little_of_much_revert_data) {
    for (const auto& [size_bytes, told] :
         {std::pair{256u, std::string(512, '0')},
          {257u, std::string(512, '0') + "... (257 bytes)"},
          {1'000'000u, std::string(512, '0') + "... (1000000 bytes)"}}) {
        const auto rollup = reverting(1, size_bytes);
        const auto chain = make_chain(rollup);
        Author author;
        auto open = author.open_scope();
        open.gas_limit = 10'000'000;
        const auto executed = execute_batch(chain, rollup, make_batch(chain, {{open}}));
        ASSERT_FALSE(executed.has_value());
        EXPECT_EQ(
            to_string(executed.error()),
            "block 0, transaction 0: refused_transaction: system_failed, revert data 0x" + told);
        EXPECT_LE(executed.error().revert_data.size(), 256u);
    }
}

TEST(batch_execution, looks_for_revert_data_no_longer_than_to_its_deadline) {
    const auto rollup = reverting(100'000, 32);
    const auto chain = make_chain(rollup);
    Author author;
    auto open = author.open_scope();
    open.gas_limit = 30'000'000;
    const auto batch = make_batch(chain, {{open}});
    const auto now = [] { return std::chrono::steady_clock::now(); };
    const auto begin = now();
    ASSERT_EQ(execute_batch(chain, rollup, batch).error().revert_data.size(), 32u);
    const auto twice = now() - begin;
    // Once at least it ends in the second of the two executions, whatever else the machine does.
    for (int attempt = 0; attempt < 100; ++attempt) {
        const auto deadline = now() + twice / 2 + attempt % 10 * (twice / 20);
        const auto refusal = execute_batch(chain, rollup, batch, {.deadline = deadline}).error();
        if (refusal.rule == BatchRule::refused_transaction && refusal.revert_data.empty()) return;
    }
    FAIL() << "it took all the time that it wanted";
}

TEST(batch_execution, refuses_a_block_that_cannot_end) {
    using namespace literals;
    auto rollup = config();
    rollup.genesis.alloc.erase("0x00000961ef480eb55e80d19ad83579a64c007002"_address);  // EIP-7002
    const auto chain = make_chain(rollup);
    Author author;
    const auto executed = execute_batch(chain, rollup, make_batch(chain, {{author.open_scope()}}));
    ASSERT_FALSE(executed.has_value());
    EXPECT_EQ(to_string(executed.error()), "block 0: refused_block: system_contract_missing");
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
