#include "pool/tx_pool.hpp"

#include <gmock/gmock.h>

#include <random>
#include <set>

#include "state/memory_state.hpp"

namespace scope::pool {
namespace {

using execution::Environment;
using execution::TxError;

constexpr uint64_t GWEI = 1'000'000'000;

Address account(uint8_t number) {
    Address address;
    address[19] = number;
    return address;
}

Environment environment_at(uint64_t base_fee_gwei) {
    Environment environment;
    environment.revision = evm::Revision::osaka;
    environment.block.chain_id = ChainId{31337};
    environment.block.gas_limit = 30'000'000;
    environment.block.base_fee = uint256{base_fee_gwei * GWEI};
    environment.block.blob_base_fee = uint256{1u};
    return environment;
}

Transaction transaction(uint64_t nonce, uint64_t max_fee_gwei, uint64_t tip_gwei = 1) {
    Transaction tx;
    tx.type = TxType::dynamic_fee;
    tx.chain_id = ChainId{31337};
    tx.nonce = nonce;
    tx.gas_limit = 21'000;
    tx.max_fee_per_gas = uint256{max_fee_gwei * GWEI};
    tx.max_priority_fee_per_gas = uint256{tip_gwei * GWEI};
    tx.to = account(0xff);
    tx.r = tx.s = uint256{1u};
    return tx;
}

class PoolTest : public testing::Test {
  protected:
    explicit PoolTest(PoolOptions options = {}) : pool(options) {
        for (uint8_t i = 1; i <= 20; ++i)
            alloc[account(i)] = {.nonce = 5, .balance = uint256{GWEI} * uint256{GWEI}};
        sync();
    }

    void sync() { head = state::MemoryState{alloc}; }
    Result<PooledPtr, PoolRefusal> add(uint8_t sender, Transaction tx) {
        tx.r = uint256{sender};  // so that two senders' transactions have two hashes
        return pool.add(tx, account(sender), head, environment);
    }
    std::string refusal(uint8_t sender, const Transaction& tx) {
        const auto added = add(sender, tx);
        return added ? "taken" : to_string(added.error());
    }
    std::vector<std::pair<uint8_t, uint64_t>> ready() const {
        std::vector<std::pair<uint8_t, uint64_t>> order;
        for (const auto& pooled : pool.ready(head, environment))
            order.emplace_back(pooled->sender[19], pooled->transaction.nonce);
        return order;
    }

    state::GenesisAlloc alloc;
    state::MemoryState head;
    Environment environment = environment_at(1);
    TxPool pool;
};

using Order_ = std::vector<std::pair<uint8_t, uint64_t>>;

class NotingPool : public PoolTest {
  protected:
    NotingPool() : PoolTest({.notes_changes = true}) {}
    std::vector<std::pair<uint64_t, bool>> changes() {
        std::vector<std::pair<uint64_t, bool>> changes;
        for (const auto& [pooled, has_come] : pool.take_changes())
            changes.emplace_back(pooled->arrival, has_come);
        return changes;
    }
};

TEST_F(NotingPool, tells_what_came_and_went_in_order) {
    using Changes = std::vector<std::pair<uint64_t, bool>>;
    EXPECT_EQ(changes(), Changes{});
    ASSERT_TRUE(add(1, transaction(5, 10)));
    ASSERT_TRUE(add(1, transaction(6, 10)));
    EXPECT_EQ(changes(), (Changes{{0, true}, {1, true}}));
    ASSERT_TRUE(add(1, transaction(5, 20, 2)));  // in the place of the first
    EXPECT_FALSE(add(1, transaction(5, 20, 2)));
    EXPECT_EQ(changes(), (Changes{{0, false}, {2, true}}));
    alloc[account(1)].nonce = 6;
    sync();
    EXPECT_EQ(pool.update(head, environment).size(), 1u);
    EXPECT_EQ(changes(), (Changes{{2, false}}));
    pool.clear();
    EXPECT_EQ(changes(), (Changes{{1, false}}));
    EXPECT_EQ(changes(), Changes{});
}

TEST_F(PoolTest, admit_says_what_add_would_and_keeps_nothing) {
    ASSERT_TRUE(add(1, transaction(5, 10)));
    auto better = transaction(5, 20, 2);
    better.r = uint256{1u};
    const auto admitted = pool.admit(better, account(1), head, environment);
    ASSERT_TRUE(admitted);
    EXPECT_EQ(admitted->candidate.hash, hash(better));
    ASSERT_NE(admitted->replaced, nullptr);
    EXPECT_EQ(admitted->replaced->hash, hash(transaction(5, 10)));
    EXPECT_EQ(pool.size(), 1u);
    EXPECT_EQ(pool.find(hash(better)), nullptr);
    const auto refused = pool.admit(transaction(4, 20), account(1), head, environment);
    ASSERT_FALSE(refused);
    EXPECT_EQ(to_string(refused.error()), refusal(1, transaction(4, 20)));
    EXPECT_EQ(pool.add(*admitted)->hash, hash(better));
    EXPECT_EQ(pool.find(hash(transaction(5, 10))), nullptr);
    EXPECT_EQ(pool.size(), 1u);
}

// ---- refusals: the messages are geth's

TEST_F(PoolTest, says_what_geth_says) {
    EXPECT_EQ(refusal(1, transaction(4, 2)), "nonce too low: next nonce 5, tx nonce 4");
    auto tx = transaction(5, 2);
    tx.gas_limit = 20'999;
    EXPECT_EQ(refusal(1, tx), "intrinsic gas too low: gas 20999, minimum needed 21000");
    tx = transaction(5, 2);
    tx.gas_limit = 30'000'001;
    EXPECT_EQ(refusal(1, tx), "exceeds block gas limit: tx: 30000001, block: 30000000");
    tx.gas_limit = (1 << 24) + 1;
    EXPECT_EQ(refusal(1, tx), "transaction gas limit too high: cap: 16777216, tx: 16777217");
    tx = transaction(5, 2);
    tx.value = uint256{GWEI} * uint256{GWEI};
    EXPECT_EQ(refusal(1, tx),
              "insufficient funds for gas * price + value: balance 1000000000000000000, tx cost "
              "1000042000000000000, overshot 42000000000000");
    EXPECT_EQ(refusal(1, transaction(5, 2, 3)),
              "max priority fee per gas higher than max fee per gas: maxPriorityFeePerGas: "
              "3000000000, maxFeePerGas: 2000000000");
    tx = transaction(5, 2);
    tx.data.assign(MAX_TRANSACTION_SIZE, 1);
    EXPECT_THAT(refusal(1, tx), testing::StartsWith("oversized data: transaction size "));
    tx = transaction(5, 2);
    tx.to.reset();
    tx.data.assign(49'153, 0);
    tx.gas_limit = 10'000'000;
    EXPECT_EQ(refusal(1, tx), "max initcode size exceeded: code size 49153, limit 49152");
    EXPECT_EQ(refusal(1, transaction(5 + 1025, 2)), "nonce too high: next nonce 5, tx nonce 1030");
    ASSERT_TRUE(add(1, transaction(5, 2)));
    EXPECT_EQ(refusal(1, transaction(5, 2)), "already known");
    EXPECT_EQ(pool.size(), 1);
}

TEST_F(PoolTest, takes_no_system_transaction) {
    auto tx = transaction(5, 2);
    tx.type = TxType::system;
    const auto added = add(1, tx);
    ASSERT_FALSE(added);
    EXPECT_EQ(added.error().tx_error, TxError::system_not_enabled);
}

TEST_F(PoolTest, counts_what_waits_against_the_balance) {
    auto tx = transaction(5, 2);
    tx.value = uint256{600'000'000} * uint256{GWEI};
    ASSERT_TRUE(add(1, tx));
    auto second = tx;
    second.nonce = 6;
    const auto added = add(1, second);
    ASSERT_FALSE(added);
    EXPECT_EQ(added.error().rule, PoolRule::insufficient_funds);
    EXPECT_THAT(to_string(added.error()), testing::HasSubstr("queued cost "));
}

TEST_F(PoolTest, refuses_what_is_below_the_minimum_price) {
    pool.set_min_gas_price(uint256{3 * GWEI});
    EXPECT_EQ(refusal(1, transaction(5, 2)),
              "transaction underpriced: gas fee cap 2000000000, minimum needed 3000000000");
    EXPECT_EQ(refusal(1, transaction(5, 3)), "taken");
}

// ---- replacement

TEST_F(PoolTest, replaces_for_ten_percent_more_of_both_fees) {
    ASSERT_TRUE(add(1, transaction(5, 100, 10)));
    for (const auto& [max_fee, tip] :
         {std::pair{109, 11}, std::pair{110, 10}, std::pair{200, 10}, std::pair{109, 100}})
        EXPECT_EQ(
            refusal(1, transaction(5, static_cast<uint64_t>(max_fee), static_cast<uint64_t>(tip))),
            "replacement transaction underpriced");
    EXPECT_EQ(refusal(1, transaction(5, 110, 11)), "taken");
    EXPECT_EQ(pool.size(), 1);
    EXPECT_EQ(pool.all().front()->transaction.max_fee_per_gas, uint256{110 * GWEI});
}

TEST_F(PoolTest, replaces_though_the_balance_pays_only_one_of_both) {
    auto tx = transaction(5, 100, 10);
    tx.value = uint256{900'000'000} * uint256{GWEI};
    ASSERT_TRUE(add(1, tx));
    tx.max_fee_per_gas = uint256{110 * GWEI};
    tx.max_priority_fee_per_gas = uint256{11 * GWEI};
    EXPECT_EQ(refusal(1, tx), "taken");
}

// ---- order

TEST_F(PoolTest, orders_by_what_the_block_earns_and_keeps_nonces) {
    ASSERT_TRUE(add(1, transaction(6, 50, 9)));
    ASSERT_TRUE(add(1, transaction(5, 50, 2)));
    ASSERT_TRUE(add(2, transaction(5, 50, 3)));
    ASSERT_TRUE(add(3, transaction(5, 50, 3)));
    EXPECT_EQ(ready(), (Order_{{2, 5}, {3, 5}, {1, 5}, {1, 6}}));
    // The tip that is left above the base fee counts.
    environment = environment_at(49);
    EXPECT_EQ(ready(), (Order_{{1, 5}, {1, 6}, {2, 5}, {3, 5}}));
}

TEST_F(PoolTest, leaves_what_does_not_pay_the_base_fee_and_all_behind_it) {
    ASSERT_TRUE(add(1, transaction(5, 2)));
    ASSERT_TRUE(add(1, transaction(6, 50)));
    environment = environment_at(3);
    EXPECT_EQ(ready(), Order_{});
    environment = environment_at(2);
    EXPECT_EQ(ready(), (Order_{{1, 5}, {1, 6}}));
}

TEST_F(PoolTest, queues_behind_a_gap) {
    ASSERT_TRUE(add(1, transaction(7, 2)));
    EXPECT_EQ(ready(), Order_{});
    EXPECT_EQ(pool.next_nonce(account(1), 5), 5);
    ASSERT_TRUE(add(1, transaction(5, 2)));
    EXPECT_EQ(pool.next_nonce(account(1), 5), 6);
    ASSERT_TRUE(add(1, transaction(6, 2)));
    EXPECT_EQ(ready(), (Order_{{1, 5}, {1, 6}, {1, 7}}));
    EXPECT_EQ(pool.next_nonce(account(1), 5), 8);
}

class FifoPoolTest : public PoolTest {
  protected:
    FifoPoolTest() : PoolTest(PoolOptions{.order = Order::fifo}) {}
};

TEST_F(FifoPoolTest, orders_by_arrival_and_keeps_nonces) {
    ASSERT_TRUE(add(1, transaction(6, 50, 9)));
    ASSERT_TRUE(add(2, transaction(5, 50, 1)));
    ASSERT_TRUE(add(3, transaction(5, 50, 20)));
    ASSERT_TRUE(add(1, transaction(5, 50, 2)));
    EXPECT_EQ(ready(), (Order_{{2, 5}, {3, 5}, {1, 5}, {1, 6}}));
}

// ---- bounds

class SmallPoolTest : public PoolTest {
  protected:
    static constexpr size_t MAX = 8;
    SmallPoolTest() : PoolTest(PoolOptions{.max_transactions = MAX, .max_per_sender = 4}) {}
};

TEST_F(SmallPoolTest, drops_the_worst_paying_and_leaves_no_gap) {
    for (uint64_t nonce = 5; nonce < 9; ++nonce) {
        ASSERT_TRUE(add(1, transaction(nonce, 50, 5)));
        ASSERT_TRUE(add(2, transaction(nonce, 50, 2)));
    }
    EXPECT_EQ(refusal(1, transaction(9, 50, 5)),
              "account limit exceeded: 4 transactions of the account wait");
    EXPECT_EQ(refusal(3, transaction(5, 50, 2)),
              "transaction underpriced: the pool is full of transactions that pay more");
    ASSERT_TRUE(add(3, transaction(5, 50, 3)));
    EXPECT_EQ(pool.size(), MAX);
    EXPECT_EQ(ready(), (Order_{{1, 5}, {1, 6}, {1, 7}, {1, 8}, {3, 5}, {2, 5}, {2, 6}, {2, 7}}));
}

TEST_F(SmallPoolTest, a_replacement_needs_no_room) {
    for (uint8_t sender = 1; sender <= MAX; ++sender)
        ASSERT_TRUE(add(sender, transaction(5, 50, 5)));
    ASSERT_TRUE(add(1, transaction(5, 60, 6)));
    EXPECT_EQ(pool.size(), MAX);
}

TEST(SmallBytesPool, is_bounded_in_bytes) {
    state::GenesisAlloc alloc;
    for (uint8_t i = 1; i <= 20; ++i) alloc[account(i)].balance = uint256{GWEI} * uint256{GWEI};
    const state::MemoryState head{alloc};
    TxPool pool{{.max_bytes = 5000}};
    size_t taken = 0;
    for (uint8_t sender = 1; sender <= 20; ++sender) {
        auto tx = transaction(0, 50, sender);
        tx.gas_limit = 100'000;
        tx.data.assign(1000, 1);
        taken += pool.add(tx, account(sender), head, environment_at(1)).has_value() ? 1 : 0;
    }
    EXPECT_EQ(taken, 20);  // each pays more than those before
    EXPECT_EQ(pool.size(), 4);
}

// ---- the head moves

TEST_F(PoolTest, update_removes_what_is_stale_and_says_what) {
    ASSERT_TRUE(add(1, transaction(5, 2)));
    ASSERT_TRUE(add(1, transaction(6, 2)));
    auto dear = transaction(5, 2);
    dear.value = uint256{500'000'000} * uint256{GWEI};
    ASSERT_TRUE(add(2, dear));
    ASSERT_TRUE(add(3, transaction(5, 2)));
    alloc[account(1)].nonce = 6;
    alloc[account(2)].balance = uint256{GWEI};
    sync();
    EXPECT_EQ(pool.update(head, environment).size(), 2);
    EXPECT_EQ(ready(), (Order_{{1, 6}, {3, 5}}));
    EXPECT_TRUE(pool.update(head, environment).empty());
}

TEST_F(PoolTest, removes_one_by_hash) {
    const auto added = add(1, transaction(5, 2));
    ASSERT_TRUE(added);
    EXPECT_NE(pool.find((*added)->hash), nullptr);
    EXPECT_TRUE(pool.remove((*added)->hash));
    EXPECT_FALSE(pool.remove((*added)->hash));
    EXPECT_EQ(pool.find((*added)->hash), nullptr);
    EXPECT_TRUE(pool.of(account(1)).empty());
}

// ---- properties, over random operations

TEST_F(PoolTest, blobs_count_in_its_size) {
    pool = TxPool{{.max_bytes = size_t{1} << 20}};
    environment.blobs = execution::PRAGUE_BLOBS;
    auto tx = transaction(5, 2);
    tx.type = TxType::blob;
    tx.max_fee_per_blob_gas = uint256{1u};
    tx.blob_versioned_hashes.assign(6, Hash{{0x01}});
    ASSERT_TRUE(add(1, tx));
    EXPECT_THAT(refusal(2, tx), testing::StartsWith("transaction underpriced"));
    EXPECT_TRUE(add(2, transaction(5, 2)));
}

class RandomPoolTest : public PoolTest, public testing::WithParamInterface<uint32_t> {
  protected:
    RandomPoolTest()
        : PoolTest(PoolOptions{.max_transactions = 40,
                               .max_bytes = 40 * 130,
                               .max_per_sender = 8,
                               .max_nonce_gap = 6}) {}

    void expect_properties() const {
        const auto all = pool.all();
        ASSERT_EQ(all.size(), pool.size());
        ASSERT_LE(all.size(), pool.options().max_transactions);
        size_t bytes = 0;
        std::set<std::pair<Address, uint64_t>> places;
        for (const auto& pooled : all) {
            bytes += pooled->size_bytes;
            ASSERT_EQ(pool.find(pooled->hash), pooled);
            ASSERT_TRUE(places.emplace(pooled->sender, pooled->transaction.nonce).second)
                << "two of a nonce";
            ASSERT_LE(pool.of(pooled->sender).size(), pool.options().max_per_sender);
        }
        ASSERT_LE(bytes, pool.options().max_bytes);
        std::map<Address, uint64_t> next;
        for (const auto& pooled : pool.ready(head, environment)) {
            auto [place, is_new] = next.try_emplace(pooled->sender, 0);
            if (is_new) place->second = head.account(pooled->sender)->nonce;
            ASSERT_EQ(pooled->transaction.nonce, place->second++) << "a gap";
            ASSERT_GE(pooled->transaction.max_fee_per_gas, environment.block.base_fee);
        }
        for (const auto& [sender, nonce] : next)
            ASSERT_LE(nonce, pool.next_nonce(sender, head.account(sender)->nonce));
    }
};

TEST_P(RandomPoolTest, is_bounded_without_gaps_and_holds_one_of_a_nonce) {
    SCOPED_TRACE(testing::Message() << "seed " << GetParam());
    std::mt19937 random{GetParam()};
    const auto below = [&](uint64_t n) { return random() % n; };
    for (size_t step = 0; step < 600; ++step) {
        const auto sender = static_cast<uint8_t>(1 + below(12));
        const auto choice = below(20);
        if (choice < 16) {
            const uint64_t max_fee = 1 + below(60);
            auto tx = transaction(alloc[account(sender)].nonce - 1 + below(9), max_fee,
                                  below(max_fee + 1));
            if (below(10) == 0) tx.value = uint256{200'000'000} * uint256{GWEI};
            const auto before = pool.size();
            if (!add(sender, tx)) ASSERT_EQ(pool.size(), before);
        } else if (choice == 16) {
            if (pool.size() != 0) {
                const auto all = pool.all();
                ASSERT_TRUE(pool.remove(all[below(all.size())]->hash));
            }
        } else {
            if (choice == 17) alloc[account(sender)].nonce += below(3);
            if (choice == 18)
                alloc[account(sender)].balance = uint256{below(2) * GWEI} * uint256{GWEI};
            if (choice == 19) environment = environment_at(1 + below(20));
            sync();
            pool.update(head, environment);
            for (const auto& pooled : pool.all())
                ASSERT_GE(pooled->transaction.nonce, head.account(pooled->sender)->nonce);
        }
        expect_properties();
    }
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomPoolTest, testing::Range(1u, 9u));

}  // namespace
}  // namespace scope::pool
