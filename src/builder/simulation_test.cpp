#include "builder/simulation.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "builder/test_network.hpp"
#include "protocol/abi_fields.hpp"
#include "protocol/callable.hpp"
#include "state/memory_state.hpp"

namespace scope::builder {
namespace {

constexpr Address CALLABLE{{0xca}};
constexpr ChainId CHAIN{901};

/// ScopedCallable's call to itself by which it takes an answer.
Bytes answer_of(const protocol::Request& request) {
    const auto selector = abi::selector(
        "answerOf(bytes32,(bytes32,uint8,uint256,uint256,address,uint256,(uint256,bytes32)[],"
        "uint256,uint256,address,uint256,uint256,bytes))");
    return abi::call(selector, protocol::request_hash(request), request);
}

/// Returns the refusal of a root on CHAIN that asks this chain.
Refusal refusal_of_asking(const uint256& target, const uint256& source = uint256{CHAIN}) {
    const state::MemoryState genesis;
    state::State state{genesis};
    execution::Environment environment;
    const protocol::RootContext context{uint256{CHAIN}, {}, 0};
    Simulation simulation{{{.chain_id = CHAIN,
                            .callable = CALLABLE,
                            .loader = Address{},
                            .state = &state,
                            .environment = &environment,
                            .serve_gas = 1'000'000}},
                          context,
                          [](const uint256& chain_id) {
                              return "it is on " + to_decimal(chain_id) + " that nobody is";
                          }};
    protocol::Request request;
    request.source_chain_id = source;
    request.target_chain_id = target;
    const auto calldata = answer_of(request);
    simulation.host().open_transaction({});
    const auto result = simulation.host().call({.gas = 1'000'000,
                                                .recipient = CALLABLE,
                                                .sender = CALLABLE,
                                                .code_address = CALLABLE,
                                                .input = calldata});
    EXPECT_NE(result.status, evm::Status::success);
    EXPECT_TRUE(simulation.refusal().has_value());
    auto refused = simulation.finish({});
    EXPECT_FALSE(refused.has_value());
    return std::move(refused.error());
}

TEST(simulation, says_why_the_chain_that_is_asked_is_not_there) {
    const auto refusal = refusal_of_asking(uint256{902u});
    EXPECT_EQ(refusal.rule, RefusalRule::unknown_chain);
    EXPECT_EQ(refusal.reason,
              "0x0000000000000000000000000000000000000000 on chain 901 calls chain 902, which is "
              "not in this scope: it is on 902 that nobody is");
    ASSERT_EQ(refusal.calls.size(), 1u);
    EXPECT_EQ(refusal.calls[0].request.target_chain_id, uint256{902u});
}

TEST(simulation, refuses_a_request_that_names_another_source) {
    for (const uint256& source : {uint256{902u}, uint256{CHAIN.number(), 1, 0, 0}})
        EXPECT_EQ(refusal_of_asking(uint256{902u}, source).reason,
                  "chain 901 asks as chain " + to_decimal(source));
}

TEST(simulation, takes_a_chain_of_2_to_64_and_more_for_no_other_one) {
    const uint256 target{CHAIN.number(), 1, 0, 0};
    const auto refusal = refusal_of_asking(target);
    EXPECT_EQ(refusal.rule, RefusalRule::unknown_chain);
    EXPECT_THAT(refusal.reason, testing::HasSubstr("calls chain 18446744073709552517, which is"));
    ASSERT_EQ(refusal.calls.size(), 1u);
    EXPECT_EQ(refusal.calls[0].request.target_chain_id, target);
    EXPECT_EQ(refusal.calls[0].request_hash, protocol::request_hash(refusal.calls[0].request));
}

/// Chains on one journal, on each of which a ScopedCallable answers every request with its chain's
/// id, and takes whatever it is given.
class Chains {
  public:
    explicit Chains(const std::vector<ChainId>& chain_ids) {
        for (const ChainId chain_id : chain_ids) {
            auto& chain = *chains_.emplace_back(std::make_unique<Chain>(chain_id, journal_));
            simulated_.push_back({.chain_id = chain_id,
                                  .callable = CALLABLE,
                                  .loader = Address{{0x10}},
                                  .state = &chain.state,
                                  .environment = &chain.environment,
                                  .serve_gas = 10'000'000});
        }
    }
    SimulatedChain& at(size_t i) { return simulated_[i]; }

    /// Has the first chain ask these, one after the other; returns the plan.
    Plan plan_of(const std::vector<protocol::Request>& requests) {
        Simulation simulation{simulated_,
                              {uint256{simulated_[0].chain_id}, {}, 0},
                              [](const uint256&) { return ""; }};
        simulation.host().open_transaction({});
        for (const auto& request : requests)
            EXPECT_EQ(simulation.host()
                          .call({.gas = 10'000'000,
                                 .recipient = CALLABLE,
                                 .sender = CALLABLE,
                                 .code_address = CALLABLE,
                                 .input = answer_of(request)})
                          .status,
                      evm::Status::success);
        auto result = simulation.finish({});
        EXPECT_TRUE(result.has_value()) << result.error().to_string();
        return std::move(result->plan);
    }

  private:
    struct Chain {
        state::MemoryState genesis;
        state::State state;
        execution::Environment environment;
        Chain(ChainId chain_id, state::Journal& journal)
            : genesis({{CALLABLE, {.code = code_of(chain_id)}}}), state(genesis, journal) {}
    };
    static Bytes code_of(ChainId chain_id) {
        const auto selector_of = [](const Bytes& calldata) {
            return to_bytes(BytesView{calldata}.first(abi::Selector::size()));
        };
        const protocol::Response response{.success = true,
                                          .data = to_bytes(to_be(uint256{chain_id}))};
        const protocol::callable::Baton baton;
        return test::canned_code(
            {{selector_of(protocol::callable::handle_scoped_call({}, false)),
              protocol::encode(response)},
             // (bytes32 rootId, Baton): a baton of zeros without marks
             {selector_of(protocol::callable::get_baton()),
              abi::encode(Hash{}, std::tuple{baton.trace, baton.depth, baton.gas_to_ask,
                                             protocol::Marks{}})}});
    }

    state::Journal journal_;
    std::vector<std::unique_ptr<Chain>> chains_;
    std::vector<SimulatedChain> simulated_;
};

/// A request of CHAIN; a static one, for nothing has to move.
protocol::Request request_to(ChainId target, uint8_t number, uint64_t value_wei = 0) {
    protocol::Request request;
    request.kind = protocol::CallKind::static_call;
    request.source_chain_id = uint256{CHAIN};
    request.target_chain_id = uint256{target};
    request.depth = 1u;
    request.value = uint256{value_wei};
    request.data = {number};
    return request;
}

TEST(simulation, orders_a_plan_by_the_chain_that_answers_and_then_as_it_was_asked) {
    constexpr ChainId L1{7'000};
    Chains chains{{CHAIN, L1, ChainId{903}, ChainId{902}}};
    const std::vector<protocol::Request> requests{
        request_to(L1, 1),           request_to(ChainId{903}, 2), request_to(ChainId{902}, 3),
        request_to(ChainId{903}, 4), request_to(ChainId{902}, 5),
    };
    const auto plan = chains.plan_of(requests);
    ASSERT_EQ(plan.size(), 4u);
    const auto& fills = plan.at(CHAIN).fills;
    std::vector<Hash> asked;
    for (const auto& fill : fills) asked.push_back(fill.request_hash);
    std::vector<Hash> expected;
    for (const size_t i : {2u, 4u, 1u, 3u, 0u}) expected.push_back(request_hash(requests[i]));
    EXPECT_EQ(asked, expected);
    EXPECT_EQ(fills[0].chain_id, uint256{902u});
    EXPECT_EQ(fills[4].chain_id, uint256{L1});
    // Records are as they were found.
    const auto& records = plan.at(ChainId{903}).records;
    ASSERT_EQ(records.size(), 2u);
    EXPECT_EQ(records[0].request, requests[1]);
    EXPECT_EQ(records[1].request, requests[3]);
    EXPECT_TRUE(plan.at(CHAIN).records.empty());
}

TEST(simulation, plans_a_limit_where_value_is_served) {
    Chains chains{{CHAIN, ChainId{902}, ChainId{903}, ChainId{904}}};
    const protocol::Limit limit{uint256{CHAIN}, 5u};
    const protocol::Limit other{uint256{904u}, 6u};
    chains.at(1).limits = {limit, other};
    chains.at(2).limits = {limit, other};
    const auto plan = chains.plan_of({
        request_to(ChainId{902}, 1), request_to(ChainId{902}, 2, 1), request_to(ChainId{903}, 3),
        request_to(ChainId{904}, 4, 1),  // it has a limit already, or L1 holds nothing
    });
    EXPECT_EQ(plan.at(ChainId{902}).limits, std::vector{limit});
    EXPECT_TRUE(plan.at(ChainId{903}).limits.empty());
    EXPECT_TRUE(plan.at(ChainId{904}).limits.empty());
    EXPECT_TRUE(plan.at(CHAIN).limits.empty());
}

}  // namespace
}  // namespace scope::builder
