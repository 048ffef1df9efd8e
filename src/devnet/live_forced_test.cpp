#include <fmt/format.h>

#include "base/hex.hpp"
#include "devnet/test_live.hpp"
#include "protocol/forced.hpp"
#include "types/signing.hpp"

/// Deposits and forced transactions on a devnet.
namespace scope::devnet {
namespace {

const Address RECEIVER{{0xbe, 0xef}};
constexpr uint256 ONE{1'000'000'000'000'000'000};

/// Mines L1's first block: at block 0 an estimate takes the word in which an entry's block stands for
/// zero, and so for cheaper than it is in the next block.
void leave_block_0(TestLive& live) {
    if (live.network.chain(L1)->head()->header().number == 0) live.get(L1, "evm_mine");
}

/// Queues a deposit of one ETH by account 0; returns the L1 transaction's hash.
std::string deposit(TestLive& live, ChainId chain) {
    leave_block_0(live);
    return live.send(L1, live.network.contracts()->settlement.settlement,
                     protocol::deposit_and_call(chain, RECEIVER, ONE, 100'000, {}),
                     ONE + ONE / uint256{100u});
}

Transaction transfer(ChainId chain, uint64_t nonce) {
    Transaction tx;
    tx.type = TxType::dynamic_fee;
    tx.chain_id = chain;
    tx.nonce = nonce;
    tx.gas_limit = 60'000;
    tx.max_fee_per_gas = uint256{100'000'000'000u};
    tx.max_priority_fee_per_gas = uint256{1'000'000'000u};
    tx.to = RECEIVER;
    tx.value = uint256{1u};
    sign(tx, TestLive::account(1).key);
    return tx;
}

TEST(LiveForced, a_deposit_stands_on_its_rollup_at_once) {
    TestLive live;
    const auto sent = deposit(live, A);
    EXPECT_EQ(TestLive::member(live.receipt(L1, sent), "status"), "0x1");
    EXPECT_EQ(live.balance(A, RECEIVER), ONE);
    EXPECT_EQ(live.network.chain(A)->head()->header().number, 1u);
    // A block of its own, with receipts of all that stands in it.
    const auto block = live.network.chain(A)->head();
    ASSERT_EQ(block->block.transactions.size(), 3u);
    const auto receipt = live.receipt(A, to_hex(block->transaction_hashes.back()));
    EXPECT_EQ(TestLive::member(receipt, "status"), "0x1");
    EXPECT_EQ(live.network.scopes(), 0u);
    // It settles as other blocks do.
    live.now_ms += 12'000;
    live.network.tick();
    EXPECT_EQ(live.network.scopes(), 1u);
    live.expect_derivable();
    live.expect_settles();
}

TEST(LiveForced, entries_behind_unsettled_blocks_stand_once_these_have_settled) {
    TestLive live;
    live.get(A, "eth_sendRawTransaction", fmt::format(R"(["{}"])", to_hex(encode(transfer(A, 0)))));
    deposit(live, A);
    EXPECT_EQ(live.network.scopes(), 1u);
    EXPECT_EQ(live.balance(A, RECEIVER), ONE + uint256{1u});
    deposit(live, A);
    deposit(live, B);
    EXPECT_EQ(live.balance(A, RECEIVER), uint256{2u} * ONE + uint256{1u});
    EXPECT_EQ(live.balance(B, RECEIVER), ONE);
    ASSERT_TRUE(live.network.settle());
    live.expect_derivable();
}

TEST(LiveForced, a_forced_transaction_has_its_receipt) {
    TestLive live;
    const auto tx = transfer(B, 0);
    leave_block_0(live);
    live.send(L1, live.network.contracts()->settlement.settlement,
              protocol::force_transaction(B, encode(tx), tx.gas_limit), ONE);
    EXPECT_EQ(TestLive::member(live.receipt(B, to_hex(hash(tx))), "status"), "0x1");
    EXPECT_EQ(live.balance(B, RECEIVER), uint256{1u});
}

TEST(LiveForced, without_automine_an_entry_stands_in_the_next_block) {
    TestLive live{{.automine = false}};
    deposit(live, A);
    live.get(L1, "evm_mine");
    EXPECT_EQ(live.balance(A, RECEIVER), uint256{});
    live.get(A, "evm_mine");
    EXPECT_EQ(live.balance(A, RECEIVER), ONE);
    deposit(live, A);
    live.get(L1, "evm_mine");
    live.get(A, "evm_mine");  // what was unsettled settles first
    EXPECT_EQ(live.balance(A, RECEIVER), uint256{2u} * ONE);
    live.expect_derivable();
}

TEST(LiveForced, a_snapshot_and_a_reorganisation_take_entries_back) {
    TestLive live;
    const auto snapshot = live.get(L1, "evm_snapshot");
    deposit(live, A);
    EXPECT_EQ(live.balance(A, RECEIVER), ONE);
    EXPECT_EQ(live.get(L1, "evm_revert", fmt::format("[{}]", snapshot)), "true");
    EXPECT_EQ(live.balance(A, RECEIVER), uint256{});
    deposit(live, A);
    EXPECT_EQ(live.balance(A, RECEIVER), ONE);
    live.get(L1, "anvil_reorg", "[1,[]]");
    EXPECT_EQ(live.balance(A, RECEIVER), uint256{});
    deposit(live, A);
    EXPECT_EQ(live.balance(A, RECEIVER), ONE);
    live.get(A, "anvil_rollback", "[1]");  // the block goes, and the entry comes again
    EXPECT_EQ(live.balance(A, RECEIVER), uint256{});
    live.get(A, "evm_mine");
    EXPECT_EQ(live.balance(A, RECEIVER), ONE);
    live.expect_settles();
}

TEST(LiveForced, a_dump_has_entries_that_are_settled_and_those_that_are_not) {
    TestLive live;
    deposit(live, A);
    ASSERT_TRUE(live.network.settle());
    deposit(live, A);
    deposit(live, B);
    live.get(B, "eth_sendRawTransaction", fmt::format(R"(["{}"])", to_hex(encode(transfer(B, 0)))));
    const auto dump = live.network.controls()->dump();
    TestLive other;
    const auto loaded = other.network.controls()->load(dump);
    ASSERT_TRUE(loaded.has_value()) << loaded.error().message;
    for (const ChainId chain : {L1, A, B})
        EXPECT_EQ(other.network.chain(chain)->head()->hash,
                  live.network.chain(chain)->head()->hash);
    EXPECT_EQ(other.balance(A, RECEIVER), uint256{2u} * ONE);
    other.expect_settles();
}

TEST(LiveForced, nobody_changes_the_queue_or_the_registry_by_force) {
    TestLive live;
    const auto& contracts = *live.network.contracts();
    for (const auto& contract : {contracts.forced_queue, contracts.registry, contracts.exits})
        EXPECT_THAT(
            live.error(L1, "anvil_setCode", fmt::format(R"(["{}","0x"])", to_hex(contract))),
            testing::HasSubstr("can't be changed by force"));
    EXPECT_THAT(live.error(A, "evm_setBlockGasLimit", R"(["0x1c9c380"])"),
                testing::HasSubstr("which the forced queue needs"));
}

}  // namespace
}  // namespace scope::devnet
