#include "rpc/errors.hpp"

#include <gmock/gmock.h>

#include <set>

#include "abi/abi.hpp"
#include "base/hex.hpp"
#include "json/appender.hpp"
#include "rpc/scope_tree.hpp"

namespace scope::rpc {
namespace {

using namespace literals;
using ::testing::HasSubstr;

TEST(errors, addresses_have_the_capitals_of_eip_55) {
    // The examples of EIP-55.
    for (const char* const text : {"0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
                                   "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
                                   "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
                                   "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb"})
        EXPECT_EQ(checksum_hex(*fixed_from_hex<20>(std::string_view{text}.substr(2))), text);
}

TEST(errors, each_rule_has_a_code_of_its_own) {
    std::set<int> codes{UNKNOWN_CHAIN, UNKNOWN_SCOPE, NO_OPEN_ROOT, HISTORIC_BLOCK,
                        NOT_SEALED,    PATCHED_CHAIN, NO_L1,        NO_BUILDER};
    const size_t others = codes.size();
    for (const auto& [rule, code] : REFUSAL_CODES) codes.insert(code);
    EXPECT_EQ(codes.size(), others + REFUSAL_CODES.size());
    EXPECT_GE(*codes.begin(), -39099);
    EXPECT_LE(*codes.rbegin(), -39001);
}

TEST(errors, a_revert_tells_its_reason) {
    EXPECT_EQ(revert_reason(abi::call("Error(string)", std::string{"user error"})), "user error");
    // Its end without the zeros that the ABI asks for.
    auto cut = abi::call("Error(string)", std::string{"user error"});
    cut.resize(4 + 64 + 10);
    EXPECT_EQ(revert_reason(cut), "user error");
    cut.pop_back();
    EXPECT_EQ(revert_reason(cut), std::nullopt);
    EXPECT_EQ(revert_reason(abi::call("Panic(uint256)", uint256{0x11u})),
              "arithmetic underflow or overflow");
    EXPECT_EQ(revert_reason(abi::call("Panic(uint256)", uint256{0x99u})),
              "unknown panic code: 0x99");
    for (const Bytes& other :
         {Bytes{}, "08c379a0"_hex, "4e487b71"_hex, "12345678"_hex,
          concat("08c379a0"_hex, Bytes(32, 0xff)), concat("08c379a0"_hex, Bytes(64, 0xff))})
        EXPECT_EQ(revert_reason(other), std::nullopt) << to_hex(other);

    const auto error = reverted("12345678"_hex);
    EXPECT_EQ(error.code, 3);
    EXPECT_EQ(error.message, "execution reverted");
    EXPECT_EQ(error.data, "\"0x12345678\"");
}

/// A call that failed inside another that did not.
builder::CallTree failed_inside() {
    builder::CallTree inner;
    inner.request.source_chain_id = uint256{902u};
    inner.request.target_chain_id = uint256{1u};
    inner.request.kind = protocol::CallKind::static_call;
    inner.request.data = "aabbccdd00"_hex;
    inner.request_hash = Hash{{2}};
    inner.output = abi::call("Error(string)", std::string{"too dear"});
    builder::CallTree outer;
    outer.request.source_chain_id = uint256{901u};
    outer.request.target_chain_id = uint256{902u};
    outer.request.value = uint256{5u};
    outer.request.gas_limit = uint256{70'000u};
    outer.request_hash = Hash{{1}};
    outer.success = outer.kept = true;
    outer.gas_used = 1234;
    outer.calls = {inner};
    return outer;
}

TEST(errors, a_refusal_names_the_call_that_failed) {
    const builder::Refusal refusal{
        builder::RefusalRule::fault, "chain 902: \"no\"", {failed_inside()}};
    const auto error = refused(ChainId{901}, refusal, Hash{{9}});
    EXPECT_EQ(error.code, code_of(builder::RefusalRule::fault));
    EXPECT_EQ(error.message, "root refused: fault: chain 902: \"no\"");
    EXPECT_THAT(error.data, HasSubstr(R"("chainId":901,"root":"0x09)"));
    EXPECT_THAT(error.data, HasSubstr(R"("requestHash":"0x02)"));
    EXPECT_THAT(error.data, HasSubstr(R"("reason":"chain 902: \"no\"")"));
    EXPECT_THAT(error.data, HasSubstr(R"("revertReason":"\"too dear\"")"));
    EXPECT_THAT(error.data, HasSubstr(R"("trace":[{"source":901,"target":902)"));
}

TEST(errors, an_underpaid_root_is_told_the_fee_that_would_do) {
    builder::Refusal refusal{builder::RefusalRule::underpaid, "too little", {}};
    refusal.sufficient_fee = uint256{255u};
    const auto error = refused(ChainId{901}, refusal);
    EXPECT_THAT(error.message, HasSubstr("a fee of 255 wei would do"));
    EXPECT_THAT(error.data, HasSubstr(R"("sufficientFee":"0xff")"));
}

TEST(scope_tree, has_the_demonstrations_names) {
    json::Appender out;
    append_calls(out, {failed_inside()});
    const std::string zero = "0x" + std::string(40, '0');
    const auto hash_of = [](char digit) {
        return "0x0" + std::string(1, digit) + std::string(62, '0');
    };
    EXPECT_EQ(out.take(),
              R"([{"source":901,"target":902,"from":")" + zero + R"(","to":")" + zero +
                  R"(","kind":"call","function":"0x","data":"0x","request_hash":")" + hash_of('1') +
                  R"(","value_wei":"5","gas_limit":70000,"gas_used":1234,"success":true,)"
                  R"("kept":true,"output":"0x","output_text":"","calls":[{"source":902,"target":1,)"
                  R"("from":")" +
                  zero + R"(","to":")" + zero +
                  R"(","kind":"static","function":"0xaabbccdd","data":"0xaabbccdd00",)"
                  R"("request_hash":")" +
                  hash_of('2') +
                  R"(","value_wei":"0","gas_limit":0,"gas_used":0,"success":false,"kept":false,)"
                  R"("output":")" +
                  to_hex(failed_inside().calls[0].output) +
                  R"(","output_text":"\"too dear\"","calls":[]}]}])");
}

TEST(scope_tree, names_what_somebody_knows) {
    const TreeNames names{
        .account = [](const uint256& chain, const Address&) { return "on " + to_decimal(chain); },
        .function = [](BytesView) { return std::string{"swap"}; },
        .output = [](BytesView, BytesView) { return std::string{"42"}; }};
    json::Appender out;
    append_calls(out, {failed_inside()}, names);
    EXPECT_THAT(out.view(), HasSubstr(R"("from_name":"on 901")"));
    EXPECT_THAT(out.view(), HasSubstr(R"("to_name":"on 902")"));
    EXPECT_THAT(out.view(), HasSubstr(R"("function":"swap")"));
    EXPECT_THAT(out.view(), HasSubstr(R"("output_text":"42")"));
}

TEST(scope_tree, tells_a_root_with_what_each_chain_was_loaded_with) {
    builder::RootResult root;
    root.context = {uint256{901u}, Hash{{7}}, uint256{3u}};
    root.root_id = Hash{{8}};
    root.success = true;
    root.gas_used = 99;
    root.calls = {failed_inside()};
    auto& section = root.plan[ChainId{902}];
    section.records.push_back({failed_inside().request, {}, true});
    section.records.push_back({failed_inside().calls[0].request, {}, false});
    section.records.push_back({failed_inside().request, {}, false});
    section.fills.push_back({uint256{1u}, Hash{{2}}, {}});
    json::Appender out;
    append_root(out, root);
    EXPECT_THAT(out.view(), HasSubstr(R"({"origin_chain":901,"success":true,"root_id":"0x08)"));
    EXPECT_THAT(out.view(),
                HasSubstr(R"("root_index":3,"gas_used":99,"output":"0x","call_count":2)"));
    EXPECT_THAT(out.view(), HasSubstr(R"("filled":[{"chain_id":902,"fills":1,"records_kept":1,)"
                                      R"("records_static":1,"records_rolled_back":1,)"
                                      R"("fill_requests":["0x02)"));
}

TEST(scope_tree, a_number_that_readers_may_round_is_text) {
    const auto chain = [](const uint256& id) {
        json::Appender out;
        append_chain(out, id);
        return out.take();
    };
    EXPECT_EQ(chain(uint256{9007199254740991u}), "9007199254740991");
    EXPECT_EQ(chain(uint256{9007199254740992u}), "\"9007199254740992\"");
    EXPECT_EQ(chain(uint256{1u} << 64), "\"18446744073709551616\"");
}

}  // namespace
}  // namespace scope::rpc
