#include <fmt/format.h>

#include "abi/abi.hpp"
#include "base/hex.hpp"
#include "devnet/people.hpp"
#include "devnet/test_live.hpp"
#include "execution/system_contracts.hpp"
#include "rlp/encode.hpp"

// One test for each thing that tests may do by force: it does what it says, and afterwards
// everything still settles, so that a node with L1 alone comes to the same heads.

namespace scope::devnet {
namespace {

using testing::HasSubstr;

constexpr const char* STRANGER = "0x00000000000000000000000000000000000a11ce";
Address stranger() {
    return *fixed_from_hex<20>(STRANGER);
}

class ForceTest : public testing::TestWithParam<ChainId> {
  protected:
    ForceTest() { live.deploy_couriers(); }

    std::string get(std::string_view method, const std::string& params = "[]") {
        return TestLive::unquoted(live.get(GetParam(), method, params));
    }
    bool is_patched() { return live.network.controls()->is_patched(GetParam()); }
    uint64_t head() { return live.network.chain(GetParam())->head()->header().number; }

    TestLive live;
};
INSTANTIATE_TEST_SUITE_P(Chains, ForceTest, testing::Values(L1, A),
                         [](const auto& param) { return param.param == L1 ? "L1" : "rollup"; });

TEST_P(ForceTest, set_balance) {
    get("anvil_setBalance", fmt::format(R"(["{}","0x3635c9adc5dea00000"])", STRANGER));
    EXPECT_EQ(get("eth_getBalance", fmt::format(R"(["{}","latest"])", STRANGER)),
              "0x3635c9adc5dea00000");
    EXPECT_TRUE(is_patched());
    live.expect_settles();
    // And less again; what is new can leave the chain.
    get("hardhat_setBalance", fmt::format(R"(["{}","0x1"])", STRANGER));
    EXPECT_EQ(live.balance(GetParam(), stranger()), uint256{1u});
    live.expect_settles();
}

TEST_P(ForceTest, a_balance_that_came_by_force_can_go_to_another_chain) {
    const uint256 much = uint256{1'000'000'000u} * uint256{1'000'000'000'000'000'000u};
    get("anvil_setBalance", fmt::format(R"(["{}","{}"])", TestLive::address(), to_quantity(much)));
    const ChainId to = GetParam() == L1 ? A : L1;
    if (GetParam() != L1) {
        const uint256 value = much / uint256{2u};
        const auto hash = live.send(A, live.couriers.at(A), live.carry_to(to, value), value);
        EXPECT_EQ(TestLive::member(live.receipt(A, hash), "status"), "0x1");
        EXPECT_EQ(live.balance(to, live.couriers.at(to)), value);
    }
    live.expect_settles();
}

TEST_P(ForceTest, add_balance) {
    get("anvil_addBalance", fmt::format(R"(["{}","0x5"])", STRANGER));
    get("anvil_addBalance", fmt::format(R"(["{}","0x5"])", STRANGER));
    EXPECT_EQ(live.balance(GetParam(), stranger()), uint256{10u});
    live.expect_settles();
}

TEST_P(ForceTest, set_code) {
    get("anvil_setCode", fmt::format(R"(["{}","0x602a5f5260205ff3"])", STRANGER));
    EXPECT_EQ(get("eth_call", fmt::format(R"([{{"to":"{}"}}])", STRANGER)),
              to_hex(to_be(uint256{42u})));
    live.expect_settles();
}

TEST_P(ForceTest, set_nonce) {
    get("anvil_setNonce", fmt::format(R"(["{}","0x64"])", TestLive::address()));
    EXPECT_EQ(
        get("eth_getTransactionCount", fmt::format(R"(["{}","latest"])", TestLive::address())),
        "0x64");
    live.expect_settles();
}

TEST_P(ForceTest, set_storage) {
    EXPECT_EQ(get("anvil_setStorageAt",
                  fmt::format(R"(["{}","0x1","{}"])", to_hex(live.couriers.at(GetParam())),
                              to_hex(to_be(uint256{7u})))),
              "true");
    EXPECT_EQ(get("eth_getStorageAt",
                  fmt::format(R"(["{}","0x1","latest"])", to_hex(live.couriers.at(GetParam())))),
              to_hex(to_be(uint256{7u})));
    live.expect_settles();
}

TEST_P(ForceTest, set_coinbase) {
    get("anvil_setCoinbase", fmt::format(R"(["{}"])", STRANGER));
    get("evm_mine");
    EXPECT_EQ(live.network.chain(GetParam())->head()->header().coinbase, stranger());
    live.expect_settles();
}

TEST_P(ForceTest, set_next_base_fee) {
    get("anvil_setNextBlockBaseFeePerGas", R"(["0x4a817c800"])");
    get("evm_mine");
    EXPECT_EQ(live.network.chain(GetParam())->head()->header().base_fee_per_gas,
              uint256{20'000'000'000u});
    live.expect_settles();
}

TEST_P(ForceTest, set_block_gas_limit) {
    EXPECT_EQ(get("evm_setBlockGasLimit", R"(["0x5f5e100"])"), "true");
    get("evm_mine");
    get("evm_mine");
    EXPECT_EQ(live.network.chain(GetParam())->head()->header().gas_limit, 100'000'000u);
    live.expect_settles();
    EXPECT_THAT(live.error(GetParam(), "evm_setBlockGasLimit", R"(["0x1"])"),
                HasSubstr("gasLimit"));
}

TEST_P(ForceTest, impersonation) {
    const auto contract = to_hex(live.couriers.at(GetParam()));
    const auto send =
        fmt::format(R"([{{"from":"{}","to":"{}","value":"0x1"}}])", contract, STRANGER);
    EXPECT_THAT(live.error(GetParam(), "eth_sendTransaction", send), HasSubstr("unknown account"));
    get("anvil_setBalance", fmt::format(R"(["{}","0xde0b6b3a7640000"])", contract));
    get("hardhat_impersonateAccount", fmt::format(R"(["{}"])", contract));
    const auto hash = get("eth_sendTransaction", send);
    EXPECT_EQ(TestLive::member(live.receipt(GetParam(), hash), "status"), "0x1");
    EXPECT_EQ(TestLive::member(live.receipt(GetParam(), hash), "from"), contract);
    EXPECT_EQ(live.balance(GetParam(), stranger()), uint256{1u});
    get("anvil_stopImpersonatingAccount", fmt::format(R"(["{}"])", contract));
    EXPECT_THAT(live.error(GetParam(), "eth_sendTransaction", send), HasSubstr("unknown account"));
    get("anvil_autoImpersonateAccount", "[true]");
    get("eth_sendTransaction", send);
    EXPECT_EQ(live.balance(GetParam(), stranger()), uint256{2u});
    live.expect_settles();
}

TEST_P(ForceTest, deal_erc20) {
    const auto token = live.deploy(GetParam(), "Token",
                                   abi::encode(std::string{"T"}, std::string{"T"}, uint256{1000u}));
    get("anvil_dealERC20", fmt::format(R"(["{}","{}","0x4d2"])", STRANGER, to_hex(token)));
    EXPECT_EQ(get("eth_call", fmt::format(R"([{{"to":"{}","data":"{}"}}])", to_hex(token),
                                          to_hex(abi::call("balanceOf(address)", stranger())))),
              to_hex(to_be(uint256{1234u})));
    EXPECT_THAT(
        live.error(GetParam(), "anvil_dealERC20", fmt::format(R"(["{0}","{0}","0x1"])", STRANGER)),
        HasSubstr("no ERC-20"));
    live.expect_settles();
}

TEST_P(ForceTest, what_settlement_needs_is_not_changed) {
    const auto account = to_hex(GetParam() == L1 ? live.network.contracts()->settlement.settlement
                                                 : rollup::PREDEPLOY);
    for (const auto* const method : {"anvil_setBalance", "anvil_setCode", "anvil_setNonce"})
        EXPECT_THAT(live.error(GetParam(), method, fmt::format(R"(["{}","0x11"])", account)),
                    HasSubstr("nothing would settle"));
    // Nor acted for: as a rollup's system sender a test would open a scope of its own.
    get("anvil_autoImpersonateAccount", "[true]");
    const auto sender = to_hex(rollup::SYSTEM_SENDER);
    for (const auto& from : {account, GetParam() == L1 ? account : sender})
        EXPECT_THAT(live.error(GetParam(), "eth_sendTransaction",
                               fmt::format(R"([{{"from":"{}","to":"{}","gas":"0x5208"}}])", from,
                                           STRANGER)),
                    HasSubstr("nothing would settle"));
    live.expect_settles();
}

TEST_P(ForceTest, all_that_settling_needs_is_protected_by_name) {
    std::vector<std::pair<Address, std::string>> accounts{{execution::WITHDRAWALS, "EIP-7002"},
                                                          {execution::CONSOLIDATIONS, "EIP-7251"},
                                                          {execution::BEACON_ROOTS, "EIP-4788"},
                                                          {execution::HISTORY, "EIP-2935"}};
    std::vector<std::pair<Address, std::string>> of_l1{
        {live.network.contracts()->settlement.settlement, "settlement contract"},
        {live.network.contracts()->l1_callable, "ScopedCallable of L1"},
        {make_person("devnet.submitter").address, "submitter"},
        {make_person("devnet.attester-1").address, "attester"}};
    for (const auto& [chain_id, name, address] : live.network.named_contracts())
        if (name == "CommitteeVerifier") of_l1.emplace_back(address, "verifier");
    ASSERT_EQ(of_l1.size(), 5u);
    const std::vector<std::pair<Address, std::string>> of_rollups{
        {rollup::PREDEPLOY, "ScopedCallable of rollups"},
        {rollup::SYSTEM_SENDER, "sender of system transactions"}};
    const auto& own = GetParam() == L1 ? of_l1 : of_rollups;
    accounts.insert(accounts.end(), own.begin(), own.end());
    for (const auto& [account, role] : accounts)
        EXPECT_THAT(live.error(GetParam(), "anvil_setCode",
                               fmt::format(R"(["{}","0x00"])", to_hex(account))),
                    testing::AllOf(HasSubstr(to_hex(account)), HasSubstr(role)));
    for (const auto& list : {of_l1, of_rollups})
        for (const auto& [account, role] : list)
            EXPECT_THAT(live.error(GetParam(), "anvil_impersonateAccount",
                                   fmt::format(R"(["{}"])", to_hex(account))),
                        testing::AllOf(HasSubstr(to_hex(account)), HasSubstr(role)));
    get("anvil_autoImpersonateAccount", "[true]");
    EXPECT_THAT(live.error(GetParam(), "eth_sendTransaction",
                           fmt::format(R"([{{"from":"{}","to":"{}","gas":"0x5208"}}])",
                                       to_hex(rollup::SYSTEM_SENDER), STRANGER)),
                HasSubstr("sender of system transactions"));
    live.expect_settles();
}

TEST(LiveControls, l1_keeps_a_gas_limit_that_settling_needs) {
    TestLive live;
    EXPECT_THAT(live.error(L1, "evm_setBlockGasLimit", R"(["0x989680"])"), HasSubstr("20000000"));
    live.expect_settles();
}

TEST_P(ForceTest, code_by_force_has_a_bound) {
    const std::string much(2 * 131'073, '0');
    EXPECT_THAT(
        live.error(GetParam(), "anvil_setCode", fmt::format(R"(["{}","0x{}"])", STRANGER, much)),
        HasSubstr("at most 131072"));
}

TEST_P(ForceTest, snapshot_and_revert) {
    live.send(GetParam(), stranger(), {}, uint256{1u});
    get("anvil_setBalance", fmt::format(R"(["{}","0x5"])", STRANGER));
    const auto before = head();
    const auto id = get("evm_snapshot");
    get("anvil_setBalance", fmt::format(R"(["{}","0x7"])", STRANGER));
    live.send(GetParam(), stranger(), {}, uint256{1u});
    live.expect_settles();
    EXPECT_GT(head(), before);
    EXPECT_EQ(get("evm_revert", fmt::format(R"(["{}"])", id)), "true");
    EXPECT_EQ(head(), before);
    EXPECT_EQ(live.balance(GetParam(), stranger()), uint256{5u});
    EXPECT_EQ(get("evm_revert", fmt::format(R"(["{}"])", id)), "false");
    live.expect_settles();
}

/// What waits, in the name of an account that is impersonated.
struct Impersonated {
    const char* name;
    ChainId chain;
    bool is_root;
};
class WaitingTest : public testing::TestWithParam<Impersonated> {
  protected:
    WaitingTest() { live.deploy_couriers(); }

    /// Has the stranger send what the case says, and returns its hash.
    std::string send() {
        const auto& [name, chain, is_root] = GetParam();
        const uint256 value{3u};
        const Bytes data = is_root ? live.carry_to(L1, value) : Bytes{};
        const Address to = is_root ? live.couriers.at(chain) : TestLive::account(1).address;
        return TestLive::unquoted(
            live.get(chain, "eth_sendTransaction",
                     fmt::format(R"([{{"from":"{}","to":"{}","value":"{}","data":"{}"}}])",
                                 STRANGER, to_hex(to), to_quantity(value), to_hex(data))));
    }

    TestLive live;
};
INSTANTIATE_TEST_SUITE_P(Kinds, WaitingTest,
                         testing::Values(Impersonated{"on_L1", L1, false},
                                         Impersonated{"on_a_rollup", A, false},
                                         Impersonated{"root", A, true}),
                         [](const auto& param) { return param.param.name; });

TEST_P(WaitingTest, what_is_impersonated_outlives_a_revert) {
    const ChainId chain = GetParam().chain;
    live.get(chain, "anvil_setBalance", fmt::format(R"(["{}","0xde0b6b3a7640000"])", STRANGER));
    live.get(chain, "anvil_impersonateAccount", fmt::format(R"(["{}"])", STRANGER));
    live.get(chain, "evm_setAutomine", "[false]");
    const auto snapshot = live.get(L1, "evm_snapshot");
    const auto hash = send();
    EXPECT_EQ(live.get(L1, "evm_revert", "[" + snapshot + "]"), "true");
    EXPECT_EQ(live.network.chain(chain)->pool()->size(), 1u);
    live.get(chain, "evm_mine");
    EXPECT_EQ(TestLive::member(live.receipt(chain, hash), "status"), "0x1");
    EXPECT_EQ(TestLive::member(live.receipt(chain, hash), "from"), STRANGER);
    live.get(chain, "evm_setAutomine", "[true]");
    live.expect_settles();

    TestLive other;
    const auto dump = live.get(L1, "anvil_dumpState");
    EXPECT_EQ(other.get(L1, "anvil_loadState", "[" + dump + "]"), "true");
    for (const ChainId id : {L1, A, B})
        EXPECT_EQ(other.network.chain(id)->head()->hash, live.network.chain(id)->head()->hash);
}

TEST_P(WaitingTest, what_waits_outlives_a_load) {
    const ChainId chain = GetParam().chain;
    live.get(chain, "anvil_setBalance", fmt::format(R"(["{}","0xde0b6b3a7640000"])", STRANGER));
    live.get(chain, "anvil_impersonateAccount", fmt::format(R"(["{}"])", STRANGER));
    live.get(chain, "evm_setAutomine", "[false]");
    const auto dump = live.get(L1, "anvil_dumpState");
    const auto hash = send();
    for (const bool is_good : {false, true}) {
        const auto state = is_good ? "[" + dump + "]" : dump.substr(0, dump.size() - 3) + "\"]";
        EXPECT_EQ(live.ask(L1, "anvil_loadState", is_good ? state : "[" + state).has_value(),
                  is_good);
        EXPECT_NE(live.network.chain(chain)->pool()->find(*fixed_from_hex<32>(hash)), nullptr);
    }
    live.get(chain, "evm_mine");
    EXPECT_EQ(TestLive::member(live.receipt(chain, hash), "status"), "0x1");
    live.get(chain, "evm_setAutomine", "[true]");
    live.expect_settles();
}

TEST_P(ForceTest, reset) {
    get("anvil_setBalance", fmt::format(R"(["{}","0x5"])", STRANGER));
    live.expect_settles();
    get("anvil_reset");
    EXPECT_EQ(head(), 0u);
    EXPECT_EQ(live.network.scopes(), 0u);
    EXPECT_FALSE(is_patched());
    live.couriers.clear();
    live.expect_settles();
    EXPECT_THAT(live.error(GetParam(), "anvil_reset", R"([{"forking":{"jsonRpcUrl":"x"}}])"),
                HasSubstr("no fork"));
}

TEST_P(ForceTest, time) {
    const auto timestamp = [&] {
        return live.network.chain(GetParam())->head()->header().timestamp_s;
    };
    const auto before = timestamp();
    EXPECT_GE(TestLive::number(get("evm_increaseTime", "[86400]")), uint256{86'400u});
    get("evm_mine");
    EXPECT_GE(timestamp(), before + 86'400);
    live.expect_settles();
    const auto next = timestamp() + 5000;
    get("evm_setNextBlockTimestamp", fmt::format("[{}]", next));
    get("evm_mine");
    EXPECT_EQ(timestamp(), next);
    EXPECT_THAT(live.error(GetParam(), "evm_setNextBlockTimestamp", fmt::format("[{}]", next)),
                HasSubstr("lower than or equal to previous block's timestamp"));
    get("evm_setTime", fmt::format("[{}]", next + 100'000));
    get("evm_mine");
    EXPECT_EQ(timestamp(), next + 100'000);
    live.expect_settles();
}

TEST_P(ForceTest, mine) {
    const auto before = head();
    get("anvil_mine", R"(["0x64","0x3c"])");
    EXPECT_EQ(head(), before + 100);
    const auto& store = live.network.chain(GetParam())->chain().store();
    EXPECT_EQ(store.canonical_block(head())->header().timestamp_s,
              store.canonical_block(head() - 1)->header().timestamp_s + 60);
    live.expect_settles();
    EXPECT_THAT(live.error(GetParam(), "hardhat_mine", R"(["0xffffffff"])"), HasSubstr("blocks"));
}

TEST_P(ForceTest, automine_and_intervals) {
    EXPECT_EQ(get("anvil_getAutomine"), "true");
    get("evm_setAutomine", "[false]");
    EXPECT_EQ(get("hardhat_getAutomine"), "false");
    const auto before = head();
    const auto hash = live.send(GetParam(), stranger(), {}, uint256{1u});
    EXPECT_EQ(head(), before);
    get("evm_setIntervalMining", "[5]");
    live.now_ms += 5000;
    live.network.tick();
    EXPECT_EQ(TestLive::member(live.receipt(GetParam(), hash), "status"), "0x1");
    // At once, and no more at intervals: as in anvil.
    get("evm_setAutomine", "[true]");
    EXPECT_EQ(live.network.controls()->interval_ms(), 0u);
    live.expect_settles();
    const auto settled = head();
    live.now_ms += 5000;
    live.network.tick();
    EXPECT_EQ(head(), settled);
}

TEST_P(ForceTest, dropping_transactions) {
    get("evm_setAutomine", "[false]");
    const auto hash = live.send(GetParam(), stranger(), {}, uint256{1u});
    EXPECT_EQ(get("anvil_dropTransaction", fmt::format(R"(["{}"])", hash)), hash);
    EXPECT_EQ(get("anvil_dropTransaction", fmt::format(R"(["{}"])", hash)), "null");
    live.send(GetParam(), stranger(), {}, uint256{2u});
    get("hardhat_dropAllTransactions");
    EXPECT_EQ(live.network.chain(GetParam())->pool()->size(), 0u);
    get("evm_setAutomine", "[true]");
    live.expect_settles();
}

TEST_P(ForceTest, set_min_gas_price) {
    get("anvil_setMinGasPrice", R"(["0xffffffffffff"])");
    EXPECT_THAT(
        live.error(GetParam(), "eth_sendTransaction",
                   fmt::format(R"([{{"from":"{}","to":"{}"}}])", TestLive::address(), STRANGER)),
        HasSubstr("underpriced"));
    get("anvil_setMinGasPrice", R"(["0x0"])");
    live.expect_settles();
}

TEST_P(ForceTest, mining_has_a_bound_a_call) {
    const auto most = GetParam() == L1 ? 10'000 : 1'000;
    EXPECT_THAT(live.error(GetParam(), "anvil_mine", fmt::format("[{}]", most + 1)),
                HasSubstr(std::to_string(most)));
}

TEST_P(ForceTest, rollback) {
    live.expect_settles();
    const auto before = head();
    live.send(GetParam(), stranger(), {}, uint256{1u});
    live.send(GetParam(), stranger(), {}, uint256{1u});
    get("anvil_rollback", "[2]");
    EXPECT_EQ(head(), before);
    EXPECT_EQ(live.balance(GetParam(), stranger()), uint256{});
    live.expect_settles();
    EXPECT_THAT(live.error(GetParam(), "anvil_rollback", "[100000]"), HasSubstr("depth"));
}

TEST(LiveControls, rollback_of_l1_takes_settled_scopes_back) {
    TestLive live;
    live.expect_settles();
    const auto before = live.balance(L1, live.couriers.at(L1));
    const uint64_t head = live.network.chain(L1)->head()->header().number;
    live.get(A, "anvil_setBalance", fmt::format(R"(["{}","0xde0b6b3a7640000"])", STRANGER));
    live.expect_settles();
    const uint64_t depth = live.network.chain(L1)->head()->header().number - head;
    live.get(L1, "anvil_rollback", fmt::format("[{}]", depth));
    EXPECT_EQ(live.balance(L1, live.couriers.at(L1)), before);
    live.expect_settles();
}

TEST_P(ForceTest, reorg) {
    live.expect_settles();
    live.send(GetParam(), stranger(), {}, uint256{1u});
    live.send(GetParam(), stranger(), {}, uint256{1u});
    const auto before = head();
    const auto old = live.network.chain(GetParam())->head()->hash;
    get("anvil_reorg", fmt::format(R"([2,[[{{"from":"{}","to":"{}","value":"0x9"}},1]]])",
                                   TestLive::address(1), STRANGER));
    EXPECT_EQ(head(), before);
    EXPECT_NE(live.network.chain(GetParam())->head()->hash, old);
    EXPECT_EQ(live.balance(GetParam(), stranger()), uint256{9u});
    live.expect_settles();
}

TEST_P(ForceTest, what_it_says_of_itself) {
    EXPECT_EQ(TestLive::member(get("anvil_nodeInfo"), "environment.chainId"),
              std::to_string(GetParam().number()));
    EXPECT_EQ(TestLive::member(get("hardhat_metadata"), "chainId"),
              std::to_string(GetParam().number()));
    EXPECT_THAT(live.error(GetParam(), "anvil_setRpcUrl", R"(["http://x"])"), HasSubstr("no fork"));
    EXPECT_THAT(live.error(GetParam(), "anvil_setChainId", "[5]"), HasSubstr("keeps its id"));
    EXPECT_TRUE(live.network.is_logging());
    get("anvil_setLoggingEnabled", "[false]");
    EXPECT_FALSE(live.network.is_logging());
}

// ---- dump and load

class DumpTest : public testing::TestWithParam<builder::DataAvailability> {};
INSTANTIATE_TEST_SUITE_P(Data, DumpTest,
                         testing::Values(builder::DataAvailability::calldata,
                                         builder::DataAvailability::blobs),
                         [](const auto& param) {
                             return param.param == builder::DataAvailability::blobs ? "blobs"
                                                                                    : "calldata";
                         });

TEST_P(DumpTest, a_dump_makes_it_all_happen_again) {
    TestLive live{{.data_availability = GetParam()}};
    live.get(A, "anvil_setBalance", fmt::format(R"(["{}","0xde0b6b3a7640000"])", STRANGER));
    live.get(L1, "anvil_setNextBlockBaseFeePerGas", R"(["0x4a817c800"])");
    live.get(L1, "evm_mine");
    live.get(A, "anvil_impersonateAccount", fmt::format(R"(["{}"])", STRANGER));
    live.get(A, "eth_sendTransaction",
             fmt::format(R"([{{"from":"{}","to":"{}","value":"0x1"}}])", STRANGER,
                         TestLive::address(1)));
    live.expect_settles();
    live.get(A, "evm_increaseTime", "[5000]");
    live.send(A, stranger(), {}, uint256{1u});  // not settled
    live.get(A, "anvil_setCode", fmt::format(R"(["{}","0x602a5f5260205ff3"])", STRANGER));
    const auto dump = live.get(L1, "anvil_dumpState");

    TestLive other{{.data_availability = GetParam()}};
    EXPECT_EQ(other.get(L1, "anvil_loadState", "[" + dump + "]"), "true");
    for (const ChainId chain : {L1, A, B})
        EXPECT_EQ(other.network.chain(chain)->head()->hash,
                  live.network.chain(chain)->head()->hash);
    EXPECT_EQ(other.network.scopes(), live.network.scopes());
    EXPECT_EQ(other.get(A, "eth_call", fmt::format(R"([{{"to":"{}"}}])", STRANGER)),
              "\"" + to_hex(to_be(uint256{42u})) + "\"");
    other.couriers = live.couriers;
    other.expect_settles();
    // Here, too, where it all is known already.
    EXPECT_EQ(live.get(L1, "hardhat_loadState", "[" + dump + "]"), "true");
    live.expect_settles();
}

TEST(LiveDump, what_is_no_dump_is_refused_and_changes_nothing) {
    TestLive live;
    live.send(A, stranger(), {}, uint256{1u});
    live.expect_settles();
    const auto head = live.network.chain(A)->head()->hash;
    for (const auto* const text : {R"(["0x"])", R"(["0xc0"])", R"(["0xdeadbeef"])", R"(["0xff"])"})
        EXPECT_THAT(live.error(L1, "anvil_loadState", text), HasSubstr("state: "));
    const auto dump = *from_hex(TestLive::unquoted(live.get(L1, "anvil_dumpState")));
    // Each changed byte is refused, or makes something else of what a test may force; no other
    // heads come of it.
    for (size_t i = 0; i < dump.size(); i += dump.size() / 60 + 1) {
        Bytes changed = dump;
        changed[i] ^= 1;
        const auto answer =
            live.ask(L1, "anvil_loadState", fmt::format(R"(["{}"])", to_hex(changed)));
        if (!answer) EXPECT_THAT(answer.error().message, HasSubstr("state: "));
        EXPECT_EQ(live.network.chain(A)->head()->hash, head) << "byte " << i;
    }
    live.expect_settles();
}

// A scope takes unsettled blocks as they are, so load has to look at them.
TEST(LiveDump, unsettled_blocks_that_can_begin_no_batch_are_refused) {
    TestLive live;
    const auto& l1 = live.network.chain(L1)->chain();
    const auto& rollup = live.network.chain(A)->chain();
    const auto l1_genesis = l1.store().canonical_block(0);
    const auto genesis = rollup.store().canonical_block(0);
    const rollup::BatchBlock content{.l1_origin_number = 0,
                                     .l1_origin_hash = l1_genesis->hash,
                                     .timestamp_s = genesis->header().timestamp_s + 1,
                                     .coinbase = {},
                                     .transactions = {}};  // it does not open a scope
    chain::BlockBuilder builder{rollup, genesis->hash, rollup::attributes_of(content)};
    const Bytes block = encode(builder.seal()->block.block);

    using Origin = std::tuple<uint64_t, Hash>;
    using Raws = std::vector<rlp::Raw>;
    using DumpedChain =
        std::tuple<ChainId, Hash, std::vector<Bytes>, std::vector<Origin>, Raws, Raws, Raws>;
    const auto load = [&](const Origin& origin) {
        std::vector<DumpedChain> chains;
        for (const ChainId id : {L1, A, B}) {
            const auto first = live.network.chain(id)->chain().store().canonical_block(0)->hash;
            chains.push_back({id, first, {}, {}, {}, {}, {}});
        }
        std::get<2>(chains[1]) = {block};
        std::get<3>(chains[1]) = {origin};
        const Bytes dump =
            rlp::encode(std::tuple<uint64_t, uint64_t, bool, Raws, std::vector<DumpedChain>>{
                1, 0, false, {}, chains});
        return live.error(L1, "anvil_loadState", fmt::format(R"(["{}"])", to_hex(dump)));
    };
    EXPECT_THAT(load({0, l1_genesis->hash}), HasSubstr("its unsettled blocks are no batch"));
    EXPECT_THAT(load({0, Hash{}}), HasSubstr("it is not what is built of it"));
    live.expect_settles();
}

}  // namespace
}  // namespace scope::devnet
