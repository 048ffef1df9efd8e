#include "execution/scope_rollup.hpp"

#include <gtest/gtest.h>

#include "base/hex.hpp"
#include "base/uint256.hpp"
#include "crypto/keccak.hpp"
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
constexpr uint8_t WORK = 2;     // for WORK_GAS
constexpr uint8_t LOOK = 0x77;  // at the account of that number
/// The gas of its own code up to there, and of 62'501 words of memory.
constexpr uint64_t WORK_GAS = 85 + 3 * 62'501 + 62'501ull * 62'501 / 512;

/// Logs without data or topics; the predeploy here: with as much data as the input's word says.
const Bytes LOGGING = "5f5fa000"_hex;
const Bytes LOGGING_MUCH = "5f355fa000"_hex;
constexpr uint64_t LOG_BYTES = 20;

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

    static Transaction user_transaction(uint64_t nonce = 0) {
        Transaction tx;
        tx.type = TxType::dynamic_fee;
        tx.chain_id = ChainId{1};
        tx.nonce = nonce;
        tx.gas_limit = 200'000;
        tx.to = CATCHER;
        return tx;
    }

    static Transaction system_transaction(uint64_t nonce, Bytes data = {}) {
        Transaction tx;
        tx.type = TxType::system;
        tx.chain_id = ChainId{1};
        tx.nonce = nonce;
        tx.gas_limit = 100'000;
        tx.to = PREDEPLOY;
        tx.data = std::move(data);
        return tx;
    }

    /// A transaction in which @p payload goes to the abort precompile, and is caught.
    Result<Outcome, TxError> caught(BytesView payload) {
        Transaction tx = user_transaction();
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
    Host host{state, environment};
    for (uint64_t nonce = 0; nonce < 2; ++nonce) {
        ASSERT_TRUE(execute_transaction(host, system_transaction(nonce), SYSTEM).has_value());
        EXPECT_EQ(state.storage(PREDEPLOY, {}), Hash{}) << nonce;
    }
    // The user's transaction that follows finds what the last one left.
    Transaction tx = user_transaction();
    tx.to = PREDEPLOY;
    ASSERT_TRUE(execute_transaction(host, tx, USER).has_value());
    EXPECT_EQ(state.storage(PREDEPLOY, {}), to_be(uint256{1u}));
}

TEST_F(SystemTransactionRuleTest, no_frame_catches_an_abort) {
    EXPECT_EQ(caught(RESPONSE_MISSING).error(), TxError::aborted);
    EXPECT_TRUE(state.diff().empty());
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

TEST_F(SystemTransactionRuleTest, asking_has_gas_of_its_own_nested_a_64th_less) {
    // Stores the gas it has where the input says, and calls itself to ask three times at most.
    state.set_code(PREDEPLOY, evm::make_code(concat("5a6004355f1a8181556003811460295763"_hex, ASK,
                                                    "60e01b5f52600101600453"_hex,
                                                    "5f5f60055f5f305af15b00"_hex)));
    Host host{state, environment};
    host.open_transaction({.origin = USER});
    const Bytes input = concat(ASK, Bytes{0});
    host.call({.gas = 200'000,
               .recipient = PREDEPLOY,
               .sender = USER,
               .code_address = PREDEPLOY,
               .input = input});
    host.close_transaction();
    const auto gas_in = [&](unsigned ask) { return state.storage(PREDEPLOY, to_be(uint256{ask})); };
    constexpr uint64_t MOST = 67'108'864;
    constexpr uint64_t GAS_INSTRUCTION = 2;
    EXPECT_EQ(gas_in(1), to_be(uint256{MOST - GAS_INSTRUCTION}));
    EXPECT_EQ(gas_in(2), to_be(uint256{MOST - MOST / 64 - GAS_INSTRUCTION}));
    EXPECT_EQ(gas_in(3),
              to_be(uint256{MOST - MOST / 64 - (MOST - MOST / 64) / 64 - GAS_INSTRUCTION}));
}

TEST_F(SystemTransactionRuleTest, asking_is_bounded) {
    const Bytes payload = concat(ASK, Bytes{WORK});
    for (int transaction = 0; transaction < 2; ++transaction) {
        Host host{state, environment};
        host.open_transaction({.origin = USER});
        EXPECT_EQ(host.rollup()->gas_left(), 67'108'864);
        uint64_t times = 0;
        while (forward(host, PREDEPLOY, PREDEPLOY, payload, 100'000).ok) {
            ++times;
            EXPECT_EQ(host.rollup()->gas_used(), times * WORK_GAS);
        }
        EXPECT_EQ(times, 67'108'864 / WORK_GAS);
        EXPECT_EQ(host.rollup()->abort_reason(), to_bytes(TOO_LITTLE_GAS));
        host.close_transaction();
    }
}

/// Counts the `ask`s that begin.
class AskCounter final : public Host {
  public:
    using Host::Host;
    evm::CallResult call(const evm::Message& message) override {
        const bool asks = message.sender == PREDEPLOY && message.recipient == PREDEPLOY &&
                          equal(message.input, ASK);
        if (asks && !rollup()->abort_reason()) ++asks_;
        return Host::call(message);
    }
    [[nodiscard]] uint64_t asks() const noexcept { return asks_; }

  private:
    uint64_t asks_ = 0;
};

/// Has a user ask the predeploy's code, which asks without end: it gets one share, whatever is open at
/// once.
void expect_one_share(auto& state, const auto& environment) {
    AskCounter host{state, environment};
    host.open_transaction({.origin = USER});
    const auto result = host.call({.gas = 20'000'000,
                                   .recipient = PREDEPLOY,
                                   .sender = USER,
                                   .code_address = PREDEPLOY,
                                   .input = ASK});
    EXPECT_EQ(result.status, Status::aborted);
    EXPECT_EQ(host.rollup()->abort_reason(), to_bytes(TOO_LITTLE_GAS));
    EXPECT_EQ(host.asks(), ASK_SHARE / WORK_GAS + 1);
    host.close_transaction();
}

// Else a transaction that aborts takes a share for each of them: it is charged as they end.
TEST_F(SystemTransactionRuleTest, asks_that_are_open_at_once_take_one_share_together) {
    // Pays for WORK_GAS, about, and calls itself to ask once more; that fails or is the last.
    state.set_code(PREDEPLOY,
                   evm::make_code(concat("5f621e84805263"_hex, ASK,
                                         "60e01b5f525f5f60045f5f305af1"_hex, "5f5260205ff3"_hex)));
    expect_one_share(state, environment);
}

// A frame that keeps no gas is one like any other: the one that it calls may have gas all the same, by
// the stipend for value.
TEST_F(SystemTransactionRuleTest, asks_below_a_frame_that_keeps_no_gas_take_that_share_too) {
    constexpr uint64_t UP_TO_THE_CALL = 59;
    constexpr uint64_t CALL_WITH_VALUE = 100 + 9'000;
    for (const uint64_t left : {0u, 1u, 63u, 64u}) {
        // Asked, it pays for WORK_GAS, about, and calls itself with one byte and just the gas for
        // calling itself with value and all that is left, which asks once more.
        const Hash gas = to_be(uint256{UP_TO_THE_CALL + CALL_WITH_VALUE + left});
        const auto ask = concat("63"_hex, ASK, "60e01b5f525f5f60045f5f305af100"_hex);
        const auto work =
            concat("5b5f621e8480525f5f60015f5f3061"_hex, BytesView{gas}.last(2), "f100"_hex);
        state.set_code(PREDEPLOY, evm::make_code(concat("3680600414602257600114603557"_hex, ask,
                                                        work, "5b5f5f5f5f6001305af100"_hex)));
        state.set_balance(PREDEPLOY, uint256{1u});
        SCOPED_TRACE(left);
        expect_one_share(state, environment);
    }
}

// An abort leaves no frame that could go on: no loop in one, whatever gas it has.
TEST_F(SystemTransactionRuleTest, an_abort_ends_all_frames_at_once) {
    Host host{state, environment};
    host.open_transaction({.origin = USER});
    const Bytes input = concat(Bytes(12), ABORT_PRECOMPILE, RESPONSE_MISSING);
    const auto result = host.call({.gas = 100'000,
                                   .recipient = CATCHER,
                                   .sender = USER,
                                   .code_address = CATCHER,
                                   .input = input});
    EXPECT_EQ(result.status, Status::aborted);
    EXPECT_EQ(result.gas_left, 0);
    EXPECT_EQ(state.storage(CATCHER, {}), Hash{});
    host.close_transaction();
}

TEST_F(SystemTransactionRuleTest, asking_is_bounded_over_a_block) {
    Transaction tx = user_transaction();
    tx.data = concat(Bytes(12), PREDEPLOY, ASK, Bytes{WORK});
    const uint64_t paid = [&] {
        state::State scratch{base};
        Host host{scratch, environment};
        return execute_transaction(host, tx, USER)->gas_used;
    }();
    // Its own gas limit has to be left, and beside that all that it asks.
    for (const uint64_t missing : {0u, 1u}) {
        state::State scratch{base};
        const uint64_t total = paid + WORK_GAS + tx.gas_limit + WORK_GAS - missing;
        BlockExecutor block{scratch, environment, {.all_gas = total}};
        EXPECT_EQ(block.room().all_gas, total);
        tx.nonce = 0;
        const auto first = block.execute(tx, USER);
        ASSERT_TRUE(first);
        EXPECT_EQ(first->gas_used, paid);
        EXPECT_EQ(first->rollup_gas_used, WORK_GAS);
        EXPECT_EQ(block.all_gas_used(), paid + WORK_GAS);
        EXPECT_EQ(block.room().all_gas, total - paid - WORK_GAS);
        EXPECT_EQ(block.room().gas, environment.block.gas_limit - paid);

        const auto checkpoint = block.checkpoint();
        tx.nonce = 1;
        const auto second = block.execute(tx, USER);
        EXPECT_EQ(second.has_value(), missing == 0);
        if (second)
            EXPECT_EQ(block.all_gas_used(), paid + WORK_GAS + second->gas_used + WORK_GAS);
        else
            EXPECT_EQ(second.error(), TxError::aborted);
        block.rollback(checkpoint);
        EXPECT_EQ(block.all_gas_used(), paid + WORK_GAS);
    }
}

TEST_F(SystemTransactionRuleTest, asking_of_a_system_transaction_is_bounded_alike) {
    const Transaction tx = system_transaction(0, concat(Bytes(12), PREDEPLOY, ASK, Bytes{WORK}));
    const Room one_missing{.all_gas = tx.gas_limit + WORK_GAS - 1};
    Host host{state, environment};
    EXPECT_EQ(execute_transaction(host, tx, SYSTEM, one_missing).error(), TxError::aborted);
    EXPECT_EQ(host.rollup()->abort_reason(), to_bytes(TOO_LITTLE_GAS));
    const Room enough{.all_gas = tx.gas_limit + WORK_GAS};
    EXPECT_TRUE(execute_transaction(host, tx, SYSTEM, enough));
}

TEST_F(SystemTransactionRuleTest, the_gas_of_system_transactions_is_counted_apart) {
    state.set_code(PREDEPLOY, evm::make_code(Bytes{0x00}));
    constexpr uint64_t TOTAL = 90'000'000;
    BlockExecutor block{state, environment, {.all_gas = TOTAL}};
    const auto run_system = [&](uint64_t nonce) {
        const auto outcome = block.execute(system_transaction(nonce), SYSTEM);
        ASSERT_TRUE(outcome);
        EXPECT_EQ(outcome->gas_used, 0u);
        EXPECT_EQ(outcome->rollup_gas_used, 21'000u);
    };
    run_system(0);
    Transaction transfer = user_transaction();
    transfer.to = USER;
    ASSERT_TRUE(block.execute(transfer, USER));
    run_system(1);

    std::vector<uint64_t> cumulative;
    for (const auto& receipt : block.receipts()) cumulative.push_back(receipt.cumulative_gas_used);
    EXPECT_EQ(cumulative, (std::vector<uint64_t>{0, 21'000, 21'000}));
    EXPECT_EQ(block.outcome().gas_used, 21'000u);
    EXPECT_EQ(block.all_gas_used(), 63'000u);
    EXPECT_EQ(block.room().gas, 30'000'000u - 21'000);
    EXPECT_EQ(block.room().all_gas, TOTAL - 63'000);
}

TEST_F(SystemTransactionRuleTest, gas_limits_are_bounded_by_what_the_batch_has_left) {
    state.set_code(PREDEPLOY, evm::make_code(Bytes{0x00}));
    const auto error_of = [&](const Transaction& tx, uint64_t all_gas) {
        const auto checkpoint = state.checkpoint();
        BlockExecutor block{state, environment, {.all_gas = all_gas}};
        const auto outcome = block.execute(tx, tx.type == TxType::system ? SYSTEM : USER);
        state.rollback(checkpoint);
        return outcome ? "" : std::string{to_string(outcome.error())};
    };
    Transaction system = system_transaction(0);
    system.gas_limit = environment.block.gas_limit + 1;
    EXPECT_EQ(error_of(system, system.gas_limit), "");
    EXPECT_EQ(error_of(system, system.gas_limit - 1), "block_gas_exceeded");
    EXPECT_EQ(error_of(system, UINT64_MAX), "");
    // Gas is counted in 63 bits.
    system.gas_limit = MAX_GAS + 1;
    EXPECT_EQ(error_of(system, UINT64_MAX), "block_gas_exceeded");
    Host host{state, environment};
    EXPECT_EQ(execute_transaction(host, system, SYSTEM, {}).error(), TxError::block_gas_exceeded);

    const Transaction user = user_transaction();
    EXPECT_EQ(error_of(user, user.gas_limit), "");
    EXPECT_EQ(error_of(user, user.gas_limit - 1), "block_gas_exceeded");
    EXPECT_EQ(error_of(user, UINT64_MAX), "");
}

TEST_F(SystemTransactionRuleTest, the_logs_of_a_block_are_bounded) {
    static_assert(MAX_LOG_BYTES_PER_BLOCK == 4'194'304);
    state.set_code(PREDEPLOY, evm::make_code(LOGGING_MUCH));
    state.set_code(CATCHER, evm::make_code(LOGGING));
    BlockExecutor block{state, environment, {}};
    EXPECT_EQ(block.room().log_bytes, MAX_LOG_BYTES_PER_BLOCK);
    const auto log = [&](uint64_t size_bytes) {
        Transaction tx = system_transaction(state.nonce(SYSTEM));
        tx.gas_limit = 80'000'000;
        tx.data = to_bytes(to_be(uint256{size_bytes}));
        return block.execute(tx, SYSTEM);
    };
    const Transaction user = user_transaction();
    const auto state_root = [&] { return base.after(state.diff())->state_root(); };
    const Hash before = state_root();
    EXPECT_EQ(log(MAX_LOG_BYTES_PER_BLOCK - LOG_BYTES + 1).error(), TxError::block_logs_exceeded);
    EXPECT_EQ(state_root(), before);
    EXPECT_EQ(block.all_gas_used(), 0u);

    const auto empty = block.checkpoint();
    ASSERT_TRUE(log(MAX_LOG_BYTES_PER_BLOCK - LOG_BYTES));
    EXPECT_EQ(block.room().log_bytes, 0u);
    block.rollback(empty);
    ASSERT_TRUE(log(MAX_LOG_BYTES_PER_BLOCK - 3 * LOG_BYTES));
    EXPECT_EQ(block.room().log_bytes, 2 * LOG_BYTES);
    ASSERT_TRUE(block.execute(user, USER));
    EXPECT_EQ(block.room().log_bytes, LOG_BYTES);
    ASSERT_TRUE(log(0));

    const Hash full = state_root();
    const uint64_t gas = block.all_gas_used();
    Transaction one_more = user;
    one_more.nonce = 1;
    EXPECT_EQ(block.execute(one_more, USER).error(), TxError::block_logs_exceeded);
    EXPECT_EQ(state_root(), full);
    EXPECT_EQ(block.all_gas_used(), gas);
    EXPECT_EQ(block.receipts().size(), 3u);
    // Whose logs don't stand counts nothing.
    state.set_code(CATCHER, evm::make_code("5f5fa05f5ffd"_hex));
    EXPECT_TRUE(block.execute(one_more, USER));
    EXPECT_EQ(block.room().log_bytes, 0u);
}

TEST_F(SystemTransactionRuleTest, topics_and_data_of_logs_count) {
    const std::vector<Log> logs{{PREDEPLOY, {Hash{}, Hash{}}, Bytes(7)}, {PREDEPLOY, {}, {}}};
    EXPECT_EQ(log_bytes(logs), 20u + 2 * 32 + 7 + 20);
}

TEST_F(SystemTransactionRuleTest, ethereum_has_no_bound_of_logs_and_no_roots) {
    environment.rollup = nullptr;
    BlockExecutor block{state, environment, {}};
    Transaction tx = user_transaction();
    tx.data = to_bytes(ROOT_MARKER);
    EXPECT_TRUE(block.execute(tx, USER));
    EXPECT_EQ(block.room().log_bytes, UINT64_MAX);
    EXPECT_EQ(block.room().behind_load, std::nullopt);
    EXPECT_EQ(block.room().all_gas, MAX_GAS);
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

/// Encodes calldata of upgrade(bytes), with the head's words as said.
Bytes upgrade_to(BytesView code, uint64_t offset, uint64_t size) {
    return concat(UPGRADE, to_be(uint256{offset}), to_be(uint256{size}), code,
                  Bytes((32 - code.size() % 32) % 32));
}
Bytes upgrade_to(BytesView code) {
    return upgrade_to(code, 32, code.size());
}

TEST_F(SystemTransactionRuleTest, an_upgrade_is_there_for_the_next_transaction) {
    BlockExecutor block{state, environment, {}};
    uint64_t nonce = 0;
    for (const size_t size : {4u, 31u, 32u, 33u, 24'576u}) {
        state.set_code(PREDEPLOY, evm::make_code(LOGGING));
        Transaction tx = system_transaction(nonce++, upgrade_to(Bytes(size)));
        tx.gas_limit = 1'000'000;
        const auto outcome = block.execute(tx, SYSTEM);
        ASSERT_TRUE(outcome.has_value()) << size;
        EXPECT_EQ(outcome->logs.size(), 1u) << "by the code that there was";
        EXPECT_EQ(state.code(PREDEPLOY)->bytes, Bytes(size));
        EXPECT_EQ(state.account(PREDEPLOY)->code_hash, crypto::keccak256(Bytes(size)));
        const auto next = block.execute(system_transaction(nonce++), SYSTEM);
        ASSERT_TRUE(next.has_value()) << size;
        EXPECT_TRUE(next->logs.empty()) << "it stops";
    }
}

TEST_F(SystemTransactionRuleTest, an_upgrade_that_does_not_stand_changes_nothing) {
    BlockExecutor block{state, environment, {}};
    const auto before = block.checkpoint();
    ASSERT_TRUE(block.execute(system_transaction(0, upgrade_to(LOGGING)), SYSTEM).has_value());
    EXPECT_EQ(state.code(PREDEPLOY)->bytes, LOGGING);
    block.rollback(before);
    EXPECT_EQ(state.code(PREDEPLOY)->bytes, FORWARDER);
    // INVALID: the call fails.
    state.set_code(PREDEPLOY, evm::make_code("fe"_hex));
    EXPECT_EQ(block.execute(system_transaction(0, upgrade_to(LOGGING)), SYSTEM).error(),
              TxError::system_failed);
    EXPECT_EQ(state.code(PREDEPLOY)->bytes, "fe"_hex);
}

TEST_F(SystemTransactionRuleTest, only_a_system_transaction_upgrades) {
    Host host{state, environment};
    Transaction tx = user_transaction();
    tx.to = PREDEPLOY;
    tx.data = upgrade_to(LOGGING);
    ASSERT_TRUE(execute_transaction(host, tx, USER).has_value());
    EXPECT_EQ(state.code(PREDEPLOY)->bytes, FORWARDER);
}

TEST_F(SystemTransactionRuleTest, an_upgrade_is_encoded_as_the_derivation_does) {
    state.set_code(PREDEPLOY, evm::make_code(LOGGING));
    const Bytes code = "fe"_hex;
    Bytes head = upgrade_to(code);
    head.resize(4 + 2 * 32 - 1);
    uint64_t nonce = 0;
    for (const Bytes& calldata :
         {upgrade_to(code, 0, 1), upgrade_to(code, 64, 1), upgrade_to(code, 32, 33),
          upgrade_to(code, 32, ~uint64_t{}), to_bytes(UPGRADE), head}) {
        Host host{state, environment};
        ASSERT_TRUE(
            execute_transaction(host, system_transaction(nonce++, calldata), SYSTEM).has_value());
        EXPECT_EQ(state.code(PREDEPLOY)->bytes, LOGGING) << nonce;
    }
}

class RootTest : public SystemTransactionRuleTest {
  protected:
    const SystemTransactionRule rule{.sender = SYSTEM, .target = PREDEPLOY};

    static Transaction load(uint64_t nonce) {
        return system_transaction(nonce, concat(LOAD_ROOT, Bytes(60)));
    }
    static Transaction root(uint64_t nonce) {
        Transaction tx = user_transaction(nonce);
        tx.data = to_bytes(ROOT_MARKER);
        return tx;
    }
    /// Executes it as the block's next; returns the rule that refuses it, if one does.
    static std::string error_of(BlockExecutor& block, const Transaction& tx) {
        const auto outcome = block.execute(tx, tx.type == TxType::system ? SYSTEM : USER);
        return outcome ? "" : std::string{to_string(outcome.error())};
    }
};

TEST_F(RootTest, a_transaction_is_one_whose_data_end_in_the_marker) {
    const auto with_data = [&](Bytes data) {
        Transaction tx = user_transaction();
        tx.data = std::move(data);
        return is_root(state, rule, tx);
    };
    EXPECT_TRUE(with_data(to_bytes(ROOT_MARKER)));
    EXPECT_TRUE(with_data(concat("01020304"_hex, ROOT_MARKER)));
    EXPECT_FALSE(with_data({}));
    EXPECT_FALSE(with_data(to_bytes(BytesView{ROOT_MARKER}.subspan(1))));
    EXPECT_FALSE(with_data(concat(ROOT_MARKER, Bytes{0})));
    for (const size_t byte : {0u, 31u}) {
        Hash other = ROOT_MARKER;
        other[byte] ^= 1;
        EXPECT_FALSE(with_data(to_bytes(other)));
    }
}

TEST_F(RootTest, init_code_that_ends_in_the_marker_is_one) {
    Transaction tx = root(0);
    tx.to.reset();
    EXPECT_TRUE(is_root(state, rule, tx));
    tx.data.pop_back();
    EXPECT_FALSE(is_root(state, rule, tx));
    // Not as if it were sent to address 0.
    state.set_storage(PREDEPLOY, entry_slot({}), to_be(uint256{1u}));
    EXPECT_FALSE(is_root(state, rule, tx));
}

TEST_F(RootTest, a_transaction_to_a_declared_entry_is_one) {
    const Transaction tx = user_transaction();
    EXPECT_FALSE(is_root(state, rule, tx));
    state.set_storage(PREDEPLOY, entry_slot(OTHER), to_be(uint256{1u}));
    state.set_storage(OTHER, entry_slot(CATCHER), to_be(uint256{1u}));
    EXPECT_FALSE(is_root(state, rule, tx));
    state.set_storage(PREDEPLOY, entry_slot(CATCHER), to_be(uint256{1u}));
    EXPECT_TRUE(is_root(state, rule, tx));
}

TEST_F(RootTest, no_system_transaction_is_one) {
    Transaction tx = system_transaction(0, to_bytes(ROOT_MARKER));
    state.set_storage(PREDEPLOY, entry_slot(PREDEPLOY), to_be(uint256{1u}));
    EXPECT_FALSE(is_root(state, rule, tx));
    tx.type = TxType::legacy;
    EXPECT_TRUE(is_root(state, rule, tx));
}

TEST_F(RootTest, looking_for_an_entry_warms_nothing) {
    Host host{state, environment};
    host.open_transaction({.origin = USER});
    EXPECT_FALSE(is_root(state, rule, user_transaction()));
    EXPECT_EQ(host.access_account(PREDEPLOY), evm::AccessStatus::cold);
    EXPECT_EQ(host.access_storage(PREDEPLOY, entry_slot(CATCHER)), evm::AccessStatus::cold);
    host.close_transaction();
}

TEST_F(RootTest, stands_only_directly_behind_its_load) {
    BlockExecutor block{state, environment, {}};
    EXPECT_EQ(error_of(block, root(0)), "root_without_load");
    EXPECT_EQ(error_of(block, user_transaction(0)), "");
    EXPECT_EQ(error_of(block, root(1)), "root_without_load");
    EXPECT_EQ(error_of(block, system_transaction(0, Bytes(64))), "");
    EXPECT_EQ(error_of(block, root(1)), "root_without_load");
    EXPECT_EQ(error_of(block, load(1)), "");
    EXPECT_EQ(block.room().behind_load, true);
    EXPECT_EQ(error_of(block, root(1)), "");
    EXPECT_EQ(block.room().behind_load, false);
    EXPECT_EQ(error_of(block, root(2)), "root_without_load");
    EXPECT_EQ(block.receipts().size(), 4u);
}

TEST_F(RootTest, nothing_but_a_root_stands_behind_a_load) {
    BlockExecutor block{state, environment, {}};
    ASSERT_EQ(error_of(block, load(0)), "");
    EXPECT_EQ(error_of(block, user_transaction(0)), "load_without_root");
    EXPECT_EQ(error_of(block, system_transaction(1, Bytes(64))), "load_without_root");
    EXPECT_EQ(error_of(block, load(1)), "load_without_root");
    EXPECT_EQ(block.room().behind_load, true);
    EXPECT_EQ(error_of(block, root(0)), "");
    EXPECT_EQ(error_of(block, load(1)), "");
}

TEST_F(RootTest, a_refused_or_undone_load_is_none) {
    BlockExecutor block{state, environment, {}};
    EXPECT_EQ(error_of(block, load(1)), "nonce_too_high");
    EXPECT_EQ(error_of(block, root(0)), "root_without_load");
    const auto before = block.checkpoint();
    ASSERT_EQ(error_of(block, load(0)), "");
    const auto behind = block.checkpoint();
    block.rollback(before);
    EXPECT_EQ(error_of(block, root(0)), "root_without_load");

    ASSERT_EQ(error_of(block, load(0)), "");
    ASSERT_EQ(error_of(block, root(0)), "");
    block.rollback(behind);
    EXPECT_EQ(error_of(block, user_transaction(0)), "load_without_root");
    EXPECT_EQ(error_of(block, root(0)), "");
}

TEST_F(RootTest, whether_an_entry_is_declared_is_read_before_the_transaction) {
    // PUSH1 1, PUSH32 slot, SSTORE: the predeploy declares, whoever calls it.
    state.set_code(PREDEPLOY,
                   evm::make_code(concat("60017f"_hex, entry_slot(PREDEPLOY), "5500"_hex)));
    BlockExecutor block{state, environment, {}};
    Transaction tx = user_transaction(0);
    tx.to = PREDEPLOY;
    const auto before = block.checkpoint();
    EXPECT_EQ(error_of(block, tx), "");
    tx.nonce = 1;
    EXPECT_EQ(error_of(block, tx), "root_without_load");
    EXPECT_EQ(error_of(block, load(0)), "");
    EXPECT_EQ(error_of(block, tx), "");
    block.rollback(before);
    tx.nonce = 0;
    EXPECT_EQ(error_of(block, tx), "");
}

TEST_F(RootTest, is_not_looked_for_where_the_predecessor_is_not_known) {
    Host host{state, environment};
    EXPECT_TRUE(execute_transaction(host, root(0), USER));
    EXPECT_TRUE(execute_transaction(host, user_transaction(1), USER));
    EXPECT_TRUE(execute_transaction(host, load(0), SYSTEM));
    EXPECT_TRUE(execute_transaction(host, load(1), SYSTEM));
    const Room behind_load{.behind_load = true};
    EXPECT_EQ(execute_transaction(host, load(2), SYSTEM, behind_load).error(),
              TxError::load_without_root);
    EXPECT_EQ(broken_rules(state, environment, user_transaction(1), USER, behind_load),
              TxErrors{}
                  .set(static_cast<size_t>(TxError::nonce_too_low))
                  .set(static_cast<size_t>(TxError::load_without_root)));
}

Bytes selector(std::string_view signature) {
    return to_bytes(BytesView{crypto::keccak256(as_bytes(signature))}.first(4));
}

// The signatures are those of contracts/src: IScopedCallable, its extensions, ScopedCallableL2.ask.
TEST(scope_rollup, has_the_selectors_of_scoped_callable) {
    const std::string request =
        "(bytes32,uint8,uint256,uint256,address,uint256,(uint256,bytes32)[],uint256,uint256,"
        "address,uint256,uint256,bytes)";
    EXPECT_EQ(to_bytes(ASK), selector("ask(" + request + ")"));
    EXPECT_EQ(to_bytes(LOAD_ROOT),
              selector("loadRoot((uint256,bytes32,uint256),(uint256,uint256)[],"
                       "(uint256,bytes32,bytes)[],(" +
                       request + ",bytes32,bool)[])"));
    EXPECT_EQ(to_bytes(UPGRADE), selector("upgrade(bytes)"));
    EXPECT_EQ(to_bytes(PAUSE_ASKING), selector("pauseAsking()"));
    const std::string call = "(uint256,address,(address,uint256,uint256,bytes))";
    EXPECT_EQ(to_bytes(SCOPED_CALL), selector("scopedCall" + call));
    EXPECT_EQ(to_bytes(TRY_SCOPED_CALL), selector("tryScopedCall" + call));
    EXPECT_EQ(to_bytes(SCOPED_STATIC_CALL), selector("scopedStaticCall" + call));
    EXPECT_EQ(to_bytes(FORWARD_STRANDED), selector("forwardStranded(uint256,address)"));
    EXPECT_EQ(to_bytes(ASKING_PAUSED), selector("AskingPaused()"));
    EXPECT_EQ(to_bytes(TOO_LITTLE_GAS), selector("TooLittleGas()"));
}

TEST(scope_rollup, has_the_hashes_of_protocol_md) {
    EXPECT_EQ(ROOT_MARKER, crypto::keccak256(as_bytes("scope.root.v2.marker")));
    EXPECT_EQ(entry_slot(CATCHER),
              crypto::keccak256(
                  concat(crypto::keccak256(as_bytes("scope.entries")), Bytes(12), CATCHER)));
}

}  // namespace
}  // namespace scope::execution
