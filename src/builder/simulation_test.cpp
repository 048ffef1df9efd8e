#include "builder/simulation.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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
        "uint256,address,uint256,uint256,bytes))");
    return abi::call(selector, protocol::request_hash(request), request);
}

/// Returns the refusal of a root on CHAIN that asks this chain.
Refusal refusal_of_asking(const uint256& target, const uint256& source = uint256{CHAIN}) {
    const state::MemoryState genesis;
    state::State state{genesis};
    execution::Environment environment;
    const protocol::RootContext context{uint256{CHAIN}, {}, 0};
    Simulation simulation{{{CHAIN, CALLABLE, Address{}, &state, &environment, nullptr, 1'000'000}},
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

}  // namespace
}  // namespace scope::builder
