#include "execution/scope_rollup.hpp"

#include <gtest/gtest.h>

#include "base/hex.hpp"
#include "base/uint256.hpp"
#include "evm/analysis.hpp"
#include "execution/block_executor.hpp"
#include "execution/transaction.hpp"
#include "state/memory_state.hpp"

namespace scope::execution {
namespace {

using namespace scope::literals;
using evm::Status;

constexpr Address USER = "0x00000000000000000000000000000000000000a1"_address;
constexpr Address SYSTEM = "0x00000000000000000000000000000000000000a2"_address;
constexpr Address PREDEPLOY = "0x00000000000000000000000000000000000000c1"_address;
constexpr Address OTHER = "0x00000000000000000000000000000000000000c2"_address;
constexpr Address CATCHER = "0x00000000000000000000000000000000000000c3"_address;
constexpr auto RESPONSE_MISSING = literals::fixed_literal<4>("01020304");

/// Calls the address in the first word with all that follows it, and returns whether that succeeded
/// and the gas then left. Called by itself: the byte after the selector says what it does.
const Bytes FORWARDER =
    "333014602257602036038060205f375f5f825f5f5f355af15f525a6020526040"
    "5ff35b6004355f1a8060011460395780600214603b573150005bfe5b5f621e84805200"_hex;
constexpr uint8_t FAIL = 1;     // and take all gas
constexpr uint8_t WORK = 2;     // for 7.8 million gas
constexpr uint8_t LOOK = 0x77;  // at the account of that number

/// Calls the predeploy with its input and stores 1, and one more if that succeeded.
const Bytes CATCHING =
    "365f5f375f5f365f5f7300000000000000000000000000000000000000c15af16001015f55"_hex;

class SystemTransactionRuleTest : public testing::Test {
  protected:
    SystemTransactionRuleTest() {
        environment.revision = evm::Revision::osaka;
        environment.block.gas_limit = 30'000'000;
        environment.rollup = std::make_shared<ScopeRollup>(
            SystemTransactionRule{.sender = SYSTEM, .target = PREDEPLOY});
    }

    struct Forwarded {
        Status status{};
        bool ok = false;
        int64_t gas_left = 0;
    };
    /// Returns what @p contract finds when it calls @p to, with @p gas.
    static Forwarded forward(Host& host, const Address& contract, const Address& to,
                             BytesView payload, int64_t gas, bool is_static = false) {
        const Bytes input = concat(Bytes(12), to, payload);
        const auto result = host.call({.is_static = is_static,
                                       .gas = gas,
                                       .recipient = contract,
                                       .sender = USER,
                                       .code_address = contract,
                                       .input = input});
        if (result.status != Status::success) return {result.status};
        return {result.status, result.output.at(31) == 1,
                static_cast<int64_t>(from_be(BytesView{result.output}.subspan(32))[0])};
    }

    /// A transaction in which @p payload goes to the abort precompile, and is caught.
    Result<Outcome, TxError> caught(BytesView payload) {
        Transaction tx;
        tx.type = TxType::dynamic_fee;
        tx.chain_id = ChainId{1};
        tx.gas_limit = 200'000;
        tx.to = CATCHER;
        tx.data = concat(Bytes(12), ABORT_PRECOMPILE, payload);
        Host host{state, environment};
        return execute_transaction(host, tx, USER);
    }

    Environment environment;
    const state::MemoryState base{state::GenesisAlloc{
        {USER, {.nonce = 0, .balance = uint256{1u} << 64, .code = {}, .storage = {}}},
        {PREDEPLOY, {.nonce = 1, .balance = {}, .code = FORWARDER, .storage = {}}},
        {OTHER, {.nonce = 1, .balance = {}, .code = FORWARDER, .storage = {}}},
        {CATCHER, {.nonce = 1, .balance = {}, .code = CATCHING, .storage = {}}},
    }};
    state::State state{base};
};

TEST_F(SystemTransactionRuleTest, a_system_transaction_begins_with_nothing_carried_over) {
    // PUSH0 TLOAD PUSH0 SSTORE PUSH1 1 PUSH0 TSTORE: stores what it found, and leaves 1.
    state.set_code(PREDEPLOY, evm::make_code("5f5c5f5560015f5d00"_hex));
    state.set_storage(PREDEPLOY, {}, to_be(uint256{7u}));
    Transaction tx;
    tx.type = TxType::system;
    tx.chain_id = environment.block.chain_id;
    tx.gas_limit = 100'000;
    tx.to = PREDEPLOY;
    Host host{state, environment};
    for (; tx.nonce < 2; ++tx.nonce) {
        ASSERT_TRUE(environment.rollup->execute_transaction(host, tx, SYSTEM, {}).has_value());
        EXPECT_EQ(state.storage(PREDEPLOY, {}), Hash{}) << tx.nonce;
    }
    // The user's transaction that follows finds what the last one left.
    tx.type = TxType::dynamic_fee;
    tx.nonce = 0;
    ASSERT_TRUE(execute_transaction(host, tx, USER).has_value());
    EXPECT_EQ(state.storage(PREDEPLOY, {}), to_be(uint256{1u}));
}

TEST_F(SystemTransactionRuleTest, no_frame_catches_an_abort) {
    EXPECT_EQ(caught(RESPONSE_MISSING).error(), TxError::aborted);
    EXPECT_TRUE(state.diff().empty());
}

TEST_F(SystemTransactionRuleTest, no_frame_catches_that_there_is_no_root) {
    const auto outcome = caught(NO_OPEN_ROOT);
    ASSERT_TRUE(outcome);
    EXPECT_EQ(outcome->status, Status::revert);
    EXPECT_EQ(outcome->output, to_bytes(NO_OPEN_ROOT));
    EXPECT_LT(outcome->gas_used, 60'000u);
    EXPECT_EQ(state.storage(CATCHER, {}), Hash{});
    EXPECT_EQ(state.nonce(USER), 1u);

    // Nor does it outlive its transaction.
    Host host{state, environment};
    host.open_transaction({.origin = USER});
    EXPECT_EQ(forward(host, PREDEPLOY, ABORT_PRECOMPILE, NO_OPEN_ROOT, 100'000).status,
              Status::revert);
    host.close_transaction();
    host.open_transaction({.origin = USER});
    EXPECT_EQ(forward(host, PREDEPLOY, USER, {}, 100'000).status, Status::success);
}

TEST_F(SystemTransactionRuleTest, an_abort_takes_hardly_any_gas) {
    Host host{state, environment};
    host.open_transaction({.origin = USER});
    forward(host, PREDEPLOY, ABORT_PRECOMPILE, RESPONSE_MISSING, 300);
    EXPECT_EQ(host.rollup()->abort_reason(), to_bytes(RESPONSE_MISSING));
}

TEST_F(SystemTransactionRuleTest, the_precompile_is_for_the_predeploy_alone) {
    Host host{state, environment};
    host.open_transaction({.origin = USER});
    EXPECT_TRUE(forward(host, OTHER, ABORT_PRECOMPILE, RESPONSE_MISSING, 100'000).ok);
    EXPECT_TRUE(forward(host, OTHER, ABORT_PRECOMPILE, NO_OPEN_ROOT, 100'000).ok);
    EXPECT_FALSE(host.rollup()->abort_reason());

    host.close_transaction();

    environment.rollup.reset();
    Host ethereum{state, environment};
    ethereum.open_transaction({.origin = USER});
    EXPECT_TRUE(forward(ethereum, PREDEPLOY, ABORT_PRECOMPILE, RESPONSE_MISSING, 100'000).ok);
    EXPECT_EQ(ethereum.rollup(), nullptr);
}

TEST_F(SystemTransactionRuleTest, asking_is_not_paid_by_who_asks) {
    constexpr int64_t GAS = 100'000;
    const auto call = [&](BytesView selector, uint8_t what, bool is_static = false,
                          const Address& contract = PREDEPLOY) {
        Host host{state, environment};
        host.open_transaction({.origin = USER});
        const auto result =
            forward(host, contract, contract, concat(selector, Bytes{what}), GAS, is_static);
        host.close_transaction();
        return result;
    };
    for (const bool is_static : {false, true}) {
        EXPECT_FALSE(call(RESPONSE_MISSING, WORK, is_static).ok);
        EXPECT_FALSE(call(ASK, WORK, is_static, OTHER).ok);
        EXPECT_TRUE(call(ASK, WORK, is_static).ok);
        EXPECT_EQ(call(ASK, WORK, is_static).gas_left, call(ASK, LOOK).gas_left);
    }
}

TEST_F(SystemTransactionRuleTest, asking_that_fails_is_an_abort_with_whatever_gas_is_left) {
    const auto ask = [&](uint8_t what, int64_t gas) {
        Host host{state, environment};
        host.open_transaction({.origin = USER});
        const auto result = forward(host, PREDEPLOY, PREDEPLOY, concat(ASK, Bytes{what}), gas);
        const bool is_aborted = host.rollup()->abort_reason().has_value();
        host.close_transaction();
        EXPECT_FALSE(is_aborted && result.ok);
        return std::pair{result.status, is_aborted};
    };
    size_t sufficient = 0;
    for (int64_t gas = 2'600; gas < 3'200; ++gas) {
        if (ask(LOOK, gas).first != Status::success) continue;
        ++sufficient;
        EXPECT_TRUE(ask(FAIL, gas).second) << gas;
    }
    EXPECT_GT(sufficient, 0u);
}

TEST_F(SystemTransactionRuleTest, asking_is_bounded) {
    const Bytes payload = concat(ASK, Bytes{WORK});
    const auto ask_until_abort = [&] {
        Host host{state, environment};
        host.open_transaction({.origin = USER});
        size_t times = 0;
        while (forward(host, PREDEPLOY, PREDEPLOY, payload, 100'000).ok) ++times;
        EXPECT_EQ(host.rollup()->abort_reason(), to_bytes(TOO_LITTLE_GAS));
        host.close_transaction();
        return times;
    };
    EXPECT_EQ(ask_until_abort(), 3u);
    EXPECT_EQ(ask_until_abort(), 3u);
}

TEST_F(SystemTransactionRuleTest, asking_is_bounded_over_a_block) {
    BlockExecutor block{state, environment, {}};
    Transaction tx;
    tx.type = TxType::dynamic_fee;
    tx.chain_id = ChainId{1};
    tx.gas_limit = 200'000;
    tx.to = CATCHER;
    tx.data = concat(Bytes(12), PREDEPLOY, ASK, Bytes{WORK});
    const uint64_t most = block.room().rollup_gas;
    EXPECT_EQ(most, environment.block.gas_limit);
    for (; tx.nonce < 3; ++tx.nonce) {
        const auto outcome = block.execute(tx, USER);
        ASSERT_TRUE(outcome);
        EXPECT_LT(outcome->gas_used, 100'000u);
        EXPECT_EQ(block.room().rollup_gas, most - (tx.nonce + 1) * outcome->rollup_gas_used);
    }
    const uint64_t left = block.room().rollup_gas;
    const auto checkpoint = block.checkpoint();
    EXPECT_EQ(block.execute(tx, USER).error(), TxError::aborted);
    tx.data.back() = LOOK;
    EXPECT_TRUE(block.execute(tx, USER));
    EXPECT_LT(block.room().rollup_gas, left);
    block.rollback(checkpoint);
    EXPECT_EQ(block.room().rollup_gas, left);
}

TEST_F(SystemTransactionRuleTest, what_a_system_transaction_loads_is_cold_when_it_serves) {
    Address loaded;
    loaded[19] = LOOK;
    const Bytes payload = concat(RESPONSE_MISSING, Bytes{0});
    for (const auto& origin : {SYSTEM, USER}) {
        Host host{state, environment};
        host.open_transaction({.origin = origin});
        host.access_account(loaded);
        const auto serve = [&] {
            EXPECT_TRUE(forward(host, PREDEPLOY, PREDEPLOY, payload, 100'000).ok);
        };
        serve();
        EXPECT_EQ(host.access_account(loaded),
                  origin == SYSTEM ? evm::AccessStatus::cold : evm::AccessStatus::warm);
        EXPECT_EQ(host.access_account(ABORT_PRECOMPILE), evm::AccessStatus::warm);
        EXPECT_EQ(host.access_account(PREDEPLOY), evm::AccessStatus::warm);
        serve();
        EXPECT_EQ(host.access_account(loaded), evm::AccessStatus::warm);
        host.close_transaction();
    }
}

TEST_F(SystemTransactionRuleTest, a_static_asking_leaves_what_it_looked_at_cold) {
    Address looked_at;
    looked_at[19] = LOOK;
    for (const bool is_static : {false, true}) {
        Host host{state, environment};
        host.open_transaction({.origin = USER});
        const Bytes payload = concat(ASK, Bytes{LOOK});
        EXPECT_TRUE(forward(host, PREDEPLOY, PREDEPLOY, payload, 100'000, is_static).ok);
        EXPECT_EQ(host.access_account(looked_at),
                  is_static ? evm::AccessStatus::cold : evm::AccessStatus::warm);
        host.close_transaction();
    }
}

// Its builder chooses the coinbase, and a contract could branch by what it costs to look at it.
TEST_F(SystemTransactionRuleTest, the_coinbase_is_cold_on_a_rollup) {
    environment.block.coinbase = OTHER;
    Host host{state, environment};
    host.open_transaction({.origin = USER});
    EXPECT_EQ(host.access_account(USER), evm::AccessStatus::warm);
    EXPECT_EQ(host.access_account(OTHER), evm::AccessStatus::cold);
    host.close_transaction();

    environment.rollup = nullptr;
    Host ethereum{state, environment};
    ethereum.open_transaction({.origin = USER});
    EXPECT_EQ(ethereum.access_account(OTHER), evm::AccessStatus::warm);
    ethereum.close_transaction();
}

}  // namespace
}  // namespace scope::execution
