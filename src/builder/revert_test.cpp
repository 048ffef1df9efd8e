#include "builder/revert.hpp"

#include <gtest/gtest.h>

#include "abi/abi.hpp"
#include "base/hex.hpp"

namespace scope::builder {
namespace {

constexpr auto TOKEN = literals::fixed_literal<20>("00000000000000000000000000000000000000aa");

TEST(describe_revert, names_errors_of_all_contracts_with_their_arguments) {
    EXPECT_EQ(describe_revert(abi::call("TooLittleGas()")), "TooLittleGas()");
    EXPECT_EQ(describe_revert(abi::call("EnvironmentDrifted(uint8,bytes32,bytes32)", uint8_t{2},
                                        Hash{}, Hash{})),
              "EnvironmentDrifted(2, " + to_hex(Hash{}) + ", " + to_hex(Hash{}) + ")");
    // The bridge's, an example's, a library's.
    EXPECT_EQ(describe_revert(abi::call("NotEnoughLocked(uint256,address,uint256)", uint256{901u},
                                        TOKEN, uint256{5u})),
              "NotEnoughLocked(901, " + to_hex(TOKEN) + ", 5)");
    EXPECT_EQ(describe_revert(abi::call("TooLittleOut(uint256,uint256)", uint256{1u}, uint256{2u})),
              "TooLittleOut(1, 2)");
    EXPECT_EQ(describe_revert(abi::call("SafeERC20FailedOperation(address)", TOKEN)),
              "SafeERC20FailedOperation(" + to_hex(TOKEN) + ")");
    EXPECT_EQ(describe_revert(abi::call("Panic(uint256)", uint256{17u})), "Panic(17)");
}

TEST(describe_revert, knows_what_asking_is_refused_with) {
    EXPECT_EQ(describe_revert(abi::call("UnknownChain(uint256)", uint256{999u})),
              "UnknownChain(999)");
    EXPECT_EQ(describe_revert(abi::call("TooDeep()")), "TooDeep()");
    EXPECT_EQ(
        describe_revert(abi::call("GasLimitTooHigh(uint256,uint256)", uint256{5u}, uint256{4u})),
        "GasLimitTooHigh(5, 4)");
    EXPECT_EQ(describe_revert(abi::call("AskingPaused()")), "AskingPaused()");
    EXPECT_EQ(describe_revert(abi::call("WrongLimit(uint256,uint256,uint256,uint256)", uint256{1u},
                                        uint256{2u}, uint256{3u}, uint256{4u})),
              "WrongLimit(1, 2, 3, 4)");
}

TEST(describe_revert, tells_why_an_account_refused_its_operation) {
    const auto refused = [](const Bytes& reason) {
        return abi::call("OperationRefused(bytes)", reason);
    };
    EXPECT_EQ(describe_revert(refused(abi::call("WrongSignature(address)", TOKEN))),
              "OperationRefused(WrongSignature(" + to_hex(TOKEN) + "))");
    EXPECT_EQ(describe_revert(refused({})), "OperationRefused(reverted without data)");
    // Once.
    EXPECT_EQ(describe_revert(refused(refused({}))), "OperationRefused(OperationRefused(...))");
}

TEST(describe_revert, leaves_out_what_is_dynamic_or_missing) {
    EXPECT_EQ(describe_revert(abi::call("NotSent(bytes)", Bytes{1, 2})), "NotSent(...)");
    EXPECT_EQ(describe_revert(abi::call("TooLittleOut(uint256,uint256)", uint256{1u})),
              "TooLittleOut(1)");
}

TEST(describe_revert, shows_text_as_text_and_the_unknown_as_hex) {
    EXPECT_EQ(describe_revert({}), "reverted without data");
    EXPECT_EQ(describe_revert(abi::call("Error(string)", std::string{"no"})), "\"no\"");
    EXPECT_EQ(describe_revert(abi::call("Error(string)", std::string(1'001, 'a'))),
              "\"" + std::string(1'000, 'a') + "\"... (1001 bytes)");
    EXPECT_EQ(describe_revert(Bytes{1, 2, 3}), "0x010203");
    EXPECT_EQ(describe_revert(Bytes(69, 1)), to_hex(Bytes(68, 1)) + "... (69 bytes)");
}

TEST(describe_revert, shows_text_that_controls_terminals_escaped) {
    EXPECT_EQ(describe_revert(abi::call("Error(string)", std::string{"\x1b[2J\n\xff"})),
              "\"\\x1b[2J\\n\ufffd\"");
}

TEST(describe_revert, takes_text_with_bytes_behind_it_and_without_its_zeros) {
    Bytes data = abi::call("Error(string)", std::string{"no"});
    EXPECT_EQ(describe_revert(concat(data, Bytes(32, 7))), "\"no\"");
    data.resize(data.size() - 30);
    EXPECT_EQ(describe_revert(data), "\"no\"");
    data.pop_back();
    EXPECT_EQ(describe_revert(data).substr(0, 10), "0x08c379a0");
}

TEST(reverted, keeps_the_data_for_code) {
    const auto data = abi::call("TooLittleGas()");
    const auto failure = reverted(data);
    EXPECT_EQ(failure.reason, "TooLittleGas()");
    EXPECT_EQ(failure.revert_data, data);
}

}  // namespace
}  // namespace scope::builder
