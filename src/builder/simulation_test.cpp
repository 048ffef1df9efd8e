#include "builder/simulation.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "builder/test_network.hpp"
#include "evm/analysis.hpp"
#include "evm/opcodes.hpp"
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

Bytes selector_of(const Bytes& calldata) {
    return to_bytes(BytesView{calldata}.first(abi::Selector::size()));
}
const Bytes SERVES = selector_of(protocol::callable::handle_scoped_call({}, false));
const Bytes TELLS = selector_of(protocol::callable::get_baton());

/// Returns what getBaton returns: (bytes32 rootId, Baton), without marks.
Bytes told_baton(const Hash& trace) {
    const protocol::callable::Baton baton;
    return abi::encode(Hash{}, std::tuple{trace, baton.depth, baton.gas_to_ask, protocol::Marks{}});
}

/// Chains on one journal, on each of which a ScopedCallable answers every request with its chain's
/// id, and takes whatever it is given.
class Chains {
  public:
    explicit Chains(const std::vector<ChainId>& chain_ids) {
        for (const ChainId chain_id : chain_ids) {
            auto& chain = *chains_.emplace_back(std::make_unique<Chain>(chain_id, *journal_));
            simulated_.push_back({.chain_id = chain_id,
                                  .callable = CALLABLE,
                                  .loader = Address{{0x10}},
                                  .state = &chain.state,
                                  .environment = &chain.environment,
                                  .serve_gas = 10'000'000});
        }
    }
    SimulatedChain& at(size_t i) { return simulated_[i]; }
    /// Upgrades a chain's ScopedCallable.
    void upgrade(size_t i, Bytes code) {
        at(i).state->set_code(CALLABLE, evm::make_code(std::move(code)));
    }

    /// Has the first chain ask these, one after the other, as far as that goes.
    Result<RootResult, Refusal> run(const std::vector<protocol::Request>& requests) {
        Simulation simulation = open();
        simulation.host().open_transaction({});
        for (const auto& request : requests) {
            const auto asked = ask(simulation, request);
            EXPECT_EQ(asked == evm::Status::success, !simulation.refusal());
        }
        return simulation.finish({});
    }
    /// The same where it has to go all the way; returns the plan.
    Plan plan_of(const std::vector<protocol::Request>& requests) {
        auto result = run(requests);
        EXPECT_TRUE(result.has_value()) << result.error().to_string();
        return result ? std::move(result->plan) : Plan{};
    }
    Refusal refusal_of(const std::vector<protocol::Request>& requests) {
        auto result = run(requests);
        EXPECT_FALSE(result.has_value());
        return std::move(result.error());
    }

    /// Begins a root of the first chain.
    Simulation open() {
        return {simulated_, {uint256{simulated_[0].chain_id}, {}, 0}, [](const uint256&) {
                    return "";
                }};
    }
    static evm::Status ask(Simulation& simulation, const protocol::Request& request) {
        return simulation.host()
            .call({.gas = 10'000'000,
                   .recipient = CALLABLE,
                   .sender = CALLABLE,
                   .code_address = CALLABLE,
                   .input = answer_of(request)})
            .status;
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
        const protocol::Response response{.success = true,
                                          .data = to_bytes(to_be(uint256{chain_id}))};
        return test::canned_code({{SERVES, protocol::encode(response)}, {TELLS, told_baton({})}});
    }

    std::unique_ptr<state::Journal> journal_ = std::make_unique<state::Journal>();
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

// ---- code that is no ScopedCallable, as an upgrade may bring it

constexpr ChainId NEXT{902};
constexpr ChainId UPGRADED{903};
/// It reverts whatever it is asked.
const Bytes REVERTS{evm::OP_PUSH0, evm::OP_PUSH0, evm::OP_REVERT};

/// A request of CHAIN that moves the baton, at an anchor of the target.
protocol::Request call_to(ChainId target, const Hash& anchor = {}) {
    auto request = request_to(target, 1);
    request.kind = protocol::CallKind::call;
    if (!anchor.is_zero()) request.marks = {{uint256{target}, anchor}};
    return request;
}

/// Three chains, the last one with this code.
Chains with_upgraded(const Bytes& code) {
    Chains chains{{CHAIN, NEXT, UPGRADED}};
    chains.upgrade(2, code);
    return chains;
}

TEST(simulation, opens_a_root_on_no_chain_that_it_does_not_ask) {
    auto chains = with_upgraded(REVERTS);
    const auto plan = chains.plan_of({request_to(NEXT, 1)});
    ASSERT_TRUE(plan.contains(NEXT));
    EXPECT_EQ(plan.size(), 2u);
    EXPECT_FALSE(chains.at(2).state->in_transaction());

    const auto refusal = with_upgraded(REVERTS).refusal_of({request_to(UPGRADED, 1)});
    EXPECT_EQ(refusal.rule, RefusalRule::fault);
    EXPECT_EQ(refusal.reason, "chain 903 can't open the root: reverted without data");
}

TEST(simulation, asks_no_chain_for_its_trace_that_the_root_did_not_ask) {
    const Bytes tells_no_baton =
        test::canned_code({{SERVES, protocol::encode(protocol::Response{.success = true})}});
    EXPECT_EQ(with_upgraded(tells_no_baton).plan_of({request_to(NEXT, 1)}).size(), 2u);
    EXPECT_EQ(with_upgraded(tells_no_baton).refusal_of({request_to(UPGRADED, 1)}).reason,
              "chain 903: ScopedCallable can't tell its baton");
}

TEST(simulation, opens_a_root_anew_where_a_frame_that_reverts_takes_it_back) {
    Chains chains{{CHAIN, NEXT}};
    auto& state = *chains.at(1).state;
    Simulation simulation = chains.open();
    simulation.host().open_transaction({});
    const auto before = state.checkpoint();
    EXPECT_EQ(Chains::ask(simulation, request_to(NEXT, 1)), evm::Status::success);
    EXPECT_TRUE(state.in_transaction());
    state.rollback(before);
    EXPECT_FALSE(state.in_transaction());
    EXPECT_EQ(Chains::ask(simulation, request_to(NEXT, 2)), evm::Status::success);
    EXPECT_TRUE(state.in_transaction());
    const auto result = simulation.finish({});
    ASSERT_TRUE(result.has_value()) << result.error().to_string();
    EXPECT_EQ(result->plan.at(NEXT).records.size(), 2u);
}

TEST(simulation, gives_a_chain_little_gas_for_what_nobody_pays) {
    Chains chains{{CHAIN, NEXT}};
    // It stores the gas that it has left, in the slot of that number of 100,000.
    chains.upgrade(1, Bytes{evm::OP_GAS, evm::OP_DUP1, evm::OP_PUSH0 + 3, 0x01, 0x86, 0xa0,
                            evm::OP_SWAP1, evm::OP_DIV, evm::OP_SSTORE});
    chains.refusal_of({request_to(NEXT, 1)});
    size_t asked = 0;
    for (uint64_t slot = 0; slot < 20'000; ++slot) {
        const auto gas = from_be(chains.at(1).state->storage(CALLABLE, Hash{to_be(uint256{slot})}));
        if (gas.is_zero()) continue;
        ++asked;
        EXPECT_LE(gas, uint256{10'000'000u});
    }
    EXPECT_GE(asked, 1u);
}

TEST(simulation, refuses_a_chain_that_has_gone_round_in_a_circle) {
    // It says that it let go where it took control.
    const Hash anchor{{7}};
    const protocol::Response response{
        .success = true, .data = {}, .has_baton = true, .trace = anchor, .marks = {}};
    Chains chains{{CHAIN, NEXT}};
    chains.upgrade(
        1, test::canned_code({{SERVES, protocol::encode(response)}, {TELLS, told_baton(anchor)}}));
    // CHAIN is where it waits.
    const auto request = call_to(NEXT, anchor);
    const Hash waits = protocol::trace_after(to_be(request.nonce), request_hash(request));
    chains.upgrade(0, test::canned_code({{TELLS, told_baton(waits)}}));
    EXPECT_EQ(chains.refusal_of({request}).reason,
              "chain 902: ScopedCallable can't say how it got where it is");
}

TEST(simulation, follows_nothing_that_is_asked_where_only_a_baton_is) {
    // Its getBaton asks, so that it would be asked for its baton, which asks.
    const Bytes asks = answer_of(request_to(NEXT, 1));
    Bytes code{evm::OP_PUSH0 + 2,
               static_cast<uint8_t>(asks.size() >> 8),
               static_cast<uint8_t>(asks.size()),
               evm::OP_PUSH0 + 2,
               0,
               0,
               evm::OP_PUSH0,
               evm::OP_CODECOPY,
               evm::OP_PUSH0,
               evm::OP_PUSH0,
               evm::OP_PUSH0 + 2,
               static_cast<uint8_t>(asks.size() >> 8),
               static_cast<uint8_t>(asks.size()),
               evm::OP_PUSH0,
               evm::OP_PUSH0,
               evm::OP_ADDRESS,
               evm::OP_GAS,
               evm::OP_CALL,
               evm::OP_STOP};
    code[5] = static_cast<uint8_t>(code.size());
    append(code, asks);
    Chains chains{{CHAIN, NEXT}};
    chains.upgrade(0, code);
    EXPECT_EQ(chains.refusal_of({request_to(NEXT, 1)}).reason,
              "chain 901: ScopedCallable can't tell its baton");
}

TEST(simulation, takes_no_answer_that_is_longer_than_any) {
    auto response = protocol::Response{.success = true, .data = Bytes(protocol::MAX_DATA_BYTES)};
    for (const bool is_too_long : {false, true}) {
        if (is_too_long) response.data.resize(40'000);
        Chains chains{{CHAIN, NEXT}};
        chains.upgrade(
            1, test::canned_code({{SERVES, protocol::encode(response)}, {TELLS, told_baton({})}}));
        const auto result = chains.run({request_to(NEXT, 1)});
        EXPECT_EQ(result.has_value(), !is_too_long);
        if (!result) EXPECT_EQ(result.error().reason, "chain 902: ScopedCallable can't answer");
    }
}

TEST(simulation, follows_no_request_that_is_longer_than_any) {
    auto request = request_to(NEXT, 1);
    request.data.resize(protocol::MAX_DATA_BYTES);
    for (uint64_t chain_id = 1; chain_id <= 253; ++chain_id)
        request.marks.push_back({uint256{chain_id}, Hash{{1}}});
    EXPECT_EQ((Chains{{CHAIN, NEXT}}.plan_of({request})).size(), 2u);
    request.data.resize(50'000);
    EXPECT_TRUE((Chains{{CHAIN, NEXT}}.plan_of({request})).empty());
}

TEST(simulation, bounds_what_calls_carry) {
    const protocol::Response response{.success = true, .data = Bytes(protocol::MAX_DATA_BYTES)};
    Chains chains{{CHAIN, NEXT}};
    chains.at(1).serve_gas = uint64_t{1} << 40;
    chains.upgrade(
        1, test::canned_code({{SERVES, protocol::encode(response)}, {TELLS, told_baton({})}}));
    Simulation simulation = chains.open();
    simulation.host().open_transaction({});
    size_t asked = 0;
    while (asked < 10'000 && Chains::ask(simulation, request_to(NEXT, 1)) == evm::Status::success)
        ++asked;
    EXPECT_GT(asked, 2'000u);
    EXPECT_LT(asked, 3'000u);
    ASSERT_TRUE(simulation.refusal().has_value());
    EXPECT_EQ(simulation.refusal()->rule, RefusalRule::gas_budget);
    EXPECT_EQ(simulation.refusal()->reason, "its calls carry more than 67108864 bytes");
}

TEST(simulation, bounds_what_loading_takes) {
    // Before each answer CHAIN looks at memory so far away that it takes 3,700,000 gas.
    using namespace evm;
    constexpr Address CANNED{{0xdd}};
    constexpr uint8_t PUSH3 = OP_PUSH0 + 3;
    constexpr uint8_t PUSH20 = OP_PUSH0 + 20;
    Chains chains{{CHAIN, NEXT}};
    auto& state = *chains.at(0).state;
    state.set_code(CANNED, state.code(CALLABLE));
    const Bytes burns{PUSH3, 0x15, 0, 0, OP_MLOAD, OP_POP};
    const Bytes asks{OP_CALLDATASIZE, OP_PUSH0,        OP_PUSH0, OP_CALLDATACOPY, OP_PUSH0,
                     OP_PUSH0,        OP_CALLDATASIZE, OP_PUSH0, PUSH20};
    const Bytes answers{OP_GAS,   OP_DELEGATECALL,   OP_RETURNDATASIZE, OP_PUSH0,
                        OP_PUSH0, OP_RETURNDATACOPY, OP_RETURNDATASIZE, OP_PUSH0,
                        OP_RETURN};
    const Bytes code = concat(concat(burns, asks), concat(CANNED, answers));
    chains.upgrade(0, code);
    Simulation simulation = chains.open();
    simulation.host().open_transaction({});
    size_t asked = 0;
    while (asked < 1'000 && Chains::ask(simulation, request_to(NEXT, 1)) == evm::Status::success)
        ++asked;
    EXPECT_GT(asked, 10u);
    EXPECT_LT(asked, 100u);
    ASSERT_TRUE(simulation.refusal().has_value());
    EXPECT_EQ(simulation.refusal()->rule, RefusalRule::gas_budget);
    EXPECT_EQ(simulation.refusal()->reason, "loading it takes more than 536870912 gas");
}

}  // namespace
}  // namespace scope::builder
