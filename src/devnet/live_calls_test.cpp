#include <fmt/format.h>

#include "abi/abi.hpp"
#include "base/hex.hpp"
#include "crypto/keccak.hpp"
#include "devnet/test_live.hpp"
#include "execution/scope_rollup.hpp"
#include "rpc/errors.hpp"
#include "rpc/no_open_root.hpp"
#include "types/signing.hpp"

// eth_call, estimates, fills, simulations and traces of what makes scoped calls, on a whole network.

namespace scope::devnet {
namespace {

using testing::HasSubstr;
using testing::Not;

const std::string MARKER = to_hex(execution::ROOT_MARKER).substr(2);

/// The couriers' network. What a test sends stays there for the next.
class LiveCalls : public testing::Test {
  protected:
    static void SetUpTestSuite() {
        live_ = std::make_unique<TestLive>();
        live_->deploy_couriers();
    }
    static void TearDownTestSuite() { live_.reset(); }
    static TestLive& live() { return *live_; }

    /// Returns a transaction's arguments: from account 0 to the chain's courier.
    static std::string args(ChainId chain, const Bytes& data, uint64_t value = 0,
                            const std::string& more = {}) {
        return fmt::format(R"({{"from":"{}","to":"{}","value":"0x{:x}","input":"{}"{}}})",
                           TestLive::address(), to_hex(live().couriers.at(chain)), value,
                           to_hex(data), more);
    }
    static Bytes marked(Bytes data) { return concat(data, execution::ROOT_MARKER); }

    /// Calldata that carries through several chains, with value for each stop.
    static Bytes tour(const std::vector<std::pair<ChainId, uint64_t>>& stops) {
        using Stop = std::tuple<uint256, Address, uint256, uint256>;
        std::vector<Stop> list;
        uint64_t gas = 1'600'000;
        for (const auto& [chain, value] : stops) {
            list.emplace_back(uint256{chain}, live().couriers.at(chain), uint256{gas},
                              uint256{value});
            gas /= 2;
        }
        return abi::call("carry((uint256,address,uint256,uint256)[])", list);
    }

    /// Asks for an error.
    static rpc::RpcError error(ChainId chain, std::string_view method, const std::string& params) {
        auto answer = live().ask(chain, method, params);
        EXPECT_FALSE(answer.has_value()) << method << " " << answer.value_or("");
        return answer ? rpc::RpcError{} : answer.error();
    }

  private:
    static std::unique_ptr<TestLive> live_;
};
std::unique_ptr<TestLive> LiveCalls::live_;

TEST_F(LiveCalls, a_call_may_be_a_root_on_every_chain) {
    for (const auto& [from, to] : {std::pair{A, L1}, std::pair{A, B}, std::pair{L1, A}})
        for (const char* const block : {"latest", "pending"}) {
            const auto result = live().get(
                from, "eth_call",
                fmt::format(R"([{},"{}"])", args(from, live().carry_to(to, {}), 7), block));
            EXPECT_EQ(TestLive::number(result), uint256{7u}) << fmt::format("{} to {}", from, to);
        }
    // With an override of its sender's balance, too.
    const auto rich =
        fmt::format(R"({{"{}":{{"balance":"0xffffffffffffffffffffff"}}}})", TestLive::address());
    const std::string much = fmt::format(
        R"([{{"from":"{}","to":"{}","value":"0xfffffffffffffffffffff","input":"{}"}},"latest",{}])",
        TestLive::address(), to_hex(live().couriers.at(A)), to_hex(live().carry_to(L1, {})), rich);
    EXPECT_EQ(live().get(A, "eth_call", much),
              "\"0x" + std::string(43, '0') + std::string(21, 'f') + "\"");
}

TEST_F(LiveCalls, a_call_shows_what_failed_on_the_other_chain) {
    // Its own chain pays what another asks of it, so that the value is missing there.
    const auto data = live().carry_to(L1, uint256{9u});
    const auto failed = error(A, "eth_call", fmt::format(R"([{},"latest"])", args(A, data, 3)));
    EXPECT_EQ(failed.code, 3);
    // The other chain's courier is told a value that it did not get.
    using Stop = std::tuple<uint256, Address, uint256, uint256>;
    const auto unknown = abi::call("carry((uint256,address,uint256,uint256)[])",
                                   std::vector<Stop>{{uint256{999u}, Address{{1}}, 1u, {}}});
    const auto refused = error(A, "eth_call", fmt::format(R"([{}])", args(A, unknown)));
    EXPECT_EQ(refused.code, 3);
    EXPECT_EQ(refused.data,
              "\"" + to_hex(abi::call("UnknownChain(uint256)", uint256{999u})) + "\"");
}

TEST_F(LiveCalls, scoped_calls_are_simulated_at_the_head_alone) {
    const auto call = args(A, live().carry_to(L1, {}), 0);
    const auto number = TestLive::number(live().get(A, "eth_blockNumber"));
    const auto historic = error(A, "eth_call",
                                fmt::format(R"([{},"latest",{{}},{{"number":"{}"}}])", call,
                                            to_quantity(number + uint256{5u})));
    EXPECT_EQ(historic.code, rpc::HISTORIC_BLOCK);
    EXPECT_THAT(historic.message, HasSubstr("at the head only"));
    EXPECT_EQ(historic.data, R"({"chainId":42001})");
}

TEST_F(LiveCalls, what_is_no_root_is_told_what_to_append) {
    const auto call = fmt::format("[{}]", args(A, live().carry_to(L1, {})));
    const std::string traced = call.substr(0, call.size() - 1) + R"(,"latest"])";
    for (const auto& [method, params] :
         {std::pair{"eth_estimateGas", call}, std::pair{"eth_createAccessList", call},
          std::pair{"debug_traceCall", traced},
          std::pair{"eth_simulateV1", R"([{"blockStateCalls":[{"calls":)" + call + "}]}]"}}) {
        const auto failed = error(A, method, params);
        EXPECT_EQ(failed.code, rpc::NO_OPEN_ROOT) << method;
        EXPECT_THAT(failed.message, HasSubstr("append the marker 0x" + MARKER));
        EXPECT_EQ(failed.data, R"({"chainId":42001,"marker":"0x)" + MARKER + "\"}");
    }
    const auto on_l1 = fmt::format("[{}]", args(L1, live().carry_to(A, {})));
    for (const char* const method : {"eth_estimateGas", "eth_fillTransaction"}) {
        const auto failed = error(L1, method, on_l1);
        EXPECT_EQ(failed.code, rpc::NO_OPEN_ROOT);
        EXPECT_THAT(failed.message, HasSubstr("scope_prepareOperation"));
        EXPECT_THAT(failed.message, HasSubstr("scope_sendOperation"));
    }
}

TEST_F(LiveCalls, what_failed_in_a_block_for_want_of_a_root_is_told_what_to_append) {
    std::vector<std::string> unmarked;
    std::vector<std::string> logged;
    const auto send_raw = [&](ChainId chain, const Address& to, const Bytes& data) {
        Transaction tx;
        tx.type = TxType::dynamic_fee;
        tx.chain_id = chain;
        tx.nonce =
            TestLive::number(live().get(chain, "eth_getTransactionCount",
                                        fmt::format(R"(["{}","latest"])", TestLive::address())))[0];
        tx.max_priority_fee_per_gas = uint256{1'000'000'000u};
        tx.max_fee_per_gas = uint256{10'000'000'000u};
        tx.gas_limit = 1'000'000;
        tx.to = to;
        tx.data = data;
        sign(tx, TestLive::account().key);
        const auto hash = TestLive::unquoted(live().get(
            chain, "eth_sendRawTransaction", fmt::format(R"(["{}"])", to_hex(encode(tx)))));
        EXPECT_EQ(TestLive::member(live().receipt(chain, hash), "status"), "0x0");
        return hash;
    };
    // Multicall3 gives a reason of its own: "Multicall3: call failed".
    using Call = std::tuple<Address, Bytes>;
    const Address multicall = *fixed_from_hex<20>("0xca11bde05977b3631167028862be2a173976ca11");
    for (const auto& [on, to, what] : {std::tuple{A, L1, "append the marker 0x" + MARKER},
                                       std::tuple{L1, A, std::string{"scope_prepareOperation"}}}) {
        const Bytes carry = live().carry_to(to, {});
        const Address courier = live().couriers.at(on);
        const Bytes by_multicall =
            abi::call("aggregate((address,bytes)[])", std::vector<Call>{{courier, carry}});
        for (const auto& [contract, data] :
             {std::pair{courier, carry}, {multicall, by_multicall}}) {
            unmarked.push_back(send_raw(on, contract, data));
            // The log's line for its block.
            for (const auto& failed :
                 rpc::find_no_open_root(live().network, on, live().network.chain(on)->head()))
                logged.push_back(to_hex(failed.hash));
            const auto told =
                live().get(on, "scope_getRefusal", fmt::format(R"(["{}"])", unmarked.back()));
            EXPECT_EQ(TestLive::member(told, "rule"), "no_open_root");
            EXPECT_THAT(TestLive::member(told, "reason"), HasSubstr(what));
            EXPECT_EQ(TestLive::member(told, "error.code"), "-39003");
        }
        // What fails for another reason has none of this.
        const auto other = send_raw(on, multicall, Bytes{1, 2, 3, 4});
        EXPECT_EQ(live().get(on, "scope_getRefusal", fmt::format(R"(["{}"])", other)), "null");
    }
    EXPECT_EQ(logged, unmarked);
}

TEST_F(LiveCalls, a_root_sent_with_the_gas_of_its_estimate_succeeds) {
    const std::vector<std::vector<std::pair<ChainId, uint64_t>>> tours{
        {{L1, 5}},
        {{B, 5}},
        {{B, 5}, {L1, 3}},
        {{L1, 9}, {B, 6}, {A, 4}},  // a callback
        {{B, 9}, {A, 8}, {B, 7}, {A, 6}},
    };
    for (const auto& stops : tours) {
        const auto data = marked(tour(stops));
        const auto gas = TestLive::number(
            live().get(A, "eth_estimateGas", fmt::format("[{}]", args(A, data, 10))));
        const auto hash = TestLive::unquoted(live().get(
            A, "eth_sendTransaction",
            fmt::format("[{}]", args(A, data, 10, R"(,"gas":")" + to_quantity(gas) + "\""))));
        const auto receipt = live().receipt(A, hash);
        EXPECT_EQ(TestLive::member(receipt, "status"), "0x1") << stops.size() << " " << receipt;
        // And is no more than a little above the least.
        const auto less = to_quantity(gas * uint256{90u} / uint256{100u});
        const auto call =
            fmt::format(R"([{},"latest"])", args(A, data, 10, R"(,"gas":")" + less + "\""));
        EXPECT_FALSE(live().ask(A, "eth_call", call).has_value()) << stops.size();
    }
}

TEST_F(LiveCalls, a_fill_marks_what_makes_scoped_calls_and_nothing_else) {
    const auto fill = [&](const std::string& transaction) {
        return live().get(A, "eth_fillTransaction", "[" + transaction + "]");
    };
    const auto asking = live().carry_to(L1, {});
    const auto filled = fill(args(A, asking, 3));
    EXPECT_EQ(TestLive::member(filled, "tx.input"), to_hex(marked(asking)));
    EXPECT_EQ(TestLive::member(filled, "tx.type"), "0x2");
    EXPECT_GT(TestLive::number(TestLive::member(filled, "tx.gas")), uint256{30'000u});

    // One that is marked already stays as it is; one that doesn't ask is none.
    EXPECT_EQ(TestLive::member(fill(args(A, marked(asking), 3)), "tx.input"),
              to_hex(marked(asking)));
    const auto staying = tour({});
    EXPECT_EQ(TestLive::member(fill(args(A, staying, 3)), "tx.input"), to_hex(staying));
    const auto transfer = fill(fmt::format(R"({{"from":"{}","to":"{}","value":"0x1"}})",
                                           TestLive::address(), TestLive::address(1)));
    EXPECT_EQ(TestLive::member(transfer, "tx.input"), "0x");
    EXPECT_EQ(TestLive::member(transfer, "tx.gas"), "0x5208");

    // The bytes are those of the fields.
    const auto raw = from_hex(TestLive::member(transfer, "raw"));
    ASSERT_TRUE(raw.has_value());
    EXPECT_EQ(to_hex(crypto::keccak256(*raw)), TestLive::member(transfer, "tx.hash"));
}

TEST_F(LiveCalls, a_root_is_validated_in_a_simulated_block_as_any_call_is) {
    const Bytes data = tour({{L1, 0}});
    const struct {
        const char* more;
        int code;
    } cases[] = {
        {R"("nonce":"0x0")", -38010},
        {R"("nonce":"0xffff")", -38011},
        {R"("maxFeePerGas":"0x1")", -38012},
        {R"("gas":"0x5300")", -38013},
        {R"("gas":"0x7a120","maxFeePerGas":"0xffffffffffffffffffff")", -38014},
    };
    for (const bool is_root : {false, true})
        for (const auto& [more, code] : cases) {
            const std::string fee =
                std::string_view{more}.contains("maxFee") ? "" : R"("maxFeePerGas":"0x77359400",)";
            const auto call = args(A, is_root ? marked(data) : tour({}), 0, "," + fee + more);
            const auto failed =
                error(A, "eth_simulateV1",
                      R"([{"validation":true,"blockStateCalls":[{"calls":[)" + call + "]}]}]");
            EXPECT_EQ(failed.code, code) << is_root << " " << more << " " << failed.message;
        }
}

TEST_F(LiveCalls, an_estimate_of_a_root_says_that_its_sender_has_too_little) {
    const auto asked = fmt::format(
        R"([{{"from":"0x{:040x}","to":"{}","input":"{}","maxFeePerGas":"0x3b9aca00"}},"latest",)"
        R"({{"0x{:040x}":{{"balance":"0x1402462f6000"}}}}])",
        0xa11, to_hex(live().couriers.at(A)), to_hex(marked(tour({{L1, 0}}))), 0xa11);
    const auto failed = error(A, "eth_estimateGas", asked);
    EXPECT_EQ(failed.code, -32000);
    EXPECT_EQ(failed.message, "gas required exceeds allowance (22000)");
}

TEST_F(LiveCalls, a_root_is_simulated_in_a_block_with_others) {
    const auto data = marked(live().carry_to(L1, uint256{2u}));
    const auto results =
        live().get(A, "eth_simulateV1",
                   fmt::format(R"([{{"blockStateCalls":[{{"calls":[{0},{1},{0}]}}]}},"latest"])",
                               args(A, data, 3), args(A, tour({}), 4)));
    simdjson::dom::parser parser;
    const auto calls = parser.parse(results).at(0).at_key("calls");
    ASSERT_EQ(calls.get_array().size(), 3u);
    for (const size_t i : {0u, 1u, 2u}) {
        const auto call = simdjson::minify(calls.at(i));
        EXPECT_EQ(TestLive::member(call, "status"), "0x1") << call;
        EXPECT_EQ(TestLive::number(TestLive::member(call, "returnData")),
                  uint256{i == 1 ? 4u : 3u});
        EXPECT_GT(calls.at(i).at_key("logs").get_array().size(), 0u);
    }
    // The courier keeps what stays: of three calls.
    const auto left = live().balance(A, live().couriers.at(A));
    const auto observed = live().get(
        A, "eth_simulateV1",
        fmt::format(
            R"([{{"blockStateCalls":[{{"calls":[{},{{"from":"{}","to":"{}","value":"{}"}}]}}]}}])",
            args(A, data, 3), to_hex(live().couriers.at(A)), TestLive::address(1),
            to_quantity(left + uint256{1u})));
    EXPECT_THAT(observed, Not(HasSubstr("error")));
}

TEST_F(LiveCalls, a_root_is_simulated_in_a_later_block_on_what_the_ones_before_left) {
    // One counts how often it was called; one returns its block's number and time.
    constexpr auto COUNTER = "0x5f54806001015f555f5260205ff3";
    constexpr auto CLOCK = "0x436040524260605260406040f3";
    const Address counter{{0xc0}};
    const Address clock{{0xc1}};
    const auto call = [](const Address& to, const Bytes& data, uint64_t value = 0) {
        return fmt::format(R"({{"from":"{}","to":"{}","value":"0x{:x}","input":"{}"}})",
                           TestLive::address(), to_hex(to), value, to_hex(data));
    };
    const auto root = [&](const Address& to) { return call(to, marked({})); };
    const auto asking = call(live().couriers.at(A), marked(live().carry_to(L1, uint256{2u})), 3);
    const auto head = TestLive::number(live().get(A, "eth_blockNumber"));
    const auto results =
        live().get(A, "eth_simulateV1",
                   fmt::format(
                       R"([{{"blockStateCalls":[
                {{"stateOverrides":{{"{0}":{{"code":"{1}"}},"{2}":{{"code":"{3}"}}}},
                  "calls":[{4},{5},{6}]}},
                {{"calls":[{4},{6},{7}]}},
                {{"blockOverrides":{{"number":"{8}","time":"0xffffffff"}},"calls":[{7},{6},{5},{4}]}}]}}])",
                       to_hex(counter), COUNTER, to_hex(clock), CLOCK, root(counter),
                       call(counter, {}), asking, root(clock), to_quantity(head + uint256{4u})));
    simdjson::dom::parser parser;
    const auto blocks = parser.parse(results);
    const auto returned = [&](size_t block, size_t index) {
        const auto made = simdjson::minify(blocks.at(block).at_key("calls").at(index));
        EXPECT_EQ(TestLive::member(made, "status"), "0x1") << made;
        return from_hex(TestLive::member(made, "returnData")).value();
    };
    const auto number = [](const Bytes& word) { return from_be(BytesView{word}.first(32)); };
    for (const size_t i : {0u, 1u}) EXPECT_EQ(number(returned(0, i)), uint256{i});
    EXPECT_EQ(number(returned(0, 2)), uint256{3u});
    EXPECT_EQ(number(returned(1, 0)), uint256{2u});
    EXPECT_EQ(number(returned(1, 1)), uint256{3u});
    EXPECT_EQ(number(returned(1, 2)), head + uint256{2u});
    // There is an empty block in between.
    const auto overridden = returned(3, 0);
    EXPECT_EQ(number(overridden), head + uint256{4u});
    EXPECT_EQ(from_be(BytesView{overridden}.subspan(32)), uint256{0xffffffffu});
    EXPECT_EQ(number(returned(3, 1)), uint256{3u});
    for (const size_t i : {2u, 3u}) EXPECT_EQ(number(returned(3, i)), uint256{i + 1});
    // Nothing of it stays.
    EXPECT_EQ(live().get(A, "eth_getCode", fmt::format(R"(["{}"])", to_hex(counter))), "\"0x\"");
}

TEST_F(LiveCalls, a_root_is_traced_with_its_scoped_calls) {
    const auto call = args(A, marked(live().carry_to(L1, uint256{2u})), 3);
    const auto tree =
        live().get(A, "debug_traceCall", "[" + call + R"(,"latest",{"tracer":"callTracer"}])");
    EXPECT_EQ(TestLive::member(tree, "type"), "CALL");
    EXPECT_EQ(TestLive::member(tree, "error"), "missing");
    EXPECT_THAT(tree, HasSubstr(to_hex(rollup::PREDEPLOY)));
    EXPECT_EQ(TestLive::number(TestLive::member(tree, "output")), uint256{3u});
    // What simulation has ScopedCallable do by itself is not shown.
    EXPECT_THAT(tree,
                Not(HasSubstr(to_hex(abi::selector(
                    "loadRoot((uint256,bytes32,uint256),(uint256,uint256)[],(uint256,bytes32,bytes)"
                    "[],((bytes32,uint8,uint256,uint256,address,uint256,(uint256,bytes32)[],"
                    "uint256,uint256,address,uint256,uint256,bytes),bytes32,bool)[])")))));

    const auto changes = live().get(
        A, "debug_traceCall",
        "[" + call + R"(,"latest",{"tracer":"prestateTracer","tracerConfig":{"diffMode":true}}])");
    EXPECT_THAT(TestLive::member(changes, "post"), HasSubstr(to_hex(live().couriers.at(A))));

    const auto list = live().get(A, "eth_createAccessList", "[" + call + "]");
    EXPECT_EQ(TestLive::member(list, "error"), "missing");
    EXPECT_THAT(list, HasSubstr(to_hex(rollup::PREDEPLOY)));

    const auto logs = live().get(A, "debug_traceCall", "[" + call + R"(,"latest"])");
    EXPECT_EQ(TestLive::member(logs, "failed"), "false");
    EXPECT_THAT(logs, HasSubstr("\"op\":\"CALL\""));
}

TEST_F(LiveCalls, a_block_with_a_root_is_traced_as_it_ran) {
    const auto hash =
        live().send(A, live().couriers.at(A), live().carry_to(L1, uint256{1u}), uint256{2u});
    const auto receipt = live().receipt(A, hash);
    ASSERT_EQ(TestLive::member(receipt, "status"), "0x1") << receipt;
    const auto number = TestLive::member(receipt, "blockNumber");
    const auto traces = live().get(A, "debug_traceBlockByNumber",
                                   R"([")" + number + R"(",{"tracer":"callTracer"}])");
    simdjson::dom::parser parser;
    const auto block = parser.parse(traces).value().get_array();
    EXPECT_GE(block.size(), 2u);  // openScope or loadRoot, and the root
    bool is_there = false;
    for (const auto transaction : block) {
        const auto text = simdjson::minify(transaction);
        EXPECT_EQ(TestLive::member(text, "result.error"), "missing");
        if (TestLive::member(text, "txHash") != hash) continue;
        is_there = true;
        EXPECT_EQ(TestLive::member(text, "result.gasUsed"), TestLive::member(receipt, "gasUsed"));
    }
    EXPECT_TRUE(is_there);
    EXPECT_EQ(
        TestLive::member(live().get(A, "debug_traceTransaction", "[\"" + hash + "\"]"), "gas"),
        to_decimal(TestLive::number(TestLive::member(receipt, "gasUsed"))));
    EXPECT_THAT(live().get(A, "debug_executionWitness", "[\"" + number + "\"]"),
                HasSubstr("\"state\":[\"0x"));
}

TEST_F(LiveCalls, a_root_that_would_be_refused_says_why_and_where) {
    // More gas than the builder grants a root on L1.
    using Stop = std::tuple<uint256, Address, uint256, uint256>;
    const auto greedy = marked(abi::call(
        "carry((uint256,address,uint256,uint256)[])",
        std::vector<Stop>{{uint256{L1}, live().couriers.at(L1), uint256{12'000'000u}, {}}}));
    const auto refused = error(A, "eth_estimateGas", fmt::format("[{}]", args(A, greedy)));
    EXPECT_EQ(refused.code, rpc::code_of(builder::RefusalRule::gas_budget)) << refused.message;
    EXPECT_EQ(TestLive::member(refused.data, "chainId"), "42001");
    EXPECT_EQ(TestLive::member(refused.data, "rule"), "gas_budget");
    EXPECT_NE(TestLive::member(refused.data, "reason"), "missing");
    EXPECT_THAT(refused.data, HasSubstr(R"("trace":[)"));
}

TEST(LivePrice, a_fill_names_the_fee_that_the_builder_asks) {
    // A create pays enough by its gas at the usual priority fee; a root, which takes gas on L1, not.
    TestLive live{{.price = {.margin_percent = 100, .proving_wei = uint256{100'000'000'000'000u}}}};
    live.deploy_couriers();
    const auto data = live.carry_to(L1, uint256{1u});
    const auto filled =
        live.get(A, "eth_fillTransaction",
                 fmt::format(R"([{{"from":"{}","to":"{}","value":"0x2","data":"{}"}}])",
                             TestLive::address(), to_hex(live.couriers.at(A)), to_hex(data)));
    const auto tip = TestLive::number(TestLive::member(filled, "tx.maxPriorityFeePerGas"));
    EXPECT_GT(tip, uint256{1'000'000'000u});
    const auto hash = live.send(A, live.couriers.at(A), data, uint256{2u});
    EXPECT_EQ(TestLive::member(live.receipt(A, hash), "status"), "0x1");

    const auto cheap =
        live.ask(A, "eth_sendTransaction",
                 fmt::format(R"([{{"from":"{}","to":"{}","value":"0x2","data":"{}",)"
                             R"("maxPriorityFeePerGas":"0x1"}}])",
                             TestLive::address(), to_hex(live.couriers.at(A)), to_hex(data)));
    ASSERT_FALSE(cheap.has_value());
    EXPECT_EQ(cheap.error().code, rpc::code_of(builder::RefusalRule::underpaid))
        << cheap.error().message;
    EXPECT_NE(TestLive::member(cheap.error().data, "sufficientFee"), "missing");
}

}  // namespace
}  // namespace scope::devnet
