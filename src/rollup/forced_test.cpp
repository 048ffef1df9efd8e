#include "rollup/forced.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <random>

#include "protocol/callable.hpp"
#include "rollup/follower.hpp"
#include "test_rollup/test_rollup.hpp"
#include "types/signing.hpp"

/// What waits in a rollup's forced queue on L1, and what else a block begins with for what L1 did.
namespace scope::rollup {
namespace {

using namespace test;
using namespace literals;
namespace callable = protocol::callable;
using protocol::ForcedEntry;
using protocol::ForcedKind;

constexpr Address SPINNER{{0x51}};   // uses all the gas that it gets
constexpr Address REFUSER{{0x52}};   // reverts
constexpr Address RECEIVER{{0x53}};  // an account without code
constexpr uint64_t DEADLINE = protocol::FORCED_DEADLINE;

RollupConfig rollup_config() {
    auto rollup = config();
    rollup.genesis.alloc[SPINNER].code = "5b5f56"_hex;
    rollup.genesis.alloc[REFUSER].code = "5f5ffd"_hex;
    return rollup;
}

/// Returns a transaction of the user's with these fields.
Transaction user_transaction(uint64_t nonce, const Address& to, uint64_t gas_limit = 21'000,
                             Bytes data = {}) {
    Transaction tx;
    tx.type = TxType::dynamic_fee;
    tx.chain_id = CHAIN;
    tx.nonce = nonce;
    tx.max_fee_per_gas = uint256{uint64_t{2'000'000'000}};
    tx.gas_limit = gas_limit;
    tx.to = to;
    tx.value = uint256{data.empty() ? uint64_t{1} : uint64_t{0}};
    tx.data = std::move(data);
    sign(tx, key(1));
    return tx;
}

/// A rollup at its genesis, and an L1 that is told what it holds.
struct Fixture {
    RollupConfig rollup = rollup_config();
    chain::Chain chain = make_chain(rollup);
    FakeL1 l1;

    void add_blocks(uint64_t count) {
        for (; count > 0; --count) l1.add({}, {});
    }
    [[nodiscard]] uint64_t head() const { return l1.head()->header().number; }
    [[nodiscard]] BatchOptions options() const {
        return {.l1 = &l1, .max_kept_bytes = MAX_KEPT_BYTES};
    }
    /// Returns a batch on L1's head that takes entries up to a position; then come these.
    [[nodiscard]] Batch batch(uint64_t position,
                              const std::vector<Transaction>& others = {}) const {
        Author author;
        auto transactions = author.openings(options(), head(), position);
        transactions.insert(transactions.end(), others.begin(), others.end());
        return make_batch(chain, {std::move(transactions)}, 0, l1.head()->hash, head());
    }
    [[nodiscard]] auto execute(const Batch& batch) const {
        return execute_batch(chain, rollup, batch, options());
    }
    /// Returns the rule that a batch breaks, and where; empty if none.
    [[nodiscard]] std::string refusal(const Batch& batch) const {
        const auto executed = execute(batch);
        return executed ? "" : to_string(executed.error());
    }
};

uint256 slot(const chain::SealedBlock& block, uint64_t number) {
    return from_be(block.state->storage(PREDEPLOY, to_be(uint256{number})));
}
uint256 balance(const chain::SealedBlock& block, const Address& address) {
    return block.state->account(address).value_or(Account{}).balance;
}

// --- What a block begins with ---

TEST(forced, a_block_begins_with_what_l1_did_since_the_block_before) {
    Fixture f;
    const Bytes code = concat(predeploy_code(), "00"_hex);
    f.l1.emit({registration(uint256{950u}), registration(uint256{CHAIN}), closing(uint256{940u})});
    f.l1.emit({upgrading(uint256{CHAIN}, "00"_hex), upgrading(uint256{REMOTE}, "01"_hex)});
    f.l1.emit({upgrading(uint256{CHAIN}, code), closing(uint256{CHAIN}), closing(uint256{930u})});
    f.l1.queue(CHAIN, {deposit(RECEIVER, 7)});
    Author author;
    const std::vector<Transaction> expected{author.open_scope(), author.add_chains({uint256{950u}}),
                                            author.remove_chains({uint256{930u}, uint256{940u}}),
                                            author.upgrade(code), author.take_forced(1)};
    const auto batch = f.batch(1);
    EXPECT_EQ(batch.blocks[0].transactions, expected);
    EXPECT_EQ(f.refusal(batch), "");

    // Each is demanded, with these arguments, in this order, and nothing twice.
    const std::vector<std::string> missing{"missing_open_scope", "missing_add_chains",
                                           "missing_remove_chains", "missing_upgrade"};
    const std::vector<std::string> wrong{"repeated_open_scope", "wrong_add_chains",
                                         "wrong_remove_chains", "wrong_upgrade",
                                         "wrong_take_forced"};
    for (size_t i = 0; i < expected.size(); ++i) {
        auto changed = batch;
        auto& transactions = changed.blocks[0].transactions;
        transactions.erase(transactions.begin() + static_cast<ptrdiff_t>(i));
        if (i == 0)
            EXPECT_EQ(f.refusal(changed), "block 0, transaction 0: missing_open_scope");
        else if (i < 4)  // the entry isn't due yet
            EXPECT_EQ(f.refusal(changed), "block 0: " + missing[i]);

        changed = batch;
        transactions.insert(transactions.begin() + static_cast<ptrdiff_t>(i), expected[i]);
        EXPECT_EQ(f.refusal(changed),
                  "block 0, transaction " + std::to_string(i + 1) + ": " + wrong[i]);

        changed = batch;
        transactions.insert(transactions.begin() + 5, user_transaction(0, RECEIVER));
        transactions.push_back(expected[i]);
        EXPECT_EQ(f.refusal(changed), "block 0, transaction 6: " + wrong[i]);

        if (i + 1 == expected.size() || i == 0) continue;
        changed = batch;
        std::swap(transactions[i], transactions[i + 1]);
        EXPECT_EQ(f.refusal(changed),
                  "block 0, transaction " + std::to_string(i + 1) + ": " + wrong[i]);
    }
    const std::vector<std::pair<Transaction, size_t>> others{
        {author.remove_chains({uint256{930u}}), 2},
        {author.remove_chains({uint256{930u}, uint256{940u}, uint256{950u}}), 2},
        {author.upgrade("00"_hex), 3},
        {author.upgrade({}), 3},
        {author.take_forced(0), 4},
        {author.take_forced(2), 4},
        {author.take_forced(UINT64_MAX), 4}};
    for (const auto& [other, place] : others) {
        auto changed = batch;
        changed.blocks[0].transactions[place].data = other.data;
        EXPECT_EQ(f.refusal(changed),
                  "block 0, transaction " + std::to_string(place) + ": " + wrong[place]);
    }
    auto carried = batch;
    carried.blocks[0].transactions.push_back(author.system(callable::deposit(0, {})));
    EXPECT_EQ(f.refusal(carried), "block 0, transaction 5: carried_deposit");
    auto padded = batch;
    padded.blocks[0].transactions[4].data.push_back(0);
    EXPECT_EQ(f.refusal(padded), "block 0, transaction 4: malformed_system_call");
}

TEST(forced, nothing_is_due_where_nothing_happened) {
    Fixture f;
    f.add_blocks(2);
    Author author;
    for (const auto& [call, rule] :
         {std::pair{author.remove_chains({uint256{950u}}), "wrong_remove_chains"},
          std::pair{author.remove_chains({}), "wrong_remove_chains"},
          std::pair{author.upgrade("00"_hex), "wrong_upgrade"},
          std::pair{author.take_forced(1), "wrong_take_forced"}})
        EXPECT_EQ(f.refusal(f.batch(0, {call})), std::string{"block 0, transaction 1: "} + rule);
}

TEST(forced, without_an_l1_nobody_knows_the_entries) {
    Fixture f;
    f.l1.queue(CHAIN, {deposit(RECEIVER, 7)});
    const auto executed = execute_batch(f.chain, f.rollup, f.batch(1));
    ASSERT_FALSE(executed.has_value());
    EXPECT_EQ(to_string(executed.error()), "block 0, transaction 1: wrong_take_forced");
}

TEST(forced, only_a_batchs_first_block_takes_entries) {
    Fixture f;
    f.l1.queue(CHAIN, {deposit(RECEIVER, 7), deposit(RECEIVER, 8)});
    f.add_blocks(DEADLINE - 1);
    const uint64_t before = f.head();
    f.add_blocks(1);
    // Its deadline passes behind the batch's first block: the next batch is the one that has to.
    const auto with_blocks = [&](std::vector<std::vector<Transaction>> blocks) {
        auto batch = make_batch(f.chain, std::move(blocks), 0, f.l1.head()->hash, f.head());
        batch.blocks[0].l1_origin_number = before;
        batch.blocks[0].l1_origin_hash = f.l1.blocks_[before]->hash;
        batch.blocks[0].timestamp_s = f.l1.blocks_[before]->header().timestamp_s;
        return batch;
    };
    Author author;
    const auto open = author.open_scope();
    const auto take = author.take_forced(1);
    EXPECT_EQ(f.refusal(with_blocks({{open}, {}})), "");
    EXPECT_EQ(f.refusal(with_blocks({{open, take}, {}})), "");
    EXPECT_EQ(f.refusal(with_blocks({{open}, {take}})),
              "block 1, transaction 0: wrong_take_forced");
    EXPECT_EQ(f.refusal(f.batch(0)), "block 0: missing_take_forced");
    EXPECT_EQ(f.refusal(f.batch(1)), "block 0, transaction 1: wrong_take_forced");
    EXPECT_EQ(f.refusal(f.batch(2)), "");
}

// --- How far a batch goes ---

/// A queue of entries that do nothing, at any L1 block.
class Queue final : public L1Origins {
  public:
    [[nodiscard]] std::optional<Origin> l1_origin(uint64_t) const override { return std::nullopt; }
    [[nodiscard]] std::vector<ChainId> registered(uint64_t, uint64_t) const override { return {}; }
    [[nodiscard]] std::vector<ChainId> closed(uint64_t, uint64_t) const override { return {}; }
    [[nodiscard]] std::optional<Bytes> upgrade(ChainId, uint64_t, uint64_t) const override {
        return std::nullopt;
    }
    [[nodiscard]] const QueuedEntry* forced_entry(ChainId, uint64_t index) const override {
        return index < entries.size() ? &entries[static_cast<size_t>(index)] : nullptr;
    }
    void push(uint64_t queued_at, uint64_t gas_limit) {
        entries.push_back({entries.size(), queued_at, deposit(RECEIVER, 0, gas_limit)});
    }

    std::vector<QueuedEntry> entries;
};

TEST(forced, a_batch_takes_what_is_due_as_far_as_the_bound_of_gas_allows) {
    constexpr uint64_t SEEDS = 300;
    for (uint64_t seed = 1; seed <= SEEDS; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        std::mt19937_64 random{seed};
        Queue queue;
        uint64_t l1_block = random() % 3;
        for (size_t i = 0; i < 40; ++i) {
            l1_block += random() % 4;
            queue.push(l1_block,
                       random() % 4 == 0 ? protocol::MAX_FORCED_GAS_LIMIT : random() % 3'000'000);
        }
        const uint64_t origin = random() % (2 * DEADLINE + 20);
        const uint64_t position = random() % 42;
        const auto range = forced_range(queue, CHAIN, position, origin);
        ASSERT_LE(position, range.at_least);
        ASSERT_LE(range.at_least, range.at_most);

        const auto gas_to = [&](uint64_t to) {
            uint64_t gas = 0;
            for (uint64_t i = position; i < to; ++i)
                gas += protocol::charged_gas(queue.entries[i].entry);
            return gas;
        };
        const auto is_over = [&](uint64_t to) {
            return gas_to(to) > protocol::MAX_FORCED_GAS_PER_BATCH;
        };
        const uint64_t length = queue.entries.size();
        if (range.at_most > position) {
            EXPECT_LE(range.at_most, length);
            EXPECT_LE(queue.entries[range.at_most - 1].queued_at, origin);
            EXPECT_FALSE(is_over(range.at_most));
        }
        if (range.at_most < length)
            EXPECT_TRUE(queue.entries[range.at_most].queued_at > origin ||
                        is_over(range.at_most + 1));
        const auto is_due = [&](uint64_t index) {
            return queue.entries[index].queued_at + DEADLINE <= origin;
        };
        if (range.at_least > position) EXPECT_TRUE(is_due(range.at_least - 1));
        if (range.at_least < std::min(length, range.at_most)) EXPECT_FALSE(is_due(range.at_least));
    }
}

TEST(forced, a_queue_without_its_entries_asks_for_nothing) {
    Queue queue;
    queue.push(0, 0);
    for (const uint64_t position : {uint64_t{1}, uint64_t{2}, UINT64_MAX})
        EXPECT_EQ(forced_range(queue, CHAIN, position, UINT64_MAX),
                  (ForcedRange{position, position}));
    EXPECT_FALSE(entries_between(queue, CHAIN, 0, 2).has_value());
    EXPECT_EQ(entries_between(queue, CHAIN, 0, 1)->size(), 1u);
    EXPECT_TRUE(entries_between(queue, CHAIN, 2, 1)->empty());
}

// --- What entries do ---

TEST(forced, entries_stand_behind_takeForced_and_not_in_the_batch) {
    Fixture f;
    const auto sent = user_transaction(0, RECEIVER);
    f.l1.queue(CHAIN, {deposit(RECEIVER, 7), forced(sent), deposit(REFUSER, 9)});
    const auto own = user_transaction(1, RECEIVER);
    const auto batch = f.batch(3, {own});
    ASSERT_EQ(batch.blocks[0].transactions.size(), 3u);
    const auto executed = f.execute(batch);
    ASSERT_TRUE(executed.has_value()) << to_string(executed.error());
    EXPECT_EQ(executed->forced_queue_position, 3u);

    const auto& block = executed->blocks[0];
    const auto& transactions = block.block.block.transactions;
    ASSERT_EQ(transactions.size(), 6u);
    EXPECT_EQ(transactions[1], batch.blocks[0].transactions[1]);
    const auto entries = entries_between(f.l1, CHAIN, 0, 3).value();
    EXPECT_EQ(transactions[2].data, callable::deposit(0, entries[0]->entry));
    EXPECT_EQ(transactions[2].gas_limit, protocol::deposit_gas_limit(entries[0]->entry));
    EXPECT_EQ(transactions[3], sent);
    EXPECT_EQ(transactions[4].data, callable::deposit(2, entries[2]->entry));
    EXPECT_EQ(transactions[5], own);
    EXPECT_EQ(slot(block, DEPOSITED_SLOT), uint256{1u});
    EXPECT_EQ(slot(block, FAILED_DEPOSITS_SLOT), uint256{1u});
    EXPECT_EQ(balance(block, RECEIVER), uint256{7u + 1u + 1u});
    // Import executes the block as it stands.
    auto chain = make_chain(f.rollup);
    EXPECT_TRUE(chain.import(block.block.block).has_value());
}

TEST(forced, junk_counts_as_taken_and_does_nothing) {
    Fixture f;
    Author author;
    const auto good = user_transaction(0, RECEIVER);
    const auto entry = [](Bytes data, uint64_t gas_limit = protocol::MAX_FORCED_GAS_LIMIT) {
        return ForcedEntry{
            .kind = ForcedKind::transaction, .gas_limit = gas_limit, .data = std::move(data)};
    };
    std::vector<ForcedEntry> junk{
        entry({}),
        entry({0x02}),
        entry({0xc0}),
        entry(Bytes(protocol::MAX_FORCED_DATA_BYTES, 0xff)),
        entry(concat(encode(good), "00"_hex)),
        entry(encode(good), 20'999),         // its gas limit is above the entry's
        entry(encode(author.open_scope())),  // nobody signs a system transaction
        entry(encode(author.take_forced(9))),
        entry(encode(user_transaction(1, RECEIVER))),  // not the next nonce
        entry(encode(author.root())),                  // a root without its loadRoot
        entry(encode(user_transaction(0, RECEIVER, 20'000))),
    };
    auto elsewhere = good;
    elsewhere.chain_id = REMOTE;
    sign(elsewhere, key(1));
    junk.push_back(forced(elsewhere));
    auto poor = good;
    sign(poor, key(9));
    junk.push_back(forced(poor));
    auto cheap = good;
    cheap.max_fee_per_gas = {};
    sign(cheap, key(1));
    junk.push_back(forced(cheap));
    auto unsigned_one = good;
    unsigned_one.r = unsigned_one.s = uint256{1u};
    junk.push_back(forced(unsigned_one));
    auto blob = good;
    blob.type = TxType::blob;
    blob.max_fee_per_blob_gas = uint256{uint64_t{1'000'000'000}};
    blob.blob_versioned_hashes = {Hash{{0x01}}};
    sign(blob, key(1));
    junk.push_back(forced(blob));
    auto twice = good;  // the same once more, behind the good one
    // A long list where an address should be, and a header that says more than there is.
    auto long_list = encode(good);
    long_list[1] = 0xfb;
    junk.push_back(entry(long_list));

    auto entries = junk;
    entries.push_back(forced(good));
    entries.push_back(forced(twice));
    f.l1.queue(CHAIN, entries);
    f.add_blocks(DEADLINE);
    const auto range = forced_range(f.l1, CHAIN, 0, f.head());
    EXPECT_EQ(range.at_least, range.at_most);
    const auto executed = f.execute(f.batch(range.at_most));
    ASSERT_TRUE(executed.has_value()) << to_string(executed.error());
    EXPECT_EQ(executed->blocks[0].block.block.transactions.size(), 2u);  // open, take: all is junk
    EXPECT_EQ(executed->forced_queue_position, range.at_most);

    // Junk with little gas, so that one batch takes it all.
    for (auto& each : entries) each.gas_limit = std::min<uint64_t>(each.gas_limit, 100'000);
    Fixture g;
    g.l1.queue(CHAIN, entries);
    const auto all = g.execute(g.batch(entries.size()));
    ASSERT_TRUE(all.has_value()) << to_string(all.error());
    const auto& transactions = all->blocks[0].block.block.transactions;
    ASSERT_EQ(transactions.size(), 3u);
    EXPECT_EQ(transactions[2], good);
    EXPECT_EQ(all->forced_queue_position, entries.size());
}

TEST(forced, entries_at_all_bounds_have_room) {
    using protocol::MAX_FORCED_DATA_BYTES;
    using protocol::MAX_FORCED_GAS_LIMIT;
    const Bytes data(MAX_FORCED_DATA_BYTES, 0xff);
    const auto spin = [](uint64_t nonce) {
        return forced(user_transaction(nonce, SPINNER, MAX_FORCED_GAS_LIMIT));
    };
    auto with_data = deposit(SPINNER, 1, MAX_FORCED_GAS_LIMIT);
    with_data.data = data;
    auto only_data = deposit(SPINNER, 1, 0);
    only_data.data = data;
    const std::vector<std::vector<ForcedEntry>> queues{
        {spin(0), forced(user_transaction(1, SPINNER, MAX_FORCED_GAS_LIMIT - 200'000)), spin(2)},
        {with_data, deposit(SPINNER, 1, 15'000'000), with_data},
        std::vector<ForcedEntry>(60, only_data),
        std::vector<ForcedEntry>(60, deposit(SPINNER, 1, 0)),
        {spin(0), with_data, spin(1)},
    };
    for (size_t i = 0; i < queues.size(); ++i) {
        SCOPED_TRACE(i);
        Fixture f;
        f.l1.queue(CHAIN, queues[i]);
        f.add_blocks(DEADLINE);
        const auto range = forced_range(f.l1, CHAIN, 0, f.head());
        EXPECT_GT(range.at_least, 0u);
        EXPECT_LT(range.at_least, queues[i].size());
        auto batch = f.batch(range.at_least);
        // As little time as can be since the block before: the least gas that a batch may have.
        auto rollup = f.rollup;
        rollup.genesis.timestamp_s = batch.blocks[0].timestamp_s - 1;
        const auto chain = make_chain(rollup);
        const auto executed = execute_batch(chain, rollup, batch, f.options());
        ASSERT_TRUE(executed.has_value()) << to_string(executed.error());
        EXPECT_EQ(executed->forced_queue_position, range.at_least);
        EXPECT_EQ(executed->blocks[0].block.block.transactions.size(), 2 + range.at_least);
        EXPECT_LT(executed->gas_used, uint64_t{45} << 20);
    }
}

TEST(forced, a_builder_takes_no_room_from_entries) {
    Fixture f;
    f.rollup.genesis.gas_limit = 100'000;
    f.chain = make_chain(f.rollup);
    f.l1.queue(CHAIN, {forced(user_transaction(0, SPINNER, 100'001)),
                       deposit(SPINNER, 1, protocol::MAX_FORCED_GAS_LIMIT)});
    // Neither is passed over: the batch has no room for what it takes.
    EXPECT_EQ(f.refusal(f.batch(1)),
              "block 0, transaction 1: refused_transaction: block_gas_exceeded");
    f.l1.blocks_.resize(1);
    f.l1.queue(CHAIN, {deposit(SPINNER, 1, protocol::MAX_FORCED_GAS_LIMIT)});
    auto batch = f.batch(1);
    batch.blocks[0].timestamp_s = f.l1.head()->header().timestamp_s;
    f.rollup.genesis.timestamp_s = batch.blocks[0].timestamp_s - 1;
    f.chain = make_chain(f.rollup);
    EXPECT_EQ(f.refusal(batch), "block 0, transaction 1: refused_transaction: block_gas_exceeded");
}

TEST(forced, a_deposit_that_the_predeploy_refuses_bricks_nothing) {
    Fixture f;
    f.l1.queue(CHAIN, {deposit(RECEIVER, REVERTING_VALUE), deposit(RECEIVER, 7)});
    const auto executed = f.execute(f.batch(2));
    ASSERT_TRUE(executed.has_value()) << to_string(executed.error());
    EXPECT_EQ(executed->blocks[0].block.block.transactions.size(), 3u);
    EXPECT_EQ(balance(executed->blocks[0], RECEIVER), uint256{7u});
    EXPECT_EQ(executed->forced_queue_position, 2u);
}

TEST(forced, time_that_ran_out_does_not_pass_for_an_entry_that_does_nothing) {
    Fixture f;
    f.l1.queue(CHAIN, {deposit(RECEIVER, 7)});
    // Behind takeForced there is no time left.
    const auto batch = f.batch(1);
    chain::BlockBuilder builder{f.chain, f.chain.head()->hash, attributes_of(batch.blocks[0])};
    for (const auto& tx : batch.blocks[0].transactions)
        ASSERT_TRUE(builder.try_transaction(tx).has_value());
    const auto entries = entries_between(f.l1, CHAIN, 0, 1).value();
    const auto late = run_forced(builder, f.rollup, entries,
                                 {.deadline = execution::Deadline{}, .on_transaction = {}});
    ASSERT_FALSE(late.has_value());
    EXPECT_EQ(late.error(), (ForcedRefusal{0, std::nullopt}));
    size_t told = 0;
    const auto run =
        run_forced(builder, f.rollup, entries, {.deadline = {}, .on_transaction = [&] { ++told; }});
    ASSERT_TRUE(run.has_value());
    EXPECT_EQ(*run, 1u);
    EXPECT_EQ(told, 1u);
}

TEST(forced, digests_name_what_entries_changed) {
    Fixture f;
    f.l1.queue(CHAIN, {deposit(RECEIVER, 7), deposit(RECEIVER, REVERTING_VALUE)});
    auto options = f.options();
    options.digests = Digests::yes;
    const auto executed = execute_batch(f.chain, f.rollup, f.batch(2), options);
    ASSERT_TRUE(executed.has_value()) << to_string(executed.error());
    EXPECT_EQ(executed->digests[0].transactions.size(), 3u);
}

TEST(forced, an_upgrade_gives_the_predeploy_its_code) {
    Fixture f;
    const Bytes code = concat(predeploy_code(), "00"_hex);
    f.l1.emit({upgrading(uint256{CHAIN}, code)});
    f.l1.queue(CHAIN, {deposit(RECEIVER, 7)});
    const auto executed = f.execute(f.batch(1));
    ASSERT_TRUE(executed.has_value()) << to_string(executed.error());
    EXPECT_EQ(executed->blocks[0].state->code(PREDEPLOY)->bytes, code);
    EXPECT_EQ(slot(executed->blocks[0], DEPOSITED_SLOT), uint256{1u});
}

TEST(forced, an_upgrade_to_code_that_answers_nothing_is_a_batch_that_cant_settle) {
    Fixture f;
    f.l1.emit({upgrading(uint256{CHAIN}, "5f5ffd"_hex)});
    EXPECT_EQ(f.refusal(f.batch(0)), "block 0: unreadable_streams");
}

// --- Following L1 ---

/// A follower of a Fixture's L1, and batches that an honest builder settles there.
struct Followed : Fixture {
    Follower follower{l1, {rollup}};

    /// Settles a batch that takes entries up to a position.
    Claimed settle(uint64_t position, const std::function<void(Claimed&)>& change = {}) {
        EXPECT_TRUE(follower.advance().has_value());
        const auto& own = *follower.rollup(CHAIN);
        const auto options = follower.options_for(own);
        const auto batch =
            make_batch(own.chain, {Author{own.chain}.openings(options, head(), position)},
                       own.next_batch(), l1.head()->hash, head());
        auto claimed = claim_of(own.chain, rollup, batch, DataIn::calldata, nullptr, options);
        if (change) change(claimed);
        l1.settle({claimed});
        return claimed;
    }
    const Follower::Rollup& followed() {
        const auto advanced = follower.advance();
        EXPECT_TRUE(advanced.has_value()) << (advanced ? "" : to_string(advanced.error()));
        return *follower.rollup(CHAIN);
    }
    void expect_as_fresh() {
        Follower fresh{l1, {rollup}};
        ASSERT_TRUE(fresh.advance().has_value());
        const auto& own = followed();
        const auto& expected = *fresh.rollup(CHAIN);
        EXPECT_EQ(own.chain.head()->hash, expected.chain.head()->hash);
        EXPECT_EQ(own.forced_queue_position(), expected.forced_queue_position());
        EXPECT_EQ(own.stopped.has_value(), expected.stopped.has_value());
        EXPECT_EQ(own.closed_at, expected.closed_at);
    }
};

TEST(forced, a_follower_puts_in_what_no_batch_carries) {
    Followed f;
    f.l1.queue(CHAIN, {deposit(RECEIVER, 7), deposit(RECEIVER, 8)});
    f.settle(1);
    EXPECT_EQ(f.followed().forced_queue_position(), 1u);
    f.settle(2);
    EXPECT_EQ(f.followed().forced_queue_position(), 2u);
    EXPECT_EQ(f.followed().chain.head_state()->account(RECEIVER)->balance, uint256{15u});
    f.expect_as_fresh();
}

TEST(forced, a_claim_names_the_position_behind_its_batch) {
    for (const uint64_t position : {uint64_t{0}, uint64_t{2}}) {
        Followed f;
        f.l1.queue(CHAIN, {deposit(RECEIVER, 7), deposit(RECEIVER, 8)});
        f.settle(
            1, [&](Claimed& claimed) { claimed.claim.forced_queue_position = uint256{position}; });
        ASSERT_TRUE(f.followed().stopped.has_value());
        EXPECT_EQ(f.followed().stopped->rule, FollowRule::wrong_forced_queue_position);
        EXPECT_EQ(f.followed().forced_queue_position(), 0u);
    }
}

TEST(forced, logs_of_others_queue_nothing) {
    Followed f;
    auto foreign = queueing(uint256{CHAIN}, 0, deposit(RECEIVER, 7));
    foreign.address = Address{{0x66}};
    const auto other = queueing(uint256{REMOTE}, 0, deposit(RECEIVER, 7));
    const auto huge = queueing(uint256{CHAIN.number(), 1, 0, 0}, 0, deposit(RECEIVER, 7));
    auto cut = queueing(uint256{CHAIN}, 0, deposit(RECEIVER, 7));
    cut.data.pop_back();
    auto too_much = deposit(RECEIVER, 7, protocol::MAX_FORCED_GAS_LIMIT + 1);
    auto no_index = queueing(uint256{CHAIN}, 0, deposit(RECEIVER, 7));
    no_index.topics.pop_back();
    auto closed_elsewhere = closing(uint256{CHAIN});
    closed_elsewhere.address = Address{{0x66}};
    auto upgraded_elsewhere = upgrading(uint256{CHAIN}, "00"_hex);
    upgraded_elsewhere.address = Address{{0x66}};
    f.l1.emit({foreign, other, huge, cut, queueing(uint256{CHAIN}, 0, too_much), no_index,
               queueing(uint256{CHAIN}, 1, deposit(RECEIVER, 7)),  // no entry is before it
               closed_elsewhere, upgraded_elsewhere, upgrading(uint256{CHAIN}, {})});
    f.l1.emit({queueing(uint256{CHAIN}, 0, deposit(RECEIVER, 7))});
    f.l1.blocks_.back()->receipts[0].success = false;
    f.l1.blocks_.pop_back();
    EXPECT_EQ(f.followed().forced_queue.length(), 0u);
    EXPECT_FALSE(f.followed().closed_at.has_value());
    EXPECT_TRUE(f.followed().upgrades.empty());
    EXPECT_EQ(f.follower.forced_entry(REMOTE, 0), nullptr);
    f.settle(0);
    EXPECT_FALSE(f.followed().stopped.has_value());
}

TEST(forced, entries_of_a_failed_transaction_are_none) {
    Fixture f;
    f.l1.emit({queueing(uint256{CHAIN}, 0, deposit(RECEIVER, 7)),
               queueing(uint256{CHAIN}, 0, deposit(RECEIVER, 8))});
    auto block = *f.l1.head();
    block.receipts[0].success = false;
    const auto events = rollup_events(block, f.rollup.settlement);
    ASSERT_EQ(events.queued.size(), 1u);
    EXPECT_EQ(events.queued[0].entry.value, uint256{8u});
    const auto none = rollup_events(block, f.rollup.settlement, [](ChainId) { return false; });
    EXPECT_TRUE(none.queued.empty());
}

TEST(forced, a_reorganisation_moves_an_entry_before_it_is_taken) {
    Followed f;
    f.add_blocks(1);
    f.l1.queue(CHAIN, {deposit(RECEIVER, 7)});
    EXPECT_EQ(f.followed().forced_queue.length(), 1u);
    f.l1.blocks_.pop_back();
    f.add_blocks(2);
    EXPECT_EQ(f.followed().forced_queue.length(), 0u);
    f.l1.queue(CHAIN, {deposit(RECEIVER, 9)});
    EXPECT_EQ(f.followed().forced_queue.entries.at(0).entry.value, uint256{9u});
    EXPECT_EQ(f.followed().forced_queue.entries.at(0).queued_at, f.head());
    f.settle(1);
    EXPECT_EQ(f.followed().chain.head_state()->account(RECEIVER)->balance, uint256{9u});
    f.expect_as_fresh();
}

TEST(forced, a_reorganisation_removes_or_moves_an_entry_that_was_taken) {
    for (const bool is_queued_again : {false, true}) {
        Followed f;
        f.l1.queue(CHAIN, {deposit(RECEIVER, 7)});
        f.settle(1);
        EXPECT_EQ(f.followed().forced_queue_position(), 1u);
        f.l1.blocks_.resize(1);
        f.add_blocks(2);
        if (is_queued_again) f.l1.queue(CHAIN, {deposit(SPINNER, 5), deposit(RECEIVER, 7)});
        EXPECT_EQ(f.followed().forced_queue_position(), 0u);
        EXPECT_FALSE(f.followed().chain.head_state()->account(RECEIVER).has_value());
        f.settle(is_queued_again ? 2 : 0);
        EXPECT_EQ(f.followed().chain.head_state()->account(RECEIVER).has_value(), is_queued_again);
        f.expect_as_fresh();
    }
}

TEST(forced, what_was_executed_with_other_entries_is_not_adopted) {
    Followed f;
    f.l1.queue(CHAIN, {deposit(RECEIVER, 7)});
    const auto& own = f.followed();
    const auto options = f.follower.options_for(own);
    const auto batch = make_batch(own.chain, {Author{own.chain}.openings(options, f.head(), 1)}, 0,
                                  f.l1.head()->hash, f.head());
    auto claimed = claim_of(own.chain, f.rollup, batch, DataIn::calldata, nullptr, options);
    f.follower.remember(batch, claimed.execution);
    // The same index holds another entry, and somebody has the old batch settled all the same.
    f.l1.blocks_.resize(1);
    f.l1.queue(CHAIN, {deposit(RECEIVER, 8)});
    f.l1.settle({claimed});
    ASSERT_TRUE(f.followed().stopped.has_value());
    EXPECT_EQ(f.followed().stopped->detail, "block 0: unknown_l1_origin");
}

TEST(forced, entries_that_are_taken_for_good_are_forgotten) {
    Followed f;
    const std::vector<ForcedEntry> ten(10, deposit(RECEIVER, 1));
    f.l1.queue(CHAIN, ten);
    f.settle(7);
    EXPECT_EQ(f.followed().forced_queue.entries.size(), 10u);
    f.add_blocks(FakeL1::FINALIZED_DEPTH);
    EXPECT_EQ(f.followed().forced_queue.entries.size(), 3u);
    EXPECT_EQ(f.followed().forced_queue.first, 7u);
    EXPECT_EQ(f.follower.forced_entry(CHAIN, 6), nullptr);
    EXPECT_EQ(f.follower.forced_entry(CHAIN, 7)->index, 7u);
    f.l1.queue(CHAIN, ten);
    EXPECT_EQ(f.followed().forced_queue.length(), 20u);
    f.expect_as_fresh();

    // L1 gives up what it called final: the batch, and then what it took, have to be read again.
    f.settle(20);
    f.add_blocks(FakeL1::FINALIZED_DEPTH);
    EXPECT_TRUE(f.followed().forced_queue.entries.empty());
    f.l1.blocks_.resize(2);  // up to the first ten
    f.add_blocks(1);
    EXPECT_EQ(f.followed().forced_queue_position(), 0u);
    EXPECT_EQ(f.followed().forced_queue.length(), 10u);
    f.settle(10);
    EXPECT_EQ(f.followed().forced_queue_position(), 10u);
    f.expect_as_fresh();
}

TEST(forced, a_rollup_that_stopped_for_good_keeps_no_entries) {
    Followed f;
    f.l1.queue(CHAIN, {deposit(RECEIVER, 1)});
    f.settle(0, [](Claimed& claimed) { claimed.claim.last_block_hash = {}; });
    f.add_blocks(1);
    EXPECT_EQ(f.followed().forced_queue.entries.size(), 1u);
    f.add_blocks(FakeL1::FINALIZED_DEPTH);
    f.l1.queue(CHAIN, {deposit(RECEIVER, 1)});
    EXPECT_TRUE(f.followed().forced_queue.entries.empty());
    EXPECT_EQ(f.followed().forced_queue.length(), 2u);
    // It goes on where L1 never had that batch.
    f.l1.blocks_.resize(2);
    f.add_blocks(1);
    EXPECT_EQ(f.followed().forced_queue.entries.size(), 1u);
    f.settle(1);
    f.expect_as_fresh();
}

TEST(forced, closings_and_upgrades_are_undone_with_their_block) {
    Followed f;
    const Bytes code = concat(predeploy_code(), "00"_hex);
    f.add_blocks(1);
    f.l1.emit({closing(uint256{CHAIN}), closing(uint256{950u}), upgrading(uint256{CHAIN}, code)});
    EXPECT_EQ(f.followed().closed_at, 2u);
    EXPECT_EQ(f.follower.closed(0, 2), (std::vector{CHAIN, ChainId{950}}));
    EXPECT_TRUE(f.follower.closed(2, 2).empty());
    EXPECT_EQ(f.follower.upgrade(CHAIN, 1, 2), code);
    EXPECT_EQ(f.follower.upgrade(CHAIN, 2, 2), std::nullopt);
    EXPECT_EQ(f.follower.upgrade(CHAIN, 0, 1), std::nullopt);
    f.l1.blocks_.pop_back();
    f.add_blocks(2);
    EXPECT_FALSE(f.followed().closed_at.has_value());
    EXPECT_TRUE(f.follower.closed(0, 3).empty());
    EXPECT_EQ(f.follower.upgrade(CHAIN, 0, 3), std::nullopt);
    f.settle(0);
    EXPECT_FALSE(f.followed().stopped.has_value());
    f.expect_as_fresh();
}

TEST(forced, a_censoring_builder_settles_nothing_that_derives) {
    Followed f;
    f.l1.queue(CHAIN, {deposit(RECEIVER, 7)});
    f.add_blocks(DEADLINE);
    const auto& own = f.followed();
    Author author;
    const auto batch =
        make_batch(own.chain, {{author.open_scope()}}, 0, f.l1.head()->hash, f.head());
    f.l1.settle({claim_of(own.chain, f.rollup, batch, DataIn::calldata)});
    ASSERT_TRUE(f.followed().stopped.has_value());
    EXPECT_EQ(f.followed().stopped->detail, "block 0: missing_take_forced");
}

}  // namespace
}  // namespace scope::rollup
