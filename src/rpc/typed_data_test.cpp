#include "rpc/typed_data.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "base/hex.hpp"

namespace scope::rpc {
namespace {

using namespace literals;
using testing::HasSubstr;

constexpr std::string_view DOMAIN_TYPE =
    R"("EIP712Domain":[{"name":"name","type":"string"},{"name":"version","type":"string"},{"name":"chainId","type":"uint256"},{"name":"verifyingContract","type":"address"}])";
constexpr std::string_view DOMAIN =
    R"({"name":"Ether Mail","version":"1","chainId":1,"verifyingContract":"0xCcCCccccCCCCcCCCCCCcCcCccCcCCCcCcccccccC"})";

std::string typed_data(std::string_view types, std::string_view primary, std::string_view message,
                       std::string_view domain_type = DOMAIN_TYPE) {
    return fmt::format(R"({{"types":{{{}{}{}}},"primaryType":"{}","domain":{},"message":{}}})",
                       domain_type, domain_type.empty() ? "" : ",", types, primary, DOMAIN,
                       message);
}

Hash hash_of(const std::string& text) {
    simdjson::dom::parser parser;
    return typed_data_hash(parser.parse(text).value());
}
std::string refusal_of(const std::string& text) {
    try {
        hash_of(text);
    } catch (const BadValue& error) {
        return error.what();
    }
    return "taken";
}

constexpr std::string_view MAIL_TYPES =
    R"("Person":[{"name":"name","type":"string"},{"name":"wallet","type":"address"}],"Mail":[{"name":"from","type":"Person"},{"name":"to","type":"Person"},{"name":"contents","type":"string"}])";
constexpr std::string_view MAIL =
    R"({"from":{"name":"Cow","wallet":"0xCD2a3d9F938E13CD947Ec05AbC7FE734Df8DD826"},"to":{"name":"Bob","wallet":"0xbBbBBBBbbBBBbbbBbbBbbbbBBbBbbbbBbBbbBBbB"},"contents":"Hello, Bob!"})";
// EIP-712, "Test Cases".
constexpr Hash MAIL_HASH =
    "0xbe609aee343fb3c4b28e1df9e632fca64fcfaede20f02e86244efddf30957bd2"_hash;

TEST(typed_data, example_of_the_eip) {
    EXPECT_EQ(hash_of(typed_data(MAIL_TYPES, "Mail", MAIL)), MAIL_HASH);
}

TEST(typed_data, makes_the_domains_type_of_its_members) {
    EXPECT_EQ(hash_of(typed_data(MAIL_TYPES, "Mail", MAIL, "")), MAIL_HASH);
}

// MetaMask's eth-sig-util, test "signTypedData V4": arrays of structs and of addresses.
TEST(typed_data, arrays_as_metamask_hashes_them) {
    EXPECT_EQ(
        hash_of(typed_data(
            R"("Person":[{"name":"name","type":"string"},{"name":"wallets","type":"address[]"}],"Mail":[{"name":"from","type":"Person"},{"name":"to","type":"Person[]"},{"name":"contents","type":"string"}],"Group":[{"name":"name","type":"string"},{"name":"members","type":"Person[]"}])",
            "Mail",
            R"({"from":{"name":"Cow","wallets":["0xCD2a3d9F938E13CD947Ec05AbC7FE734Df8DD826","0xDeaDbeefdEAdbeefdEadbEEFdeadbeEFdEaDbeeF"]},"to":[{"name":"Bob","wallets":["0xbBbBBBBbbBBBbbbBbbBbbbbBBbBbbbbBbBbbBBbB","0xB0BdaBea57B0BDABeA57b0bdABEA57b0BDabEa57","0xB0B0b0b0b0b0B000000000000000000000000000"]}],"contents":"Hello, Bob!"})")),
        "0xa85c2e2b118698e88db68a8105b794a8cc7cec074e89ef991cb4f5f533819cc2"_hash);
}

TEST(typed_data, numbers_may_be_written_as_any_wallet_does) {
    const auto of = [](std::string_view value) {
        return hash_of(typed_data(R"("N":[{"name":"n","type":"int16"}])", "N",
                                  fmt::format(R"({{"n":{}}})", value)));
    };
    EXPECT_EQ(of("255"), of(R"("255")"));
    EXPECT_EQ(of("255"), of(R"("0xff")"));
    EXPECT_EQ(of("-2"), of(R"("-2")"));
    EXPECT_NE(of("-2"), of("2"));
}

TEST(typed_data, refuses_what_does_not_fit_and_names_it) {
    struct Case {
        std::string_view type;
        std::string_view value;
        std::string_view reason;
    };
    for (const auto& [type, value, reason] :
         std::initializer_list<Case>{{"uint8", "256", "x: it does not fit uint8"},
                                     {"uint8", "-1", "x: it does not fit uint8"},
                                     {"int8", "128", "x: it does not fit int8"},
                                     {"int8", "-129", "x: it does not fit int8"},
                                     {"bytes4", R"("0x00")", "x: it has 1 bytes, bytes4 has 4"},
                                     {"uint7", "1", "x: there is no type uint7"},
                                     {"bytes33", R"("0x00")", "x: there is no type bytes33"},
                                     {"uint08", "1", "x: there is no type uint08"},
                                     {"bool[2]", "[true]", "x: it has 1 elements, bool[2] has 2"},
                                     {"Nothing", "1", "x: there is no type Nothing"},
                                     {"]", "[]", "x: there is no type ]"},
                                     {"", "1", "x: there is no type "}})
        EXPECT_EQ(refusal_of(typed_data(fmt::format(R"("T":[{{"name":"x","type":"{}"}}])", type),
                                        "T", fmt::format(R"({{"x":{}}})", value))),
                  fmt::format("message: {}", reason));
    EXPECT_EQ(refusal_of(typed_data(MAIL_TYPES, "Mail", R"({"from":null,"to":null})")),
              "message: contents: it is missing");
    EXPECT_EQ(refusal_of(typed_data(MAIL_TYPES, "Letter", "{}")),
              "message: there is no type Letter");
    EXPECT_EQ(refusal_of(R"({"types":{},"types":{},"primaryType":"A","domain":{},"message":{}})"),
              "it has types twice");
    EXPECT_EQ(refusal_of(R"({"types":{},"domain":{},"message":{}})"), "primaryType: it is missing");
}

TEST(typed_data, a_type_that_holds_itself_ends_with_its_value) {
    EXPECT_EQ(refusal_of(typed_data(R"("T":[{"name":"next","type":"T"}])", "T",
                                    R"({"next":{"next":{"next":null}}})")),
              "taken");
    std::string deep = "null";
    for (size_t i = 0; i < 100; ++i) deep = R"({"next":)" + deep + "}";
    EXPECT_THAT(refusal_of(typed_data(R"("T":[{"name":"next","type":"T"}])", "T", deep)),
                HasSubstr("nested too deeply"));
}

// EIP-191's example in web3.js' documentation of accounts.hashMessage.
TEST(typed_data, personal_messages) {
    EXPECT_EQ(personal_message_hash(as_bytes("Hello World")),
              "0xa1de988600a42c4b4ab089b619297c17d53cffae5d5120d82d8a92d0bb3b78f2"_hash);
}

}  // namespace
}  // namespace scope::rpc
