#include "execution/host.hpp"

#include <gtest/gtest.h>

#include "base/hex.hpp"
#include "base/uint256.hpp"
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
/// and the gas then left. Called by itself: takes all gas if the byte after the selector is not 0.
const Bytes FORWARDER =
    "333014602257602036038060205f375f5f825f5f5f355af15f525a6020526040"
    "5ff35b6004355f1a602c57005bfe"_hex;
/// Calls the predeploy with its input and stores 1, and one more if that succeeded.
const Bytes CATCHING =
    "365f5f375f5f365f5f7300000000000000000000000000000000000000c15af16001015f55"_hex;

class SystemTransactionRuleTest : public testing::Test {
  protected:
    SystemTransactionRuleTest() {
        environment.revision = evm::Revision::osaka;
        environment.block.gas_limit = 30'000'000;
        environment.system_transactions = {.sender = SYSTEM, .target = PREDEPLOY};
    }

    struct Forwarded {
        Status status{};
        bool ok = false;
        int64_t gas_left = 0;
    };
    /// What @p contract finds when it calls @p to, with @p gas.
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
        tx.chain_id = 1;
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
    EXPECT_EQ(host.abort_reason(), to_bytes(RESPONSE_MISSING));
}

TEST_F(SystemTransactionRuleTest, the_precompile_is_for_the_predeploy_alone) {
    Host host{state, environment};
    host.open_transaction({.origin = USER});
    EXPECT_TRUE(forward(host, OTHER, ABORT_PRECOMPILE, RESPONSE_MISSING, 100'000).ok);
    EXPECT_TRUE(forward(host, OTHER, ABORT_PRECOMPILE, NO_OPEN_ROOT, 100'000).ok);
    EXPECT_FALSE(host.abort_reason());

    environment.system_transactions.reset();
    EXPECT_TRUE(forward(host, PREDEPLOY, ABORT_PRECOMPILE, RESPONSE_MISSING, 100'000).ok);
    EXPECT_FALSE(host.abort_reason());
}

TEST_F(SystemTransactionRuleTest, asking_is_not_paid_by_who_asks) {
    constexpr int64_t GAS = 100'000;
    const auto call = [&](BytesView selector, bool burns, bool is_static = false,
                          const Address& contract = PREDEPLOY) {
        Host host{state, environment};
        host.open_transaction({.origin = USER});
        const Bytes payload = concat(selector, Bytes{static_cast<uint8_t>(burns)});
        const auto result = forward(host, contract, contract, payload, GAS, is_static);
        host.close_transaction();
        return result;
    };
    EXPECT_FALSE(call(RESPONSE_MISSING, true).ok);
    EXPECT_LT(call(RESPONSE_MISSING, true).gas_left, GAS / 64);
    EXPECT_LT(call(ASK, true, false, OTHER).gas_left, GAS / 64);

    EXPECT_FALSE(call(ASK, true).ok);
    EXPECT_TRUE(call(ASK, false).ok);
    EXPECT_GT(call(ASK, true).gas_left, GAS - 5'000);
    // Neither more nor less for what it took.
    EXPECT_EQ(call(ASK, true).gas_left, call(ASK, false).gas_left);
    EXPECT_EQ(call(ASK, true, true).gas_left, call(ASK, true).gas_left);
}

TEST_F(SystemTransactionRuleTest, asking_is_bounded) {
    const Bytes burning = concat(ASK, Bytes{1});
    Host host{state, environment};
    host.open_transaction({.origin = USER});
    const auto most = static_cast<int64_t>(environment.block.gas_limit);
    for (int64_t spent = 0; spent + ASK_GAS <= most; spent += ASK_GAS)
        EXPECT_EQ(forward(host, PREDEPLOY, PREDEPLOY, burning, 100'000).status, Status::success);
    EXPECT_FALSE(host.abort_reason());
    forward(host, PREDEPLOY, PREDEPLOY, burning, 100'000);
    EXPECT_EQ(host.abort_reason(), to_bytes(TOO_LITTLE_GAS));

    host.close_transaction();
    host.open_transaction({.origin = USER});
    EXPECT_FALSE(host.abort_reason());
    EXPECT_EQ(forward(host, PREDEPLOY, PREDEPLOY, burning, 100'000).status, Status::success);
}

TEST_F(SystemTransactionRuleTest, asking_is_bounded_over_a_block) {
    BlockExecutor block{state, environment, {}};
    Transaction tx;
    tx.type = TxType::dynamic_fee;
    tx.chain_id = 1;
    tx.gas_limit = 200'000;
    tx.to = CATCHER;
    tx.data = concat(Bytes(12), PREDEPLOY, ASK, Bytes{1});
    const auto first = block.execute(tx, USER);
    ASSERT_TRUE(first);
    EXPECT_LT(first->gas_used, 100'000u);
    EXPECT_EQ(first->asking_gas_used, static_cast<uint64_t>(ASK_GAS));
    EXPECT_EQ(block.room().asking_gas, environment.block.gas_limit - first->asking_gas_used);

    tx.nonce = 1;
    const auto checkpoint = block.checkpoint();
    EXPECT_EQ(block.execute(tx, USER).error(), TxError::aborted);
    tx.data.back() = 0;
    EXPECT_TRUE(block.execute(tx, USER));
    block.rollback(checkpoint);
    EXPECT_EQ(block.room().asking_gas, environment.block.gas_limit - first->asking_gas_used);
}

}  // namespace
}  // namespace scope::execution
