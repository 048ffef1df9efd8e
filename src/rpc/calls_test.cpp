#include <gmock/gmock.h>

#include "base/hex.hpp"
#include "execution/system_contracts.hpp"
#include "rpc/test_asking.hpp"
#include "types/signing.hpp"

// eth_call, eth_estimateGas, eth_createAccessList, eth_fillTransaction, eth_simulateV1, on a lone
// chain: what the official exchanges (scope-test rpctest) don't have.

namespace scope::rpc {
namespace {

using namespace literals;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr ChainId CHAIN{31337};
constexpr Address STORE = "0x00000000000000000000000000000000000000c1"_address;
constexpr Address BURNER = "0x00000000000000000000000000000000000000c2"_address;
constexpr Address GATE = "0x00000000000000000000000000000000000000c3"_address;
constexpr auto RICH = "0x00000000000000000000000000000000000000a1";
constexpr auto NEW = "0x00000000000000000000000000000000000000f1";

chain::Genesis genesis() {
    chain::Genesis genesis;
    genesis.timestamp_s = 1000;
    genesis.gas_limit = 30'000'000;
    genesis.alloc["0x00000000000000000000000000000000000000a1"_address].balance =
        uint256{1'000'000'000'000'000u};
    for (const Address& each : {execution::WITHDRAWALS, execution::CONSOLIDATIONS})
        genesis.alloc[each].code = "00"_hex;  // no block without them
    // Returns SLOAD(1) and SLOAD(2).
    genesis.alloc[STORE] = {.nonce = 1,
                            .balance = {},
                            .code = "6001545f5260025460205260405ff3"_hex,
                            .storage = {{to_be(uint256{1u}), to_be(uint256{11u})},
                                        {to_be(uint256{2u}), to_be(uint256{22u})}}};
    genesis.alloc[BURNER].code = "5b5f56"_hex;  // runs until there is no gas
    // Reverts with less than 100,000 gas left.
    genesis.alloc[GATE].code = "620186a05a10600a57005b5f5ffd"_hex;
    return genesis;
}

class CallMethods : public ::testing::Test, protected Asking {
  protected:
    CallMethods() : Asking{CHAIN, genesis()} {}

    static std::string to(const Address& address, const std::string& more = {}) {
        return R"({"to":")" + to_hex(address) + "\"" + more + "}";
    }
    static std::string words(uint64_t a, uint64_t b) {
        return "\"" + to_hex(concat(to_be(uint256{a}), to_be(uint256{b}))) + "\"";
    }
};

TEST_F(CallMethods, a_call_sees_overridden_slots_or_a_whole_overridden_storage) {
    const auto call = [&](const std::string& override) {
        return get("eth_call",
                   "[" + to(STORE) + R"(,"latest",{")" + to_hex(STORE) + "\":{" + override + "}}]");
    };
    const std::string slot =
        R"({"0x0000000000000000000000000000000000000000000000000000000000000001":)"
        R"("0x0000000000000000000000000000000000000000000000000000000000000005"})";
    EXPECT_EQ(call(""), words(11, 22));
    EXPECT_EQ(call(R"("stateDiff":)" + slot), words(5, 22));
    EXPECT_EQ(call(R"("state":)" + slot), words(5, 0));
    EXPECT_THAT(error("eth_call", "[" + to(STORE) + R"(,"latest",{")" + to_hex(STORE) +
                                      R"(":{"state":{},"stateDiff":{}}}])")
                    .message,
                HasSubstr("has both 'state' and 'stateDiff'"));
}

TEST_F(CallMethods, a_call_sees_an_overridden_block_and_its_fee_only_if_it_pays) {
    // COINBASE, NUMBER, TIMESTAMP, GASLIMIT, PREVRANDAO, BASEFEE, each a word.
    const std::string code = to_hex("415f52436020524260405245606052446080524860a05260c05ff3"_hex);
    const std::string overrides =
        R"(,"latest",{")" + std::string{NEW} + R"(":{"code":")" + code +
        R"("}},{"number":"0x64","time":"0x7d0","gasLimit":"0x186a0",)"
        R"("feeRecipient":"0x00000000000000000000000000000000000000bb",)"
        R"("prevRandao":"0x0000000000000000000000000000000000000000000000)"
        R"(000000000000000009","baseFeePerGas":"0x7"}])";
    const auto shown = [&](const std::string& price) {
        return get("eth_call", R"([{"from":")" + std::string{RICH} + R"(","to":")" + NEW +
                                   R"(","gas":"0x186a0")" + price + "}" + overrides);
    };
    const auto expected = [](uint64_t base_fee) {
        Bytes all;
        for (const uint64_t word : {uint64_t{0xbb}, uint64_t{100}, uint64_t{2000},
                                    uint64_t{100'000}, uint64_t{9}, base_fee})
            append(all, to_be(uint256{word}));
        return "\"" + to_hex(all) + "\"";
    };
    EXPECT_EQ(shown(""), expected(0));
    EXPECT_EQ(shown(R"(,"gasPrice":"0x8")"), expected(7));
}

TEST_F(CallMethods, errors_are_geths) {
    const std::string poor = R"({"from":"0x00000000000000000000000000000000000000aA","to":")" +
                             std::string{NEW} + R"(","value":"0x5","gas":"0x5208"})";
    const auto funds = error("eth_call", "[" + poor + "]");
    EXPECT_EQ(funds.code, -32000);
    EXPECT_EQ(funds.message,
              "err: insufficient funds for gas * price + value: address "
              "0x00000000000000000000000000000000000000AA have 0 want 5 (supplied gas 21000)");
    EXPECT_THAT(error("eth_estimateGas", "[" + poor + "]").message,
                StartsWith("failed with 21000 gas: insufficient funds"));
    EXPECT_EQ(error("eth_call", "[" + to(BURNER) + "]").message, "out of gas");
    EXPECT_EQ(error("eth_call", "[" + to(STORE, R"(,"gas":"0x1")") + "]").message,
              "err: intrinsic gas too low: have 1, want 21000 (supplied gas 1)");
    EXPECT_EQ(error("eth_call", "[" + to(STORE, R"(,"gasPrice":"0x1","maxFeePerGas":"0x1")") + "]")
                  .message,
              "both gasPrice and (maxFeePerGas or maxPriorityFeePerGas) specified");
    EXPECT_EQ(error("eth_call", "[" + to(STORE, R"(,"chainId":"0x1")") + "]").message,
              "chainId does not match node's (have=1, want=31337)");
    EXPECT_EQ(error("eth_call", "[" + to(STORE) + R"(,"0x77"])").message, "header not found");
}

TEST_F(CallMethods, gas_above_the_cap_is_capped) {
    // GAS, MSTORE, RETURN
    const auto gas = get("eth_call", R"([{"to":")" + std::string{NEW} +
                                         R"(","gas":"0xffffffffffffffff"},"latest",{")" + NEW +
                                         R"(":{"code":"0x5a5f5260205ff3"}}])");
    EXPECT_EQ(*uint256_from_text(gas.substr(1, gas.size() - 2)), uint256{50'000'000u - 21'000 - 2});
}

TEST_F(CallMethods, an_estimate_is_enough_and_little_more) {
    EXPECT_EQ(get("eth_estimateGas", R"([{"from":")" + std::string{RICH} + R"(","to":")" + NEW +
                                         R"(","value":"0x1"}])"),
              "\"0x5208\"");
    // It succeeds with 100,000 gas left alone.
    const auto estimate = get("eth_estimateGas", "[" + to(GATE) + "]");
    const uint256 gas = *uint256_from_text(estimate.substr(1, estimate.size() - 2));
    EXPECT_GE(gas, uint256{121'000u});
    EXPECT_LE(gas, uint256{121'000u * 103 / 100});
    EXPECT_EQ(get("eth_call", "[" + to(GATE, R"(,"gas":)" + estimate) + "]"), "\"0x\"");
}

TEST_F(CallMethods, an_estimate_fails_as_geths) {
    EXPECT_EQ(error("eth_estimateGas", "[" + to(BURNER) + "]").message,
              "gas required exceeds allowance (16777216)");
    EXPECT_EQ(error("eth_estimateGas", "[" + to(BURNER, R"(,"gas":"0xc350")") + "]").message,
              "gas required exceeds allowance (50000)");
    // A sender who can pay 100,000 gas at this price.
    EXPECT_EQ(error("eth_estimateGas", "[" +
                                           to(BURNER, R"(,"from":")" + std::string{RICH} +
                                                          R"(","gasPrice":"0x2540be400")") +
                                           "]")
                  .message,
              "gas required exceeds allowance (100000)");
    const auto reverted = error("eth_estimateGas", R"([{"to":")" + std::string{NEW} +
                                                       R"(","data":"0x01"},"latest",{")" + NEW +
                                                       R"(":{"code":"0x60aa5f526001601ffd"}}])");
    EXPECT_EQ(reverted.code, 3);
    EXPECT_EQ(reverted.data, "\"0xaa\"");
}

TEST_F(CallMethods, a_create_returns_its_code) {
    EXPECT_EQ(get("eth_call", R"([{"data":"0x60335f5360015ff3"}])"), "\"0x33\"");
}

TEST_F(CallMethods, an_access_list_has_what_is_looked_at_and_not_warm) {
    EXPECT_EQ(
        get("eth_createAccessList", "[" + to(STORE) + "]"),
        R"({"accessList":[{"address":"0x00000000000000000000000000000000000000c1","storageKeys":)"
        R"(["0x0000000000000000000000000000000000000000000000000000000000000001",)"
        R"("0x0000000000000000000000000000000000000000000000000000000000000002"]}],)"
        // 21000, 2400 and two keys of 1900; two warm SLOADs of 100; 28 for the rest.
        R"("gasUsed":"0x6b24"})");
}

TEST_F(CallMethods, a_fill_has_fees_nonce_gas_and_bytes) {
    const auto filled =
        get("eth_fillTransaction",
            R"([{"from":")" + std::string{RICH} + R"(","to":")" + NEW + R"(","value":"0x1"}])");
    // The base fee of the block twice, and the priority fee that is suggested where nobody has paid.
    EXPECT_THAT(filled, HasSubstr(R"("type":"0x2","nonce":"0x0","to":")" + std::string{NEW} +
                                  R"(","gas":"0x5208","gasPrice":null,)"
                                  R"("maxPriorityFeePerGas":"0x3b9aca00",)"
                                  R"("maxFeePerGas":"0xb2d05e00","value":"0x1","input":"0x",)"
                                  R"("accessList":[],"chainId":"0x7a69","v":"0x0","r":"0x0",)"
                                  R"("s":"0x0","yParity":"0x0","hash":"0x)"));
    EXPECT_THAT(filled, StartsWith(R"({"raw":"0x02)"));
}

TEST_F(CallMethods, a_fill_refuses_as_geth) {
    const auto message = [&](const std::string& fields) {
        return error("eth_fillTransaction", "[{" + fields + "}]").message;
    };
    const std::string target = R"("to":")" + std::string{NEW} + "\"";
    EXPECT_EQ(message(""), "contract creation without any data provided");
    EXPECT_EQ(message(target + R"(,"gasPrice":"0x0")"),
              "gasPrice must be non-zero after london fork");
    EXPECT_EQ(message(target + R"(,"maxFeePerGas":"0x1","maxPriorityFeePerGas":"0x2")"),
              "maxFeePerGas (1) < maxPriorityFeePerGas (2)");
    EXPECT_EQ(message(target + R"(,"blobVersionedHashes":[])"),
              "need at least 1 blob for a blob transaction");
    EXPECT_EQ(message(target + R"(,"chainId":"0x5")"),
              "chainId does not match node's (have=5, want=31337)");
}

TEST_F(CallMethods, a_simulated_transfer_of_ether_can_be_a_log) {
    const auto result = get("eth_simulateV1", R"([{"blockStateCalls":[{"calls":[{"from":")" +
                                                  std::string{RICH} + R"(","to":")" + NEW +
                                                  R"(","value":"0x2"}]}],"traceTransfers":true}])");
    EXPECT_THAT(result, HasSubstr(R"("address":"0xeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee")"));
    EXPECT_THAT(result,
                HasSubstr("ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"));
}

TEST_F(CallMethods, a_simulation_has_bounds) {
    EXPECT_EQ(error("eth_simulateV1", R"([{"blockStateCalls":[]}])").code, -32602);
    EXPECT_EQ(
        error("eth_simulateV1",
              R"([{"blockStateCalls":[{"blockOverrides":{"number":"0xffffffffffffffffff"}}]}])")
            .code,
        -38026);
    std::string calls;
    for (int i = 0; i < 5001; ++i) calls += i == 0 ? "{}" : ",{}";
    const auto many =
        error("eth_simulateV1", R"([{"blockStateCalls":[{"calls":[)" + calls + "]}]}]");
    EXPECT_EQ(many.code, -38026);
    EXPECT_EQ(many.message, "too many calls in block: 5001 > 5000");
    // The gas of all blocks together is capped.
    const auto burned =
        get("eth_simulateV1", R"([{"blockStateCalls":[{"calls":[{"to":")" + to_hex(BURNER) +
                                  R"("}]},{"calls":[{"to":")" + to_hex(BURNER) + R"("}]}]}])");
    EXPECT_THAT(burned, HasSubstr("gas limit was capped by the RPC server's global gas cap"));
    EXPECT_EQ(error("eth_simulateV1", R"([{"blockStateCalls":[{"calls":[{"to":")" + to_hex(BURNER) +
                                          R"(","gas":"0x1c9c381"}]}]}])")
                  .code,
              -38015);
}

}  // namespace
}  // namespace scope::rpc
