#include "terminal/calldata.hpp"

#include <gtest/gtest.h>

#include "abi/abi.hpp"
#include "base/hex.hpp"

namespace scope::terminal {
namespace {

using namespace literals;

constexpr Address SOMEBODY = "0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266"_address;

Bytes encoded(std::string_view signature, const std::vector<std::string>& arguments = {}) {
    const auto calldata = encode_call(signature, arguments);
    EXPECT_TRUE(calldata) << calldata.error();
    return calldata.value_or(Bytes{});
}

TEST(calldata, is_that_of_the_compiled_encoder) {
    EXPECT_EQ(encoded("value()"), abi::call("value()"));
    EXPECT_EQ(encoded("transfer(address,uint256)", {to_hex(SOMEBODY), "1000"}),
              abi::call("transfer(address,uint256)", SOMEBODY, uint256{1000u}));
    EXPECT_EQ(encoded("f(bool,uint8,uint)", {"true", "0xff", "7"}),
              abi::call("f(bool,uint8,uint256)", true, uint256{255u}, uint256{7u}));
    EXPECT_EQ(encoded("f(string,uint256,bytes)", {"hello", "2", "0x1234"}),
              abi::call("f(string,uint256,bytes)", std::string_view{"hello"}, uint256{2u},
                        Bytes{0x12, 0x34}));
    EXPECT_EQ(encoded("f(int256)", {"-1"}), abi::call("f(int256)", ~uint256{}));
    EXPECT_EQ(encoded("f(bytes4)", {"0x12345678"}),
              concat(abi::selector("f(bytes4)"), Bytes{0x12, 0x34, 0x56, 0x78}, Bytes(28)));
}

TEST(calldata, is_the_same_however_its_signature_is_written) {
    const auto transfer = abi::call("transfer(address,uint256)", SOMEBODY, uint256{1000u});
    for (const auto* const signature :
         {"transfer(address,uint)", "transfer(address, uint256)",
          " transfer ( address , uint256 ) ", "transfer(address to, uint256 amount)",
          "transfer(address payable to,uint amount)", "transfer(address,uint256)(bool)",
          "function transfer(address,uint) returns (bool)",
          "transfer(address,uint256) external view returns (bool ok)",
          "transfer(address,uint256) view external returns(bool)"})
        EXPECT_EQ(encoded(signature, {to_hex(SOMEBODY), "1000"}), transfer) << signature;
    EXPECT_EQ(encoded("hit()(uint256)"), abi::call("hit()"));
    EXPECT_EQ(encoded("f(int)", {"-1"}), abi::call("f(int256)", ~uint256{}));
    EXPECT_EQ(encoded("f(string memory text)", {"a b"}),
              abi::call("f(string)", std::string_view{"a b"}));
}

TEST(calldata, may_be_given_as_it_is) {
    EXPECT_EQ(encoded("0x1234"), (Bytes{0x12, 0x34}));
    EXPECT_EQ(encoded(""), Bytes{});
    EXPECT_EQ(encoded("0x"), Bytes{});
}

TEST(calldata, limits_of_numbers_hold) {
    EXPECT_EQ(encoded("f(int8)", {"-128"}), abi::call("f(int8)", -uint256{128u}));
    EXPECT_EQ(encoded("f(int8)", {"127"}), abi::call("f(int8)", uint256{127u}));
    for (const auto& [type, argument] : {std::pair{"int8", "-129"},
                                         {"int8", "128"},
                                         {"uint8", "256"},
                                         {"uint256", "-1"},
                                         {"uint16", "65536"}})
        EXPECT_FALSE(
            encode_call("f(" + std::string{type} + ")", std::vector<std::string>{argument}))
            << type << ' ' << argument;
}

TEST(calldata, says_what_it_can_not_encode) {
    const struct {
        std::string signature;
        std::vector<std::string> arguments;
        const char* reason;
    } cases[] = {
        {"transfer", {}, "signature"},
        {"f(uint256", {"1"}, "signature"},
        {"f(uint256,)", {"1"}, "signature"},
        {"(uint256)", {"1"}, "signature"},
        {"f(uint256) g", {"1"}, "signature"},
        {"f((uint256,uint),bool)", {"1"}, "2 arguments"},
        {"f((uint,bool))", {"1"}, "(uint256,bool)"},
        {"f(uint[])", {"[1]"}, "uint256[]"},
        {"f(uint256)", {}, "0"},
        {"f()", {"1"}, "1"},
        {"f(address)", {"0x12"}, "'0x12' is no address"},
        {"f(bool)", {"1"}, "bool"},
        {"f(bytes2)", {"0x12"}, "bytes2"},
        {"f(bytes33)", {"0x12"}, "bytes33"},
        {"f(uint7)", {"1"}, "uint7"},
        {"f(uint256[])", {"[1]"}, "uint256[]"},
        {"0x123", {}, "hex"},
        {"0x12", {"1"}, "arguments"},
    };
    for (const auto& [signature, arguments, reason] : cases) {
        const auto calldata = encode_call(signature, arguments);
        ASSERT_FALSE(calldata) << signature;
        EXPECT_NE(calldata.error().find(reason), std::string::npos) << calldata.error();
    }
}

}  // namespace
}  // namespace scope::terminal
