// The system transaction of a deposit, on the real predeploy: whatever a depositor on L1 chooses, it
// succeeds, the target gets exactly its gas, and no wei is lost (docs/protocol.md, section 12).

#include <gtest/gtest.h>

#include <fmt/format.h>

#include <random>

#include "devnet/artifacts.hpp"
#include "devnet/genesis.hpp"
#include "execution/system_contracts.hpp"
#include "execution/transaction.hpp"
#include "protocol/callable.hpp"
#include "rollup/rollup_config.hpp"

namespace scope::devnet {
namespace {

using namespace literals;
using protocol::ForcedEntry;
using protocol::ForcedKind;

constexpr ChainId L1{1};
constexpr ChainId ROLLUP{901};
constexpr Address SETTLEMENT = "0x5e771e0000000000000000000000000000000001"_address;
constexpr Address DEPOSITOR = "0xde05170000000000000000000000000000000001"_address;
constexpr Address STRANGER = "0x5742a90000000000000000000000000000000001"_address;
constexpr Address KEY = "0x4e40000000000000000000000000000000000001"_address;
constexpr Address DELEGATING = "0x4e40000000000000000000000000000000000002"_address;
constexpr Address DELEGATING_TO_PREDEPLOY = "0x4e40000000000000000000000000000000000003"_address;
constexpr uint256 ETHER{1'000'000'000'000'000'000u};
constexpr size_t ALIAS_BYTES = 97;
/// What a deposit's gas limit has at least more than is used.
constexpr uint64_t MARGIN = 50'000;

/// Calls @p to with the input and the value; then stops, whatever came of it.
Bytes forwarder(const Address& to) {
    return concat("365f5f375f5f365f3473"_hex, to, "5af100"_hex);
}

/// Contracts that may be a deposit's target, by what they do. None sends its value elsewhere unless
/// its name says so.
const std::vector<std::pair<std::string_view, Bytes>> CODES{
    {"stops", "00"_hex},
    {"reverts", "5f5ffd"_hex},
    {"is invalid", "fe"_hex},
    {"loops", "5b5f56"_hex},
    {"has code that no rule allows", "ef"_hex},
    {"returns as much as is allowed", "6160005ff3"_hex},
    {"returns a byte more", "6160015ff3"_hex},
    {"returns megabytes", "622000005ff3"_hex},
    {"reverts with as much as is allowed", "6160005ffd"_hex},
    {"reverts with a byte more", "6160015ffd"_hex},
    {"reverts with megabytes", "622000005ffd"_hex},
    {"returns a memory that its gas doesn't reach", "63ffffffff5ff3"_hex},
    {"calls itself", "5f5f5f5f5f305af15f5f5f5f5f305af1"_hex},
    {"creates without end", "5b5f5f5ff0505f56"_hex},
    {"logs without end", "5b6180005fa05f56"_hex},
    {"stores without end", "5b5a80555f56"_hex},
    {"hashes without end", "5b6180005f20505f56"_hex},
    {"calls the predeploy", forwarder(rollup::PREDEPLOY)},
    {"calls the system sender", forwarder(rollup::SYSTEM_SENDER)},
    {"calls the abort precompile", forwarder(execution::ABORT_PRECOMPILE)},
    {"destroys itself for its caller", "33ff"_hex},
    {"destroys itself for itself", "30ff"_hex},
    {"destroys itself for the predeploy", concat("73"_hex, rollup::PREDEPLOY, "ff"_hex)},
};
Address code_address(size_t i) {
    Address address = "0xc0de000000000000000000000000000000000000"_address;
    address[19] = static_cast<uint8_t>(i);
    return address;
}
const Address REVERTS = code_address(1);
const Address CALLS_PREDEPLOY = code_address(17);

/// Sees what the target gets, and what becomes of it.
class Observer final : public execution::Host {
  public:
    Observer(state::State& state, const execution::Environment& environment, Address speaker,
             Address target)
        : Host(state, environment), speaker_(speaker), target_(target) {}

    evm::CallResult call(const evm::Message& message) override {
        const bool is_it = !gas_ && message.kind == evm::CallKind::call &&
                           message.sender == speaker_ && message.recipient == target_;
        if (is_it) gas_ = static_cast<uint64_t>(message.gas);
        auto result = Host::call(message);
        if (is_it)
            succeeded_ = result.status == evm::Status::success &&
                         result.output.size() <= protocol::MAX_DATA_BYTES;
        return result;
    }

    /// Returns the gas that the target got; nullopt if it wasn't called.
    [[nodiscard]] std::optional<uint64_t> gas() const noexcept { return gas_; }
    /// Returns whether the target succeeded, as a request's would (docs/protocol.md, section 7).
    [[nodiscard]] bool succeeded() const noexcept { return succeeded_; }

  private:
    Address speaker_;
    Address target_;
    std::optional<uint64_t> gas_;
    bool succeeded_ = false;
};

class DepositTest : public testing::Test {
  protected:
    /// Executes a deposit on @p state, and checks what holds of every one.
    /// @return  Whether its call succeeded.
    bool mint(state::State& state, const ForcedEntry& entry, uint64_t index = 7) const {
        const Address speaker = alias_of(entry.from);
        const uint256 reserve = state.balance(rollup::PREDEPLOY);
        const uint256 with_alias = state.balance(speaker);
        const bool is_forbidden = entry.to == rollup::PREDEPLOY ||
                                  entry.to == rollup::SYSTEM_SENDER || entry.to == speaker ||
                                  state.code(entry.to)->bytes.size() == ALIAS_BYTES;
        Transaction tx;
        tx.type = TxType::system;
        tx.chain_id = ROLLUP;
        tx.nonce = state.nonce(rollup::SYSTEM_SENDER);
        tx.gas_limit = protocol::deposit_gas_limit(entry);
        tx.to = rollup::PREDEPLOY;
        tx.data = protocol::callable::deposit(index, entry);
        Observer host{state, environment_, speaker, entry.to};
        const auto outcome = execution::execute_transaction(host, tx, rollup::SYSTEM_SENDER);
        if (!outcome) {
            ADD_FAILURE() << "refused: " << execution::to_string(outcome.error());
            return false;
        }
        EXPECT_LE(outcome->gas_taken + MARGIN, tx.gas_limit);
        const Log& log = outcome->logs.back();
        EXPECT_EQ(log.address, rollup::PREDEPLOY);
        EXPECT_EQ(protocol::callable::decode_deposited(log.topics, log.data),
                  (protocol::callable::Deposited{index, entry.from, entry.to, entry.value,
                                                 host.succeeded()}));
        const uint64_t stipend = entry.value.is_zero() ? 0 : 2'300;
        EXPECT_EQ(host.gas(),
                  is_forbidden ? std::nullopt : std::optional{entry.gas_limit + stipend});
        if (!host.succeeded()) {
            EXPECT_EQ(state.balance(speaker), with_alias + entry.value);
            EXPECT_EQ(state.balance(rollup::PREDEPLOY), reserve - entry.value);
        }
        EXPECT_EQ(state.code(speaker)->bytes.size(), ALIAS_BYTES);
        return host.succeeded();
    }

    /// Returns what a view of the predeploy returns.
    Bytes view(state::State& state, const Bytes& calldata) const {
        execution::Host host{state, environment_};
        host.open_transaction({});
        const auto result = host.call({.gas = 1'000'000,
                                       .recipient = rollup::PREDEPLOY,
                                       .code_address = rollup::PREDEPLOY,
                                       .input = calldata});
        host.close_transaction();
        EXPECT_EQ(result.status, evm::Status::success);
        return result.output;
    }
    [[nodiscard]] Address alias_of(const Address& account) const {
        state::State state{base_};
        const auto output =
            view(state, abi::call("aliasOf(uint256,address)", uint256{L1}, account));
        return std::get<0>(abi::decode<Address>(output).value());
    }
    /// Deploys the alias of @p account, and with the first one the code of all.
    void deploy_alias(state::State& state, const Address& account) const {
        view(state, protocol::callable::deploy_alias(uint256{L1}, account));
    }

    /// Returns accounts that a deposit may name, with what they are.
    [[nodiscard]] std::vector<std::pair<std::string, Address>> targets() const {
        std::vector<std::pair<std::string, Address>> targets{
            {"nobody", "0x9999990000000000000000000000000000000001"_address},
            {"zero", Address{}},
            {"key", KEY},
            {"delegating key", DELEGATING},
            {"key that delegates to the predeploy", DELEGATING_TO_PREDEPLOY},
            {"predeploy", rollup::PREDEPLOY},
            {"system sender", rollup::SYSTEM_SENDER},
            {"abort precompile", execution::ABORT_PRECOMPILE},
            {"settlement", SETTLEMENT},
            {"own alias", alias_of(DEPOSITOR)},
            {"another's address of an alias", alias_of(STRANGER)},
            {"depositor", DEPOSITOR},
            {"history", execution::HISTORY},
        };
        for (uint8_t i = 1; i <= 0x11; ++i) {
            Address precompile;
            precompile[19] = i;
            targets.emplace_back(fmt::format("precompile {}", i), precompile);
        }
        for (size_t i = 0; i < CODES.size(); ++i)
            targets.emplace_back(CODES[i].first, code_address(i));
        return targets;
    }

    /// Returns data that reach what they can of a target, or of the predeploy behind it.
    static std::vector<Bytes> payloads() {
        const uint256 l1{L1};
        const auto request = std::tuple{KEY, uint256{}, uint256{1u}, Bytes{}};
        return {
            {},
            Bytes(1),
            Bytes(protocol::MAX_FORCED_DATA_BYTES, 0xff),
            abi::call("scopedCall(uint256,address,(address,uint256,uint256,bytes))", l1,
                      CALLS_PREDEPLOY, request),
            abi::call("tryScopedCall(uint256,address,(address,uint256,uint256,bytes))", l1,
                      CALLS_PREDEPLOY, request),
            abi::call("forwardStranded(uint256,address)", l1, DEPOSITOR),
            abi::call("deployAlias(uint256,address)", l1, KEY),
            abi::call("declareEntry()"),
            protocol::callable::take_forced(99),
            protocol::callable::deposit(1, {.from = KEY, .to = KEY, .value = ETHER, .data = {}}),
            protocol::callable::upgrade(Bytes{1}),
        };
    }

    [[nodiscard]] const state::StateView& genesis() const noexcept { return base_; }

  private:
    static state::GenesisAlloc make_alloc() {
        auto alloc = rollup_alloc(predeploy_code(Artifacts::locate(), rollup::rollup_spec(ROLLUP),
                                                 {.l1_chain_id = L1, .settlement = SETTLEMENT}));
        alloc[KEY].balance = ETHER;
        alloc[DELEGATING].code = concat("ef0100"_hex, code_address(0));
        alloc[DELEGATING_TO_PREDEPLOY].code = concat("ef0100"_hex, rollup::PREDEPLOY);
        for (size_t i = 0; i < CODES.size(); ++i)
            alloc[code_address(i)] = {
                .nonce = 1, .balance = {}, .code = CODES[i].second, .storage = {}};
        return alloc;
    }
    static execution::Environment make_environment() {
        BlockHeader header;
        header.gas_limit = rollup::MIN_GAS_LIMIT;
        header.timestamp_s = GENESIS_TIME_S;
        header.base_fee_per_gas = uint256{1'000'000'000u};
        header.excess_blob_gas = 0;
        return chain::make_environment(rollup::rollup_spec(ROLLUP), header, nullptr);
    }

    state::MemoryState base_{make_alloc()};
    execution::Environment environment_ = make_environment();
};

TEST_F(DepositTest, never_fails_whatever_it_calls) {
    for (const auto& [name, target] : targets())
        for (const auto& data : payloads())
            for (const uint64_t gas : {uint64_t{0}, uint64_t{5'000}, uint64_t{1'000'000}})
                for (const bool is_known : {false, true}) {
                    SCOPED_TRACE(fmt::format("{}, {} bytes of data, {} gas, known {}", name,
                                             data.size(), gas, is_known));
                    state::State state{genesis()};
                    if (is_known) deploy_alias(state, DEPOSITOR);
                    mint(state, {ForcedKind::deposit, DEPOSITOR, target, ETHER, gas, data});
                }
}

TEST_F(DepositTest, never_fails_at_the_bounds) {
    constexpr uint64_t MOST = protocol::MAX_FORCED_GAS_LIMIT;
    for (const auto& [name, target] : targets())
        for (const bool is_known : {false, true})
            for (const uint256& value : {uint256{}, ~uint256{} >> 129}) {
                SCOPED_TRACE(fmt::format("{}, known {}", name, is_known));
                state::State state{genesis()};
                if (is_known) deploy_alias(state, DEPOSITOR);
                mint(state, {ForcedKind::deposit, DEPOSITOR, target, value, MOST,
                             Bytes(protocol::MAX_FORCED_DATA_BYTES, 1)});
            }
}

TEST_F(DepositTest, never_fails_with_whatever_gas_and_data) {
    const uint64_t seed = std::random_device{}();
    SCOPED_TRACE(fmt::format("seed {}", seed));
    std::mt19937_64 random{seed};
    const auto names = targets();
    state::State state{genesis()};
    for (int i = 0; i < 3'000; ++i) {
        const auto& [name, target] = names[random() % names.size()];
        const uint64_t gas =
            random() % ((uint64_t{1} << random() % 24) + 1) + (random() % 64 == 0 ? 1 << 23 : 0);
        Bytes data(std::min<uint64_t>(random() % (uint64_t{1} << random() % 16),
                                      protocol::MAX_FORCED_DATA_BYTES),
                   random() % 2 == 0 ? 0xff : 0);
        Address from = DEPOSITOR;
        if (random() % 2 == 0) from[0] = static_cast<uint8_t>(random());
        const uint256 value = random() % 4 == 0 ? uint256{} : uint256{random()};
        SCOPED_TRACE(fmt::format("{}: {}, {} bytes of data, {} gas", i, name, data.size(), gas));
        mint(state, {ForcedKind::deposit, from, target, value, gas, data});
        if (HasFailure()) return;
    }
}

TEST_F(DepositTest, to_the_machinery_is_with_the_alias) {
    for (const auto& target :
         {rollup::PREDEPLOY, rollup::SYSTEM_SENDER, alias_of(DEPOSITOR), alias_of(STRANGER)}) {
        state::State state{genesis()};
        deploy_alias(state, STRANGER);
        EXPECT_FALSE(mint(state, {ForcedKind::deposit, DEPOSITOR, target, ETHER, 100'000, {}}));
        EXPECT_EQ(state.balance(alias_of(DEPOSITOR)), ETHER);
    }
}

TEST_F(DepositTest, arrives_where_nothing_fails) {
    for (const auto& target :
         {KEY, DELEGATING, SETTLEMENT, execution::ABORT_PRECOMPILE, Address{}, code_address(0)}) {
        state::State state{genesis()};
        const uint256 before = state.balance(target);
        const uint256 reserve = state.balance(rollup::PREDEPLOY);
        EXPECT_TRUE(mint(state, {ForcedKind::deposit, DEPOSITOR, target, ETHER, 100'000, {}}));
        EXPECT_EQ(state.balance(target), before + ETHER);
        EXPECT_EQ(state.balance(rollup::PREDEPLOY), reserve - ETHER);
        EXPECT_EQ(state.balance(alias_of(DEPOSITOR)), uint256{});
    }
}

TEST_F(DepositTest, two_that_fail_are_both_with_the_alias) {
    state::State state{genesis()};
    for (uint64_t i = 1; i <= 2; ++i) {
        EXPECT_FALSE(mint(state, {ForcedKind::deposit, DEPOSITOR, REVERTS, ETHER, 5'000, {}}));
        EXPECT_EQ(state.balance(alias_of(DEPOSITOR)), ETHER * uint256{i});
    }
}

// What waits as the transient storage of the predeploy would be a root's.
TEST_F(DepositTest, leaves_nothing_to_the_next_transaction) {
    state::State state{genesis()};
    for (const auto& data : payloads())
        mint(state, {ForcedKind::deposit, DEPOSITOR, CALLS_PREDEPLOY, ETHER, 1'000'000, data});
    const auto open =
        protocol::callable::decode_open_root(view(state, protocol::callable::get_baton()));
    ASSERT_TRUE(open.has_value());
    EXPECT_EQ(open->root_id, Hash{});
    const auto position = view(state, protocol::callable::forced_queue_position());
    EXPECT_EQ(protocol::callable::decode_forced_queue_position(position), 0u);
}

}  // namespace
}  // namespace scope::devnet
