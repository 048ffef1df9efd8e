#include <fmt/format.h>

#include "abi/abi.hpp"
#include "base/hex.hpp"
#include "devnet/people.hpp"
#include "devnet/test_live.hpp"
#include "protocol/forced.hpp"
#include "protocol/registry.hpp"
#include "protocol/settlement.hpp"
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

/// Queues what shall be a transaction by account 0; returns the L1 transaction's hash.
std::string force(TestLive& live, ChainId chain, BytesView envelope, uint64_t gas_limit) {
    leave_block_0(live);
    return live.send(L1, live.network.contracts()->settlement.settlement,
                     protocol::force_transaction(chain, envelope, gas_limit), ONE);
}
std::string force(TestLive& live, ChainId chain, const Transaction& tx) {
    return force(live, chain, encode(tx), tx.gas_limit);
}

/// Returns a member of what a method tells of an entry.
std::string of_entry(TestLive& live, std::string_view method, ChainId chain, uint64_t index,
                     std::string_view path) {
    return TestLive::member(live.get(L1, method, fmt::format("[{},{}]", chain, index)), path);
}

TEST(LiveForced, the_fate_of_a_forced_transaction_is_that_of_its_own_entry) {
    TestLive live{{.automine = false}};
    const auto first = transfer(A, 0);
    const auto second = transfer(A, 1);
    // Of the first nonce twice; of the second before its nonce is the next one, and behind.
    const std::vector<Transaction> queued{second, first, first, second};
    for (const auto& tx : queued) {
        force(live, A, tx);
        live.get(L1, "evm_mine");
    }
    const auto waiting = live.get(L1, "scope_getForcedQueue", fmt::format("[{}]", A));
    EXPECT_THAT(waiting, testing::HasSubstr(
                             fmt::format(R"("sender":"{}","nonce":"0x1")", TestLive::address(1))));
    constexpr auto METHOD = "scope_getForcedTransaction";
    EXPECT_EQ(of_entry(live, METHOD, A, 0, "status"), "waiting");
    live.get(A, "evm_mine");
    const char* const fates[]{"ignored", "succeeded", "ignored", "succeeded"};
    for (uint64_t i = 0; i < queued.size(); ++i) {
        EXPECT_EQ(of_entry(live, METHOD, A, i, "status"), fates[i]) << i;
        EXPECT_EQ(of_entry(live, METHOD, A, i, "transactionHash"), to_hex(hash(queued[i]))) << i;
        EXPECT_EQ(of_entry(live, METHOD, A, i, "blockNumber"), "0x1") << i;
    }
    EXPECT_EQ(live.get(L1, METHOD, fmt::format("[{},4]", A)), "null");
    EXPECT_EQ(live.get(L1, "scope_getDeposit", fmt::format("[{},0]", A)), "null");
}

TEST(LiveForced, an_entry_with_too_little_gas_is_ignored_though_another_has_its_envelope) {
    TestLive live{{.automine = false}};
    const auto tx = transfer(A, 0);
    for (const uint64_t gas : {tx.gas_limit - 1, tx.gas_limit, uint64_t{0}}) {
        force(live, A, encode(tx), gas);
        live.get(L1, "evm_mine");
    }
    // Nobody's nonce waits there.
    const auto waiting = live.get(L1, "scope_getForcedQueue", fmt::format("[{}]", A));
    EXPECT_EQ(waiting.find("\"sender\""), waiting.rfind("\"sender\""));
    EXPECT_NE(waiting.find("\"sender\""), std::string::npos);
    live.get(A, "evm_mine");
    const char* const fates[]{"ignored", "succeeded", "ignored"};
    for (uint64_t i = 0; i < 3; ++i)
        EXPECT_EQ(of_entry(live, "scope_getForcedTransaction", A, i, "status"), fates[i]) << i;
    EXPECT_EQ(live.balance(A, RECEIVER), tx.value);
}

/// Queues an entry, a deposit and two transfers, and has a rollup take them; returns the deposit's
/// envelope.
/// @param envelope  The first entry's.
Bytes take_in_front_of_a_deposit(BytesView envelope) {
    TestLive live{{.automine = false}};
    force(live, A, envelope, 100'000);
    live.get(L1, "evm_mine");
    deposit(live, A);
    live.get(L1, "evm_mine");
    for (const uint64_t nonce : {0u, 1u}) {
        force(live, A, transfer(A, nonce));
        live.get(L1, "evm_mine");
    }
    live.get(A, "evm_mine");
    EXPECT_EQ(live.balance(A, RECEIVER), ONE + uint256{2u});
    EXPECT_EQ(of_entry(live, "scope_getForcedTransaction", A, 0, "status"), "ignored");
    EXPECT_EQ(of_entry(live, "scope_getDeposit", A, 1, "status"), "succeeded");
    EXPECT_EQ(of_entry(live, "scope_getForcedTransaction", A, 2, "status"), "succeeded");
    EXPECT_EQ(of_entry(live, "scope_getForcedTransaction", A, 3, "status"), "succeeded");
    const auto hash = of_entry(live, "scope_getDeposit", A, 1, "transactionHash");
    const auto raw = live.get(A, "debug_getRawTransaction", fmt::format(R"(["{}"])", hash));
    return from_hex(TestLive::unquoted(raw)).value_or(Bytes{});
}

TEST(LiveForced, an_entry_with_the_envelope_of_a_deposit_stands_for_nothing) {
    const Bytes of_deposit = take_in_front_of_a_deposit(Bytes{0x12, 0x34});
    ASSERT_FALSE(of_deposit.empty());
    EXPECT_EQ(take_in_front_of_a_deposit(of_deposit), of_deposit);
}

TEST(LiveForced, entries_between_deposits_are_told_apart) {
    TestLive live{{.automine = false}};
    deposit(live, A);
    live.get(L1, "evm_mine");
    force(live, A, transfer(A, 7));
    live.get(L1, "evm_mine");
    deposit(live, A);
    live.get(L1, "evm_mine");
    force(live, A, transfer(A, 0));
    live.get(L1, "evm_mine");
    live.get(A, "evm_mine");
    EXPECT_EQ(of_entry(live, "scope_getForcedTransaction", A, 1, "status"), "ignored");
    EXPECT_EQ(of_entry(live, "scope_getForcedTransaction", A, 3, "status"), "succeeded");
    EXPECT_EQ(of_entry(live, "scope_getDeposit", A, 2, "status"), "succeeded");
    // What a later batch takes.
    force(live, A, transfer(A, 9));
    live.get(L1, "evm_mine");
    live.get(A, "evm_mine");
    EXPECT_EQ(of_entry(live, "scope_getForcedTransaction", A, 4, "status"), "ignored");
    EXPECT_NE(of_entry(live, "scope_getForcedTransaction", A, 4, "blockNumber"),
              of_entry(live, "scope_getForcedTransaction", A, 3, "blockNumber"));
}

/// Mines so many blocks of L1.
void mine(TestLive& live, uint64_t blocks) {
    for (; blocks > 10'000; blocks -= 10'000) live.get(L1, "anvil_mine", "[10000]");
    live.get(L1, "anvil_mine", fmt::format("[{}]", blocks));
}

TEST(LiveForced, what_a_closed_rollup_never_settled_has_not_happened) {
    TestLive live;
    const auto& contracts = *live.network.contracts();
    leave_block_0(live);
    const Address token = live.deploy(
        L1, "Token",
        abi::encode(std::string_view{"GOLD"}, std::string_view{"GOLD"}, uint256{1'000u}));
    const auto named = live.network.named_contracts();
    const Address bridge = std::ranges::find_if(named, [](const auto& contract) {
                               return contract.chain_id == L1 && contract.name == "TokenBridge";
                           })->address;
    live.send(L1, token, abi::call("approve(address,uint256)", bridge, uint256{1'000u}));
    live.get(L1, "evm_setAutomine", "[false]");
    deposit(live, A);
    live.get(L1, "evm_mine");
    force(live, A, transfer(A, 0));
    live.get(L1, "evm_mine");
    live.send(L1, bridge,
              abi::call("deposit(address,uint256,address,uint256)", token, uint256{A}, RECEIVER,
                        uint256{5u}),
              ONE);
    mine(live, protocol::CLOSING_IDLE + 1);
    live.send(L1, contracts.registry, protocol::close_rollup(A));
    mine(live, protocol::CLOSING_NOTICE + 1);
    // The bridge queued it for somebody.
    EXPECT_EQ(of_entry(live, "scope_getDeposit", A, 2, "from"), to_hex(bridge));
    EXPECT_EQ(of_entry(live, "scope_getDeposit", A, 2, "depositor"), TestLive::address());
    EXPECT_EQ(of_entry(live, "scope_getDeposit", A, 2, "receiver"), to_hex(RECEIVER));
    EXPECT_EQ(of_entry(live, "scope_getDeposit", A, 2, "token"), to_hex(token));
    EXPECT_EQ(of_entry(live, "scope_getDeposit", A, 2, "amount"), "0x5");

    live.get(A, "evm_mine");
    for (const uint64_t index : {0u, 2u})
        EXPECT_EQ(of_entry(live, "scope_getDeposit", A, index, "status"), "succeeded");
    EXPECT_EQ(of_entry(live, "scope_getForcedTransaction", A, 1, "status"), "succeeded");
    const auto ordinary = transfer(A, 1);
    live.get(L1, "evm_setAutomine", "[true]");
    live.get(A, "eth_sendRawTransaction", fmt::format(R"(["{}"])", to_hex(encode(ordinary))));
    EXPECT_EQ(live.network.chain(A)->head()->header().number, 2u);

    live.send(L1, contracts.registry, protocol::close_rollup(A));
    EXPECT_EQ(live.network.chain(A)->head()->header().number, 0u);
    EXPECT_EQ(live.receipt(A, to_hex(hash(ordinary))), "null");
    EXPECT_THAT(live.get(A, "scope_getRefusal", fmt::format(R"(["{}"])", to_hex(hash(ordinary)))),
                testing::HasSubstr("closed for good"));
    for (const uint64_t index : {0u, 2u})
        EXPECT_EQ(of_entry(live, "scope_getDeposit", A, index, "status"), "refundable");
    EXPECT_EQ(of_entry(live, "scope_getForcedTransaction", A, 1, "status"), "lapsed");

    // Nothing can be sent there, and no block comes.
    const auto call =
        fmt::format(R"([{{"from":"{}","to":"{}"}}])", TestLive::address(), to_hex(RECEIVER));
    for (const auto& [method, params] :
         {std::pair{"eth_sendRawTransaction", fmt::format(R"(["{}"])", to_hex(encode(ordinary)))},
          {"eth_sendRawTransactionSync", fmt::format(R"(["{}"])", to_hex(encode(ordinary)))},
          {"eth_sendTransaction", call},
          {"eth_estimateGas", call},
          {"eth_fillTransaction", call},
          {"evm_mine", "[]"}}) {
        const auto answer = live.ask(A, method, params);
        ASSERT_FALSE(answer.has_value()) << method;
        EXPECT_EQ(answer.error().code, -39020) << method;
        EXPECT_THAT(answer.error().message, testing::HasSubstr("rollup 42001 is closed for good"));
    }

    live.send(L1, bridge,
              abi::call("refundDeposit(uint256,uint256,address,address,uint256)", uint256{A},
                        uint256{2u}, TestLive::account().address, token, uint256{5u}));
    EXPECT_EQ(of_entry(live, "scope_getDeposit", A, 2, "status"), "refunded");
    EXPECT_EQ(of_entry(live, "scope_getDeposit", A, 0, "status"), "refundable");
    // Undone with L1's blocks, it is open again.
    live.get(L1, "anvil_reorg", "[2,[]]");
    EXPECT_EQ(of_entry(live, "scope_getDeposit", A, 0, "status"), "waiting");
    live.get(A, "evm_mine");
    EXPECT_EQ(of_entry(live, "scope_getDeposit", A, 0, "status"), "succeeded");
}

/// Has the rollups' owner send a transaction on L1.
void send_as_owner(TestLive& live, const Address& to, Bytes data) {
    const Person owner = make_person("devnet.deployer");
    const auto account = to_hex(owner.address);
    live.get(L1, "anvil_setBalance", fmt::format(R"(["{}","{}"])", account, to_quantity(ONE)));
    Transaction tx;
    tx.type = TxType::dynamic_fee;
    tx.chain_id = L1;
    tx.nonce = uint64_t{TestLive::number(
        live.get(L1, "eth_getTransactionCount", fmt::format(R"(["{}","latest"])", account)))};
    tx.gas_limit = 500'000;
    tx.max_fee_per_gas = uint256{100'000'000'000u};
    tx.to = to;
    tx.data = std::move(data);
    sign(tx, owner.key);
    live.get(L1, "eth_sendRawTransaction", fmt::format(R"(["{}"])", to_hex(encode(tx))));
    EXPECT_EQ(TestLive::member(live.receipt(L1, to_hex(hash(tx))), "status"), "0x1");
}

/// Has a rollup's owner change its program and policy: announces, waits, applies.
void change(TestLive& live, ChainId chain, const Hash& program, const Address& policy) {
    const auto& contracts = *live.network.contracts();
    const auto rollup = live.get(
        L1, "eth_call",
        fmt::format(R"([{{"to":"{}","data":"{}"}},"latest"])",
                    to_hex(contracts.settlement.settlement), to_hex(protocol::get_rollup(chain))));
    const auto registered =
        protocol::decode_rollup(from_hex(TestLive::unquoted(rollup)).value_or(Bytes{}));
    ASSERT_TRUE(registered.has_value());
    send_as_owner(live, contracts.registry,
                  abi::call("announceChange(uint256,address,bytes32,address)", uint256{chain},
                            registered->verifier, program, policy));
    live.get(L1, "evm_increaseTime", "[2592060]");
    live.get(L1, "evm_mine");
    send_as_owner(live, contracts.registry, abi::call("applyChange(uint256)", uint256{chain}));
}

TEST(LiveForced, a_rollup_that_no_node_here_serves_says_so) {
    const Hash program{{0x11}};
    const Address policy{{0x77}};
    for (const bool has_policy : {false, true}) {
        TestLive live;
        leave_block_0(live);
        const auto snapshot = live.get(L1, "evm_snapshot");
        EXPECT_THAT(live.get(L1, "scope_chains"), testing::Not(testing::HasSubstr("unserved")));
        change(live, A, has_policy ? program_id() : program, has_policy ? policy : Address{});
        const auto why =
            fmt::format("no node here serves rollup 42001: it has {} on L1",
                        has_policy ? fmt::format("the sequencing policy {}", to_hex(policy))
                                   : fmt::format("program {}", to_hex(program)));
        EXPECT_THAT(live.get(L1, "scope_chains"),
                    testing::HasSubstr(fmt::format(R"("unserved":"{})", why)));
        deposit(live, A);
        EXPECT_EQ(of_entry(live, "scope_getDeposit", A, 0, "status"), "waiting");
        EXPECT_THAT(of_entry(live, "scope_getDeposit", A, 0, "reason"), testing::StartsWith(why));
        force(live, A, transfer(A, 0));
        EXPECT_EQ(of_entry(live, "scope_getForcedTransaction", A, 1, "status"), "waiting");
        EXPECT_THAT(of_entry(live, "scope_getForcedTransaction", A, 1, "reason"),
                    testing::StartsWith(why));
        const auto raw = fmt::format(R"(["{}"])", to_hex(encode(transfer(A, 0))));
        const auto call =
            fmt::format(R"([{{"from":"{}","to":"{}"}}])", TestLive::address(), to_hex(RECEIVER));
        for (const auto& [method, params] :
             {std::pair{"eth_sendTransaction", call}, {"eth_sendRawTransaction", raw}}) {
            const auto answer = live.ask(A, method, params);
            ASSERT_FALSE(answer.has_value()) << method;
            EXPECT_EQ(answer.error().code, -39020) << method;
            EXPECT_THAT(answer.error().message, testing::StartsWith(why)) << method;
        }
        // Others go on, and so does this one where L1 has not changed it.
        deposit(live, B);
        EXPECT_EQ(live.balance(B, RECEIVER), ONE);
        live.get(L1, "evm_revert", fmt::format("[{}]", snapshot));
        live.get(A, "eth_sendRawTransaction", raw);
        EXPECT_EQ(live.balance(A, RECEIVER), uint256{1u});
    }
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
