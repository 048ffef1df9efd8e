// The shapes in which contracts of several chains use one another, each through the whole protocol.
// "here" is the chain of the root. Contracts: contracts/test/scenarios. All calls between chains
// are typed calls to aliases, but for the rally, whose gas limits a program has to choose.

#include <gmock/gmock.h>

#include "base/hex.hpp"
#include "scenarios/scenario_world.hpp"

namespace scope::scenarios {
namespace {

using testing::ElementsAre;

INSTANTIATE_TEST_SUITE_P(directions, Scenario, testing::ValuesIn(directions()), name_of);

uint256 ether(uint64_t thousandths) {
    return uint256{thousandths} * uint256{ETHER / 1000};
}

/// Neither of two.
ChainId third(ChainId one, ChainId other) {
    for (const ChainId id : {L1, A})
        if (id != one && id != other) return id;
    return B;
}

uint256 whole(uint64_t tokens) {
    return uint256{tokens} * uint256{ETHER};
}

// ---- counters

TEST_P(Scenario, counter) {
    const auto target = world.deploy(there, "Counters", "Counter");
    const auto caller = world.deploy(here, "Counters", "Caller");
    const auto seen = world.seen_from(here, target);
    const auto ran = run(caller, abi::call("call(address)", seen));
    EXPECT_TRUE(ran.root.success);
    EXPECT_EQ(ran.root.output, abi::encode(uint256{1u}));
    EXPECT_EQ(count(caller), 1u);
    EXPECT_EQ(count(target), 1u);
    EXPECT_EQ(builder::count_calls(ran.root.calls), 1u);
}

TEST_P(Scenario, a_string_returned_across_chains_is_stored) {
    const std::string_view text = "Hello from far away: longer than one word of thirty-two bytes";
    const auto greeter = world.deploy(there, "Counters", "Greeter", text);
    const auto listener = world.deploy(here, "Counters", "Listener");
    const auto seen = world.seen_from(here, greeter);
    const auto ran = run(listener, abi::call("listen(address)", seen));
    EXPECT_TRUE(ran.root.success);
    EXPECT_EQ(world.bytes(listener, "heard()"), to_bytes(as_bytes(text)));
}

TEST_P(Scenario, the_same_call_twice) {
    const auto target = world.deploy(there, "Counters", "Counter");
    const auto caller = world.deploy(here, "Counters", "Caller");
    const auto seen = world.seen_from(here, target);
    const auto ran = run(caller, abi::call("callTwice(address)", seen));
    EXPECT_EQ(ran.root.output, abi::encode(uint256{1u}, uint256{2u}));
    EXPECT_EQ(count(target), 2u);
}

TEST_P(Scenario, two_targets) {
    const auto one = world.deploy(there, "Counters", "Counter");
    const auto other = world.deploy(there, "Counters", "Counter");
    const auto caller = world.deploy(here, "Counters", "Caller");
    const auto seen_one = world.seen_from(here, one);
    const auto seen_other = world.seen_from(here, other);
    const auto ran = run(caller, abi::call("callBoth(address,address)", seen_one, seen_other));
    EXPECT_EQ(ran.root.output, abi::encode(uint256{1u}, uint256{1u}));
    EXPECT_EQ(count(one), 1u);
    EXPECT_EQ(count(other), 1u);
}

TEST_P(Scenario, two_targets_on_two_chains) {
    const ChainId elsewhere = third(here, there);
    const auto one = world.deploy(there, "Counters", "Counter");
    const auto other = world.deploy(elsewhere, "Counters", "Counter");
    const auto caller = world.deploy(here, "Counters", "Caller");
    const auto seen_one = world.seen_from(here, one);
    const auto seen_other = world.seen_from(here, other);
    const auto ran = run(caller, abi::call("callBoth(address,address)", seen_one, seen_other));
    EXPECT_EQ(ran.root.output, abi::encode(uint256{1u}, uint256{1u}));
    EXPECT_EQ(count(one), 1u);
    EXPECT_EQ(count(other), 1u);
}

// ---- nesting

TEST_P(Scenario, two_nested_calls_then_a_direct_one) {
    const auto caller = world.deploy(here, "Counters", "Caller");
    const auto nested = world.deploy(here, "Counters", "Counter");
    const auto remote = world.deploy(there, "Counters", "Caller");
    const auto direct = world.deploy(there, "Counters", "Counter");
    const auto ran =
        run(caller, abi::call("nestedTwiceThenDirect(address,address,address)",
                              world.seen_from(here, remote), world.seen_from(there, nested),
                              world.seen_from(here, direct)));
    EXPECT_TRUE(ran.root.success);
    EXPECT_EQ(count(caller), 2u);
    EXPECT_EQ(count(remote), 2u);
    EXPECT_EQ(count(nested), 2u);
    EXPECT_EQ(count(direct), 1u);
    EXPECT_EQ(builder::count_calls(ran.root.calls), 5u);
}

TEST_P(Scenario, nested_both_ways_over_three_hops) {
    const auto caller = world.deploy(here, "Counters", "Caller");
    const auto first = world.deploy(there, "Counters", "Caller");
    const auto second = world.deploy(here, "Counters", "Caller");
    const auto third = world.deploy(there, "Counters", "Caller");
    const std::vector path{world.seen_from(here, first), world.seen_from(there, second),
                           world.seen_from(here, third)};
    const auto ran = run(caller, abi::call("hop(address[])", path));
    EXPECT_EQ(ran.root.output, abi::encode(uint256{3u}));
    EXPECT_EQ(count(caller), 1u);
    EXPECT_EQ(count(first), 1u);
    EXPECT_EQ(count(second), 1u);
    EXPECT_EQ(count(third), 1u);
    EXPECT_EQ(builder::count_calls(ran.root.calls), 3u);
}

TEST_P(Scenario, deep_call) {
    for (const uint64_t depth : {3u, 5u}) {
        const auto one = world.deploy(here, "Counters", "Deep");
        const auto other = world.deploy(there, "Counters", "Deep");
        world.call(one, abi::call("meet(address)", world.seen_from(here, other)));
        world.call(other, abi::call("meet(address)", world.seen_from(there, one)));
        const auto ran = run(one, abi::call("deepCall(uint256)", uint256{depth}));
        EXPECT_EQ(ran.root.output, abi::encode(uint256{depth}));
        EXPECT_EQ(number(one, "count()"), (depth + 1) / 2);
        EXPECT_EQ(number(other, "count()"), (depth + 1) / 2);
        EXPECT_EQ(builder::count_calls(ran.root.calls), depth);
    }
}

TEST_P(Scenario, nested_over_three_chains_and_back) {
    const ChainId elsewhere = third(here, there);
    const auto caller = world.deploy(here, "Counters", "Caller");
    const auto first = world.deploy(there, "Counters", "Caller");
    const auto second = world.deploy(elsewhere, "Counters", "Caller");
    const auto third = world.deploy(here, "Counters", "Caller");
    const std::vector path{world.seen_from(here, first), world.seen_from(there, second),
                           world.seen_from(elsewhere, third)};
    const auto ran = run(caller, abi::call("hop(address[])", path));
    EXPECT_EQ(ran.root.output, abi::encode(uint256{3u}));
    EXPECT_EQ(count(third), 1u);
}

TEST_P(Scenario, ping_pong) {
    const auto ping = world.deploy(here, "Patterns", "Player", world.callable(here));
    const auto pong = world.deploy(there, "Patterns", "Player", world.callable(there));
    world.call(ping, abi::call("meet(uint256,address)", uint256{there}, pong.address));
    world.call(pong, abi::call("meet(uint256,address)", uint256{here}, ping.address));
    uint64_t rallies = 0;
    for (uint64_t rounds = 1; rounds <= 5; ++rounds) {
        const uint64_t hops = 2 * rounds - 1;
        const auto ran = run(ping, abi::call("hit(uint256)", uint256{hops}), {.gas = 10'000'000});
        EXPECT_TRUE(ran.root.success) << builder::describe_revert(ran.root.output);
        EXPECT_EQ(ran.root.output, abi::encode(uint256{hops})) << rounds;
        EXPECT_EQ(builder::count_calls(ran.root.calls), hops);
        rallies += rounds;
        EXPECT_EQ(number(ping, "hits()"), rallies);
        EXPECT_EQ(number(pong, "hits()"), rallies);
    }
}

/// On L1 each level is served inside the frame that waits one level up, which pays for it and keeps
/// a 64th in each frame between them: what a contract asks with has to shrink by more than that.
TEST_P(Scenario, callbacks_18_to_22_levels_deep) {
    const auto ping = world.deploy(here, "Counters", "Rally", world.callable(here));
    const auto pong = world.deploy(there, "Counters", "Rally", world.callable(there));
    world.call(ping, abi::call("meet(uint256,address)", uint256{there}, pong.address));
    world.call(pong, abi::call("meet(uint256,address)", uint256{here}, ping.address));
    for (uint64_t hops = 18; hops <= 22; ++hops) {
        const auto ran =
            run(ping, abi::call("hit(uint256,uint256)", uint256{hops}, uint256{12'000'000u}),
                {.gas = 14'000'000});
        EXPECT_TRUE(ran.root.success) << builder::describe_revert(ran.root.output);
        EXPECT_EQ(ran.root.output, abi::encode(uint256{hops}));
    }
}

TEST_P(Scenario, callbacks_that_leave_too_little_gas_around_them_are_refused_for_it) {
    const auto ping = world.deploy(here, "Patterns", "Player", world.callable(here));
    const auto pong = world.deploy(there, "Patterns", "Player", world.callable(there));
    world.call(ping, abi::call("meet(uint256,address)", uint256{there}, pong.address));
    world.call(pong, abi::call("meet(uint256,address)", uint256{here}, ping.address));
    world.heads();
    for (uint64_t hops = 14; hops <= 30; ++hops) {
        auto scope = world.open();
        const auto added = scope.add(
            world.root(ping, abi::call("hit(uint256)", uint256{hops}), {.gas = 14'000'000}));
        if (added)
            EXPECT_TRUE(added->success) << hops;
        else
            EXPECT_EQ(added.error().rule, builder::RefusalRule::gas_budget)
                << hops << ": " << added.error().to_string();
    }
}

// ---- failures

TEST_P(Scenario, a_success_is_undone_by_the_remote_parents_revert) {
    const auto caller = world.deploy(here, "Counters", "Caller");
    const auto target = world.deploy(here, "Counters", "Counter");
    const auto parent = world.deploy(there, "Counters", "Caller");
    const auto ran =
        run(caller, abi::call("outlive(address,address)", world.seen_from(here, parent),
                              world.seen_from(there, target)));
    EXPECT_TRUE(ran.root.success);
    EXPECT_EQ(count(target), 0u);
    EXPECT_EQ(count(caller), 1u);
    EXPECT_EQ(number(caller, "lastCallFailed()"), 1u);
    EXPECT_EQ(world.bytes(caller, "lastReason()"), abi::call("Undone(uint256)", uint256{1u}));
    ASSERT_EQ(ran.root.calls.size(), 1u);
    EXPECT_FALSE(ran.root.calls[0].success);
    ASSERT_EQ(ran.root.calls[0].calls.size(), 1u);
    EXPECT_TRUE(ran.root.calls[0].calls[0].success);
    EXPECT_FALSE(ran.root.calls[0].calls[0].kept);
}

TEST_P(Scenario, a_success_on_a_third_chain_is_undone_by_the_remote_parents_revert) {
    const auto caller = world.deploy(here, "Counters", "Caller");
    const auto parent = world.deploy(there, "Counters", "Caller");
    const auto target = world.deploy(third(here, there), "Counters", "Counter");
    const auto ran =
        run(caller, abi::call("outlive(address,address)", world.seen_from(here, parent),
                              world.seen_from(there, target)));
    EXPECT_TRUE(ran.root.success);
    EXPECT_EQ(count(target), 0u);
    EXPECT_EQ(count(caller), 1u);
}

TEST_P(Scenario, try_a_and_revert_then_a_again) {
    const auto caller = world.deploy(here, "Counters", "Caller");
    const auto target = world.deploy(there, "Counters", "Counter");
    const auto seen = world.seen_from(here, target);
    const auto ran = run(caller, abi::call("undoThenCall(address,address)", seen, seen));
    EXPECT_EQ(ran.root.output, abi::encode(uint256{1u}));
    EXPECT_EQ(count(target), 1u);
}

TEST_P(Scenario, try_a_and_revert_then_b) {
    const auto caller = world.deploy(here, "Counters", "Caller");
    const auto undone = world.deploy(there, "Counters", "Counter");
    const auto target = world.deploy(there, "Counters", "Counter");
    const auto ran =
        run(caller, abi::call("undoThenCall(address,address)", world.seen_from(here, undone),
                              world.seen_from(here, target)));
    EXPECT_EQ(ran.root.output, abi::encode(uint256{1u}));
    EXPECT_EQ(count(undone), 0u);
    EXPECT_EQ(count(target), 1u);
}

TEST_P(Scenario, a_callee_reverts_inside_a_safe_caller) {
    const auto caller = world.deploy(here, "Counters", "Caller");
    const auto target = world.deploy(there, "Counters", "Counter");
    const auto ran = run(caller, abi::call("callSafely(address)", world.seen_from(here, target)));
    EXPECT_TRUE(ran.root.success);
    EXPECT_EQ(count(caller), 1u);
    EXPECT_EQ(count(target), 0u);
    EXPECT_EQ(number(caller, "lastCallFailed()"), 1u);
    EXPECT_EQ(world.bytes(caller, "lastReason()"), abi::call("Refused(uint256)", uint256{1u}));
}

TEST_P(Scenario, a_conditional_revert_undoes_two_successes) {
    const auto caller = world.deploy(here, "Counters", "Caller");
    const auto one = world.deploy(there, "Counters", "Counter");
    const auto other = world.deploy(there, "Counters", "Counter");
    const auto seen_one = world.seen_from(here, one);
    const auto seen_other = world.seen_from(here, other);
    const auto with_limit = [&](std::string_view function, uint64_t most) {
        return run(caller, abi::call(function, seen_one, seen_other, uint256{most}));
    };

    // Caught: the root goes on.
    EXPECT_TRUE(with_limit("callBothUpToSafely(address,address,uint256)", 1).root.success);
    EXPECT_EQ(number(caller, "lastCallFailed()"), 1u);
    EXPECT_EQ(world.bytes(caller, "lastReason()"), abi::call("TooMany(uint256)", uint256{2u}));
    EXPECT_EQ(count(one) + count(other) + count(caller), 0u);

    // Not caught: the root fails as a whole.
    const auto failed = with_limit("callBothUpTo(address,address,uint256)", 1);
    EXPECT_FALSE(failed.root.success);
    EXPECT_EQ(failed.root.output, abi::call("TooMany(uint256)", uint256{2u}));
    EXPECT_EQ(count(one) + count(other) + count(caller), 0u);

    // The condition holds.
    EXPECT_TRUE(with_limit("callBothUpTo(address,address,uint256)", 2).root.success);
    EXPECT_EQ(count(one), 1u);
    EXPECT_EQ(count(other), 1u);
    EXPECT_EQ(count(caller), 1u);
}

TEST_P(Scenario, a_root_that_fails_as_a_whole_says_why_and_leaves_nothing) {
    const auto caller = world.deploy(here, "Counters", "Caller");
    const auto target = world.deploy(there, "Counters", "Counter");
    const auto seen = world.seen_from(here, target);
    const auto ran = run(caller, abi::call("callRefusing(address)", seen));
    const auto why = abi::call("Refused(uint256)", uint256{1u});

    // Why: what the callee there reverted with, and which call it was.
    EXPECT_FALSE(ran.root.success);
    EXPECT_EQ(ran.root.output, why);
    ASSERT_EQ(ran.root.calls.size(), 1u);
    EXPECT_EQ(ran.root.calls[0].request.to, target.address);
    EXPECT_EQ(ran.root.calls[0].request.from, caller.address);
    EXPECT_EQ(ran.root.calls[0].output, why);
    EXPECT_FALSE(ran.root.calls[0].success);
    EXPECT_FALSE(ran.root.calls[0].kept);
    EXPECT_EQ(count(caller), 0u);
    EXPECT_EQ(count(target), 0u);

    // The receipt.
    if (here == L1) {
        bool told = false;
        for (const auto& log : ran.settled.receipt.logs) {
            if (log.topics.empty() || log.topics[0] != protocol::operation_executed_topic())
                continue;
            const auto executed = protocol::decode_operation_executed(log.data);
            ASSERT_TRUE(executed.has_value());
            EXPECT_FALSE(executed->success);
            EXPECT_EQ(executed->return_data, why);
            told = true;
        }
        EXPECT_TRUE(told);
    } else {
        const auto& chain = world.demo().chain(here);
        const auto block = chain.store().canonical_block(chain.head()->header().number);
        EXPECT_FALSE(block->receipts.back().success);
        EXPECT_TRUE(block->receipts.back().logs.empty());
    }
}

// ---- quoters

TEST_P(Scenario, a_quoter_that_reverts_here_with_what_was_answered_there) {
    const auto pool = world.deploy(there, "Views", "Pool");
    const auto quoter = world.deploy(here, "Views", "Quoter");
    const auto ran =
        run(quoter, abi::call("quote(address,uint256)", world.seen_from(here, pool), uint256{21u}));
    EXPECT_EQ(ran.root.output, abi::encode(uint256{42u}));
    EXPECT_EQ(number(quoter, "quoted()"), 42u);
    EXPECT_EQ(number(pool, "traded()"), 0u);
}

TEST_P(Scenario, a_quoter_that_reverts_there_before_the_trade) {
    const auto pool = world.deploy(there, "Views", "Pool");
    const auto quoter = world.deploy(there, "Views", "Quoter");
    const auto trader = world.deploy(here, "Views", "Trader");
    const auto ran = run(
        trader, abi::call("trade(address,address,address,uint256)", world.seen_from(here, quoter),
                          pool.address, world.seen_from(here, pool), uint256{21u}));
    EXPECT_TRUE(ran.root.success);
    EXPECT_EQ(number(trader, "quoted()"), 42u);
    EXPECT_EQ(number(trader, "got()"), 42u);
    EXPECT_EQ(number(pool, "traded()"), 21u);
}

TEST_P(Scenario, a_quoter_there_that_undoes_a_trade_here) {
    const auto pool = world.deploy(here, "Views", "Pool");
    const auto quoter = world.deploy(there, "Views", "Quoter");
    const auto trader = world.deploy(here, "Views", "Trader");
    const auto ran = run(
        trader, abi::call("trade(address,address,address,uint256)", world.seen_from(here, quoter),
                          world.seen_from(there, pool), pool.address, uint256{21u}));
    EXPECT_TRUE(ran.root.success);
    EXPECT_EQ(number(trader, "quoted()"), 42u);
    EXPECT_EQ(number(trader, "got()"), 42u);
    EXPECT_EQ(number(pool, "traded()"), 21u);
}

// ---- static calls

TEST_P(Scenario, static_price_read) {
    const auto oracle = world.deploy(there, "Views", "Oracle", uint256{42u});
    const auto reader = world.deploy(here, "Views", "PriceReader");
    const auto seen = world.seen_from(here, oracle);
    for (const std::string_view function : {"read(address)", "readTwice(address)"}) {
        const auto ran = run(reader, abi::call(function, seen));
        EXPECT_EQ(ran.root.output, abi::encode(uint256{42u}));
        EXPECT_EQ(number(reader, "price()"), 42u);
        ASSERT_EQ(ran.root.calls.size(), 1u);
        EXPECT_EQ(ran.root.calls[0].request.kind, protocol::CallKind::static_call);
    }
}

TEST_P(Scenario, static_price_read_with_little_gas) {
    const auto oracle = world.deploy(there, "Views", "Oracle", uint256{42u});
    const auto reader = world.deploy(here, "Views", "PriceReader");
    const auto read_within = [seen = world.seen_from(here, oracle)](uint64_t gas) {
        return abi::call("readWithin(address,uint256)", seen, uint256{gas});
    };
    EXPECT_EQ(run(reader, read_within(100'000)).root.output, abi::encode(uint256{42u}));
    EXPECT_EQ(number(reader, "price()"), 42u);
    // Where it does not suffice, that is not taken for a static context or for a failure: the root
    // is refused, or the frame fails.
    for (const uint64_t gas : {3'000u, 6'000u, 9'000u, 12'000u, 15'000u}) {
        auto scope = world.open();
        const auto added = scope.add(world.root(reader, read_within(gas)));
        if (!added || !added->success) continue;
        EXPECT_NE(here, L1) << gas;
        EXPECT_EQ(added->output, abi::encode(uint256{42u}));
        EXPECT_TRUE(is_static(added->calls.at(0).request));
    }
}

TEST_P(Scenario, derived_static_price) {
    // Derived there from what is here, and from what is on a third chain.
    for (const ChainId home : {here, third(here, there)}) {
        const auto oracle = world.deploy(home, "Views", "Oracle", uint256{42u});
        const auto derived =
            world.deploy(there, "Views", "Derived", world.seen_from(there, oracle));
        const auto reader = world.deploy(here, "Views", "PriceReader");
        const auto ran = run(reader, abi::call("read(address)", world.seen_from(here, derived)));
        EXPECT_EQ(ran.root.output, abi::encode(uint256{84u}));
        EXPECT_EQ(number(reader, "price()"), 84u);
        ASSERT_EQ(builder::count_calls(ran.root.calls), 2u);
    }
}

TEST_P(Scenario, static_before_and_after_a_write) {
    const auto oracle = world.deploy(there, "Views", "Oracle", uint256{42u});
    const auto reader = world.deploy(here, "Views", "PriceReader");
    const auto ran = run(reader, abi::call("readAround(address,uint256)",
                                           world.seen_from(here, oracle), uint256{43u}));
    EXPECT_EQ(ran.root.output, abi::encode(uint256{42u}, uint256{43u}));
    EXPECT_EQ(number(reader, "priceBefore()"), 42u);
    EXPECT_EQ(number(reader, "price()"), 43u);
    EXPECT_EQ(number(oracle, "price()"), 43u);
}

TEST_P(Scenario, static_call_that_answers_with_its_gas_asked_twice) {
    // The second time what it looks at may be warm: the record that is there is the answer.
    const auto gauge = world.deploy(there, "Views", "GasGauge");
    const auto asker = world.deploy(here, "Views", "AskTwice");
    const auto ran = run(asker, abi::call("ask(address)", world.seen_from(here, gauge)));
    EXPECT_TRUE(ran.root.success) << builder::describe_revert(ran.root.output);
    EXPECT_GT(number(asker, "first()"), 0u);
    EXPECT_EQ(number(asker, "first()"), number(asker, "second()"));
}

// ---- equal calls, other answers

TEST_P(Scenario, equal_calls_between_which_the_caller_writes) {
    const uint64_t times = 3;
    const auto echo = world.deploy(there, "Views", "Echo");
    const auto changing = world.deploy(here, "Views", "Changing");
    const auto ran = run(
        changing, abi::call("ask(address,uint256)", world.seen_from(here, echo), uint256{times}));
    EXPECT_TRUE(ran.root.success) << builder::describe_revert(ran.root.output);
    for (uint64_t i = 0; i < times; ++i)
        EXPECT_EQ(world.number(changing, abi::call("told(uint256)", uint256{i})), uint256{i + 1});
    EXPECT_EQ(number(echo, "calls()"), 1u);
    std::vector<uint256> variants;
    for (const auto& call : ran.root.calls) variants.push_back(call.request.variant);
    EXPECT_THAT(variants, testing::Contains(uint256{2u}));
}

TEST_P(Scenario, more_equal_calls_than_there_are_variants) {
    const auto echo = world.deploy(there, "Views", "Echo");
    const auto changing = world.deploy(here, "Views", "Changing");
    const auto seen = world.seen_from(here, echo);
    const auto ask = [&](uint64_t times) {
        return abi::call("ask(address,uint256)", seen, uint256{times});
    };
    const Ask enough{.gas = 13'000'000};
    const auto refusal =
        world.refusal_of(world.root(changing, ask(protocol::MAX_VARIANTS + 1), enough));
    EXPECT_EQ(to_string(refusal.rule), to_string(builder::RefusalRule::fault));
    EXPECT_THAT(refusal.reason, testing::HasSubstr("more than 16 answers to one request"));
    EXPECT_TRUE(run(changing, ask(protocol::MAX_VARIANTS), enough).root.success);
}

// ---- value

/// Returns the wei that L1 holds for each rollup.
std::pair<uint256, uint256> escrows(ScenarioWorld& world) {
    return {world.escrow(A), world.escrow(B)};
}

/// Returns the escrow after value left one chain for another.
std::pair<uint256, uint256> moved(std::pair<uint256, uint256> escrow, ChainId from, ChainId to,
                                  const uint256& value) {
    if (from != L1) (from == A ? escrow.first : escrow.second) -= value;
    if (to != L1) (to == A ? escrow.first : escrow.second) += value;
    return escrow;
}

TEST_P(Scenario, one_ether_to_a_receiver) {
    const auto receiver = world.deploy(there, "Money", "Purse");
    const auto sender = world.deploy(here, "Money", "Purse");
    const auto seen = world.seen_from(here, receiver);
    const auto before = escrows(world);
    const auto ran = run(sender, abi::call("send(address)", seen), {.value = ether(1000)});
    EXPECT_TRUE(ran.root.success);
    EXPECT_EQ(world.ether(receiver), ether(1000));
    EXPECT_EQ(world.ether(sender), uint256{});
    EXPECT_EQ(escrows(world), moved(before, here, there, ether(1000)));
}

TEST_P(Scenario, value_in_and_partly_back) {
    const auto till = world.deploy(there, "Money", "Till");
    const auto purse = world.deploy(here, "Money", "Purse");
    const auto seen = world.seen_from(here, till);
    const auto before = escrows(world);
    const auto ran =
        run(purse, abi::call("pay(address,uint256)", seen, ether(500)), {.value = ether(2000)});
    EXPECT_TRUE(ran.root.success);
    EXPECT_EQ(ran.root.output, abi::encode(ether(1500)));
    EXPECT_EQ(world.ether(till), ether(500));
    EXPECT_EQ(world.ether(purse), ether(1500));
    EXPECT_EQ(escrows(world), moved(before, here, there, ether(500)));
}

// ---- tokens

TEST_P(Scenario, flash_loan) {
    const auto amount = whole(10'000);
    const auto bridge = world.bridge(here);
    const auto token = world.deploy(here, "Token", "Token", std::string_view{"Coin"},
                                    std::string_view{"COIN"}, amount);
    const auto pool = world.deploy(here, "Money", "FlashPool");
    const auto trophy = world.deploy(there, "Money", "Trophy");
    const auto claimer =
        world.deploy(there, "Money", "Claimer", world.bridge(there), trophy.address);
    const auto borrower = world.deploy(here, "Money", "Borrower", bridge, uint256{there},
                                       claimer.address, world.seen_from(here, claimer));
    world.call(token, abi::call("transfer(address,uint256)", pool.address, amount));

    const auto ran = run(
        pool, abi::call("lend(address,address,uint256)", token.address, borrower.address, amount));
    EXPECT_TRUE(ran.root.success) << builder::describe_revert(ran.root.output);
    EXPECT_EQ(world.token(here, token.address, pool.address), amount);
    EXPECT_EQ(world.number(trophy, abi::call("balanceOf(address)", claimer.address)), uint256{1u});
    EXPECT_EQ(number(trophy, "supply()"), 1u);
    // Nothing is left over: neither locked here nor minted there.
    EXPECT_EQ(world.token(here, token.address, bridge), uint256{});
    EXPECT_EQ(world.number({here, bridge},
                           abi::call("locked(address,uint256)", token.address, uint256{there})),
              uint256{});
    const auto minted =
        world.demo().view(there, world.bridge(there),
                          abi::call("bridgedToken(uint256,address)", uint256{here}, token.address));
    const Site there_token{there, Address::from(BytesView{minted}.subspan(12))};
    EXPECT_EQ(number(there_token, "totalSupply()"), 0u);
}

TEST_P(Scenario, a_flash_loan_that_is_too_small_is_undone_everywhere) {
    const auto amount = whole(9'999);
    const auto token = world.deploy(here, "Token", "Token", std::string_view{"Coin"},
                                    std::string_view{"COIN"}, amount);
    const auto pool = world.deploy(here, "Money", "FlashPool");
    const auto trophy = world.deploy(there, "Money", "Trophy");
    const auto claimer =
        world.deploy(there, "Money", "Claimer", world.bridge(there), trophy.address);
    const auto borrower =
        world.deploy(here, "Money", "Borrower", world.bridge(here), uint256{there}, claimer.address,
                     world.seen_from(here, claimer));
    world.call(token, abi::call("transfer(address,uint256)", pool.address, amount));

    const auto ran = run(
        pool, abi::call("lend(address,address,uint256)", token.address, borrower.address, amount));
    EXPECT_FALSE(ran.root.success);
    EXPECT_EQ(ran.root.output, abi::call("NotRich(uint256)", amount));
    EXPECT_EQ(world.token(here, token.address, pool.address), amount);
    EXPECT_EQ(number(trophy, "supply()"), 0u);
    EXPECT_EQ(
        world.demo().view(there, world.bridge(there),
                          abi::call("bridgedToken(uint256,address)", uint256{here}, token.address)),
        abi::encode(Address{}));
}

/// A Uniswap pair of the demonstration's two tokens, and who swaps there for contracts of other
/// chains.
struct Market {
    Address usd;
    Address gold;
    Address pair;
    Address swapper;
};

/// That of a rollup, or one that is made on L1.
Market market(ScenarioWorld& world, ChainId chain_id) {
    const auto& sites = world.demo().sites();
    if (chain_id != L1) {
        const auto& rollup = sites.rollups.at(chain_id);
        return {rollup.usd, rollup.gold, rollup.pair, rollup.swapper};
    }
    static const Market on_l1 = [&] {
        const auto& artifacts = world.demo().artifacts();
        const auto factory = world.create(
            L1, concat(artifacts.init_code("UniswapV2Factory"), abi::encode(Address{})));
        const auto swapper = world.deploy(L1, "Swapper", "Swapper", sites.bridge);
        world.call(factory, abi::call("createPair(address,address)", sites.usd, sites.gold));
        const auto output =
            world.number(factory, abi::call("getPair(address,address)", sites.usd, sites.gold));
        const Site pair{L1, Address::from(BytesView{to_be(output)}.subspan(12))};
        world.call({L1, sites.usd},
                   abi::call("transfer(address,uint256)", pair.address, whole(100'000)));
        world.call({L1, sites.gold},
                   abi::call("transfer(address,uint256)", pair.address, whole(100)));
        world.call(pair, abi::call("mint(address)", world.deployer().address));
        return Market{sites.usd, sites.gold, pair.address, swapper.address};
    }();
    return on_l1;
}

/// Returns the amount that Uniswap V2 gives.
uint256 bought_for(ScenarioWorld& world, ChainId chain_id, const Market& at,
                   const uint256& amount) {
    const auto usd = world.token(chain_id, at.usd, at.pair);
    const auto gold = world.token(chain_id, at.gold, at.pair);
    const auto net = amount * uint256{997u};
    return net * gold / (usd * uint256{1000u} + net);
}

TEST_P(Scenario, amm_aggregation) {
    // GOLD is dearer on B, so that it pays to buy there only after much was bought here.
    const auto amount = whole(there == B ? 14'000 : 2'000);
    const auto one = market(world, here);
    const auto other = market(world, there);
    const auto& buyer = here == L1 ? world.demo().alice() : world.demo().bob();
    const auto aggregator = world.deploy(here, "Money", "Aggregator", world.bridge(here));
    const auto remote =
        std::tuple{uint256{there}, other.swapper, world.seen_from(here, {there, other.swapper}),
                   other.pair, other.gold};
    world.call_by(buyer, {here, one.usd},
                  abi::call("approve(address,uint256)", aggregator.address, amount));

    const auto alone = bought_for(world, here, one, amount);
    uint256 best = alone;
    uint256 best_part;
    for (uint64_t percent = 1; percent <= 100; ++percent) {
        const auto part = amount * uint256{percent} / uint256{100u};
        const auto bought =
            bought_for(world, here, one, amount - part) + bought_for(world, there, other, part);
        if (best < bought) std::tie(best, best_part) = std::pair{bought, part};
    }
    ASSERT_FALSE(best_part.is_zero());
    const auto usd_before = world.token(here, one.usd, buyer.address);
    const auto gold_before = world.token(here, one.gold, buyer.address);

    const auto ran =
        run(aggregator,
            abi::call("buy(address,address,uint256,uint256,uint256,"
                      "(uint256,address,address,address,address))",
                      one.pair, one.usd, amount, best_part, alone + uint256{1u}, remote),
            {.from = &buyer});
    EXPECT_TRUE(ran.root.success) << builder::describe_revert(ran.root.output);
    EXPECT_EQ(ran.root.output, abi::encode(best));
    EXPECT_EQ(world.token(here, one.usd, buyer.address), usd_before - amount);
    EXPECT_EQ(world.token(here, one.gold, buyer.address), gold_before + best);
    EXPECT_EQ(world.token(there, other.gold, other.swapper), uint256{});
}

TEST_P(Scenario, nobody_in_a_root_sees_what_was_loaded) {
    const auto spy = world.deploy(here, "Patterns", "Spy");
    const auto there_spy = world.deploy(there, "Patterns", "Spy");
    const auto asker = world.deploy(here, "Patterns", "LowLevel");
    {
        // Alone it settles nothing if it is of L1.
        auto scope = world.open();
        const auto added = scope.add(world.root(
            spy, abi::call("look(address,uint256)", world.callable(here), uint256{there})));
        ASSERT_TRUE(added.has_value()) << added.error().to_string();
        EXPECT_EQ(added->output, abi::encode(false));
    }
    const auto look = abi::call("look(address,uint256)", world.callable(there), uint256{here});
    EXPECT_TRUE(run(asker, abi::call("make(address,bytes)", world.seen_from(here, there_spy), look))
                    .root.success);
    EXPECT_EQ(number(asker, "success()"), 1u);
    EXPECT_EQ(number(there_spy, "saw()"), 0u);
}

// ---- long answers and requests

TEST_P(Scenario, an_answer_above_the_bound_is_the_callees_failure) {
    const auto bomb = world.deploy(there, "Patterns", "Bomb");
    const auto careful = world.deploy(here, "Patterns", "Careful");
    const auto seen = world.seen_from(here, bomb);
    struct Case {
        const char* function;
        uint64_t size;
        bool success;
        uint64_t seen;  // bytes that the caller gets
    };
    constexpr uint64_t BOUND = 24'576;
    // 36: AnswerTooLong(uint256).
    uint64_t runs = 0;
    for (const auto& [function, size, success, seen_size] :
         {Case{"answer(uint256)", BOUND, true, BOUND},
          Case{"answer(uint256)", BOUND + 1, false, 36},
          Case{"answer(uint256)", 200'000, false, 36}, Case{"fail(uint256)", BOUND, false, BOUND},
          Case{"fail(uint256)", BOUND + 1, false, 36}, Case{"fail(uint256)", 200'000, false, 36},
          Case{"look(uint256)", BOUND, true, BOUND}, Case{"look(uint256)", 200'000, false, 36}}) {
        EXPECT_TRUE(
            run(careful, abi::call("call(address,bytes)", seen, abi::call(function, uint256{size})))
                .root.success);
        EXPECT_EQ(number(careful, "success()"), uint256{success ? 1u : 0u}) << function << size;
        EXPECT_EQ(number(careful, "answerSize()"), uint256{seen_size}) << function << size;
        if (success && function != std::string_view{"look(uint256)"}) ++runs;
        EXPECT_EQ(number(bomb, "runs()"), uint256{runs});
    }
}

TEST_P(Scenario, a_request_above_the_bound_is_not_asked) {
    const auto target = world.deploy(there, "Patterns", "Sink");
    const auto careful = world.deploy(here, "Patterns", "Careful");
    const auto seen = world.seen_from(here, target);
    world.heads();
    for (const auto& [size, calls, answer] :
         {std::tuple{24'576u, 1u, abi::encode(true, uint256{})},
          std::tuple{24'577u, 0u, abi::encode(false, uint256{36u})},  // DataTooLong(uint256)
          std::tuple{100'000u, 0u, abi::encode(false, uint256{36u})}}) {
        auto scope = world.open();
        const auto added = scope.add(
            world.root(careful, abi::call("callWith(address,uint256)", seen, uint256{size})));
        ASSERT_TRUE(added.has_value()) << added.error().to_string();
        EXPECT_EQ(added->calls.size(), calls);
        EXPECT_EQ(added->output, answer) << size;
    }
}

}  // namespace
}  // namespace scope::scenarios
