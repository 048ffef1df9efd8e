#include <gtest/gtest.h>

#include <functional>

#include "failing_state/failing_state.hpp"
#include "pool/tx_pool.hpp"
#include "state/memory_state.hpp"
#include "state/unavailable.hpp"

// An operation of a pool whose view of the head fails at any of its reads leaves the pool as it was,
// and may be tried again.

namespace scope::pool {
namespace {

constexpr uint64_t GWEI = 1'000'000'000;
constexpr uint8_t SENDERS = 4;

Address account(uint8_t number) {
    Address address;
    address[19] = number;
    return address;
}

execution::Environment environment() {
    execution::Environment environment;
    environment.revision = evm::Revision::osaka;
    environment.block.chain_id = ChainId{31337};
    environment.block.gas_limit = 30'000'000;
    environment.block.base_fee = uint256{GWEI};
    environment.block.blob_base_fee = uint256{1u};
    return environment;
}

Transaction transaction(uint8_t sender, uint64_t nonce, uint64_t tip_gwei) {
    Transaction tx;
    tx.type = TxType::dynamic_fee;
    tx.chain_id = ChainId{31337};
    tx.nonce = nonce;
    tx.gas_limit = 21'000;
    tx.max_fee_per_gas = uint256{(20 + tip_gwei) * GWEI};
    tx.max_priority_fee_per_gas = uint256{tip_gwei * GWEI};
    tx.to = account(0xff);
    tx.r = uint256{sender};  // so that two senders' transactions have two hashes
    tx.s = uint256{1u};
    return tx;
}

/// The state at which the pool is filled, and a later one in which some of it is stale.
std::shared_ptr<const state::MemoryState> state_with(uint64_t nonce) {
    state::GenesisAlloc alloc;
    for (uint8_t i = 1; i <= SENDERS; ++i)
        alloc[account(i)] = {.nonce = i == 1 ? nonce : 5, .balance = uint256{GWEI} * uint256{GWEI}};
    return std::make_shared<const state::MemoryState>(alloc);
}

/// A pool with three transactions of each sender: it is full.
TxPool filled() {
    TxPool pool{{.max_transactions = 3 * SENDERS}};
    const auto head = state_with(5);
    for (uint8_t sender = 1; sender <= SENDERS; ++sender)
        for (uint64_t nonce = 5; nonce < 8; ++nonce)
            CHECK(pool.add(transaction(sender, nonce, sender), account(sender), *head,
                           environment()));
    return pool;
}

std::vector<Hash> hashes_of(const std::vector<PooledPtr>& all) {
    std::vector<Hash> hashes;
    for (const auto& pooled : all) hashes.push_back(pooled->hash);
    return hashes;
}

/// Something that is done with a pool, and the transactions that it tells of.
using Operation = std::function<std::vector<Hash>(TxPool&, const state::StateView&)>;

Operation adding(const Transaction& tx, uint8_t sender) {
    return [=](TxPool& pool, const state::StateView& head) -> std::vector<Hash> {
        const auto added = pool.add(tx, account(sender), head, environment());
        return added ? std::vector{(*added)->hash} : std::vector<Hash>{};
    };
}

TEST(pool_unavailable, leaves_the_pool_as_it_was_at_any_read) {
    const std::vector<Operation> operations{
        adding(transaction(3, 8, 9), 3),   // others go for it
        adding(transaction(3, 6, 20), 3),  // another one with the nonce goes
        adding(transaction(1, 9, 0), 1),   // refused: the pool is full
        adding(transaction(2, 4, 9), 2),   // refused: its nonce is used
        [](TxPool& pool, const state::StateView& head) {
            return hashes_of(pool.update(head, environment()));
        },
        [](TxPool& pool, const state::StateView& head) {
            return hashes_of(pool.ready(head, environment()));
        },
    };
    const auto count = std::make_shared<testing::ReadCount>();
    const testing::FailingState head{state_with(7), count};
    for (size_t i = 0; i < operations.size(); ++i) {
        SCOPED_TRACE(i);
        const auto& operation = operations[i];
        auto undisturbed = filled();
        count->start(0);
        const auto wanted = operation(undisturbed, head);
        const size_t reads = count->reads;
        ASSERT_GT(reads, 0u);
        for (size_t fails_at = 1; fails_at <= reads; ++fails_at) {
            SCOPED_TRACE(fails_at);
            auto pool = filled();
            const auto before = pool.all();
            count->start(fails_at);
            EXPECT_THROW((void)operation(pool, head), state::Unavailable);
            EXPECT_EQ(pool.all(), before);
            EXPECT_EQ(pool.size(), before.size());
            EXPECT_EQ(operation(pool, head), wanted);
            EXPECT_EQ(hashes_of(pool.all()), hashes_of(undisturbed.all()));
        }
    }
}

}  // namespace
}  // namespace scope::pool
