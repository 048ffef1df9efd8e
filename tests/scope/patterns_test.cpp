// What a contract's author may do with aliases, gas and failures, and how several roots share a
// scope. As in scenarios_test.cpp everything goes through the whole protocol, and "here" is the
// chain of the root.

#include <gmock/gmock.h>

#include <fmt/format.h>

#include "base/hex.hpp"
#include "crypto/keccak.hpp"
#include "scenarios/scenario_world.hpp"

namespace scope::scenarios {
namespace {

using builder::RefusalRule;
using testing::HasSubstr;

constexpr std::string_view INCREMENT = "increment()";
constexpr std::string_view REFUSE = "refuse()";

// ---- aliases as plain Solidity

class Alias : public Scenario {};
INSTANTIATE_TEST_SUITE_P(directions, Alias, testing::ValuesIn(directions()), name_of);

TEST_P(Alias, takes_a_low_level_call) {
    const auto target = world.deploy(there, "Counters", "Counter");
    const auto caller = world.deploy(here, "Patterns", "LowLevel");
    const auto seen = world.seen_from(here, target);
    const auto make = [&](std::string_view function) {
        EXPECT_TRUE(
            run(caller, abi::call("make(address,bytes)", seen, abi::call(function))).root.success);
    };
    make(INCREMENT);
    EXPECT_EQ(number(caller, "success()"), 1u);
    EXPECT_EQ(world.bytes(caller, "data()"), abi::encode(uint256{1u}));
    make(REFUSE);
    EXPECT_EQ(number(caller, "success()"), 0u);
    EXPECT_EQ(world.bytes(caller, "data()"), abi::call("Refused(uint256)", uint256{2u}));
    make("nothing_of_that_name()");
    EXPECT_EQ(number(caller, "success()"), 0u);
    EXPECT_EQ(world.bytes(caller, "data()"), Bytes{});
    EXPECT_EQ(count(target), 1u);
}

TEST_P(Alias, takes_a_low_level_staticcall) {
    const auto target = world.deploy(there, "Counters", "Counter");
    const auto caller = world.deploy(here, "Patterns", "LowLevel");
    const auto seen = world.seen_from(here, target);
    world.call(target, abi::call(INCREMENT));
    const auto look = [&](std::string_view function) {
        EXPECT_TRUE(
            run(caller, abi::call("look(address,bytes)", seen, abi::call(function))).root.success);
    };
    look("counter()");
    EXPECT_EQ(number(caller, "success()"), 1u);
    EXPECT_EQ(world.bytes(caller, "data()"), abi::encode(uint256{1u}));
    look(INCREMENT);  // writes: it fails there as it would here
    EXPECT_EQ(number(caller, "success()"), 0u);
    EXPECT_EQ(world.bytes(caller, "data()"), Bytes{});
    EXPECT_EQ(count(target), 1u);
}

TEST_P(Alias, takes_value_of_a_low_level_call) {
    const auto target = world.deploy(there, "Money", "Purse");
    const auto refusing = world.deploy(there, "Counters", "Counter");
    const auto caller = world.deploy(here, "Patterns", "LowLevel");
    const auto make = [&](const Site& to, const Bytes& data) {
        const auto seen = world.seen_from(here, to);
        EXPECT_TRUE(
            run(caller, abi::call("make(address,bytes)", seen, data), {.value = uint256{ETHER}})
                .root.success);
    };
    make(target, {});
    EXPECT_EQ(world.ether(target), uint256{ETHER});
    EXPECT_EQ(world.ether(caller), uint256{});
    // Who isn't payable fails, and the value is back.
    make(refusing, abi::call(INCREMENT));
    EXPECT_EQ(number(caller, "success()"), 0u);
    EXPECT_EQ(world.ether(refusing), uint256{});
    EXPECT_EQ(world.ether(caller), uint256{ETHER});
}

TEST_P(Alias, of_a_token_is_a_token) {
    const uint256 amount{1'000u};
    const auto token = world.deploy(there, "Token", "Token", std::string_view{"Coin"},
                                    std::string_view{"COIN"}, amount);
    const auto payer = world.deploy(here, "Patterns", "Payer");
    const auto payer_there = world.seen_from(there, payer);
    const auto seen = world.seen_from(here, token);
    const auto& owner = world.deployer().address;
    const Address shop{{0x51, 0x0b}};
    const auto pay = [&](uint64_t tokens) {
        return run(payer, abi::call("pay(address,address,address,uint256)", seen, owner, shop,
                                    uint256{tokens}))
            .root;
    };

    // The spender, there, is the payer's alias.
    const auto refused = pay(1);
    EXPECT_FALSE(refused.success);
    EXPECT_EQ(refused.output, abi::call("ERC20InsufficientAllowance(address,uint256,uint256)",
                                        payer_there, uint256{}, uint256{1u}));
    world.call(token, abi::call("approve(address,uint256)", payer_there, uint256{300u}));
    EXPECT_TRUE(pay(200).success);
    EXPECT_EQ(world.token(there, token.address, shop), uint256{200u});
    EXPECT_FALSE(pay(101).success);
    // Reading around the payment: static, call, static.
    const auto told = run(payer, abi::call("payAndTell(address,address,address,uint256)", seen,
                                           owner, shop, uint256{100u}));
    EXPECT_EQ(told.root.output, abi::encode(uint256{200u}, uint256{300u}));
    EXPECT_EQ(world.token(there, token.address, shop), uint256{300u});
}

TEST_P(Alias, of_a_contract_that_is_created_in_the_same_root) {
    const auto factory = world.deploy(there, "Patterns", "CounterFactory");
    const auto creator = world.deploy(here, "Patterns", "Creator", world.callable(here));
    const auto ran = run(creator, abi::call("makeThere(uint256,address)", uint256{there},
                                            world.seen_from(here, factory)));
    EXPECT_TRUE(ran.root.success) << builder::describe_revert(ran.root.output);
    EXPECT_EQ(number(creator, "answer()"), 2u);
    const auto made = world.demo().view(there, factory.address, abi::call("last()"));
    EXPECT_EQ(count({there, Address::from(BytesView{made}.subspan(12))}), 2u);
}

TEST_P(Alias, is_called_by_a_contract_that_is_created_in_the_same_root) {
    const auto target = world.deploy(there, "Counters", "Counter");
    const auto creator = world.deploy(here, "Patterns", "Creator", world.callable(here));
    const auto ran = run(creator, abi::call("makeHere(address)", world.seen_from(here, target)));
    EXPECT_TRUE(ran.root.success) << builder::describe_revert(ran.root.output);
    EXPECT_EQ(number(creator, "answer()"), 2u);
    EXPECT_EQ(count(target), 2u);
    ASSERT_EQ(ran.root.calls.size(), 2u);
    const auto newborn = world.demo().view(here, creator.address, abi::call("newborn()"));
    EXPECT_EQ(ran.root.calls[0].request.from, Address::from(BytesView{newborn}.subspan(12)));
    EXPECT_EQ(ran.root.calls[0].request.from, ran.root.calls[1].request.from);
}

TEST_P(Alias, without_code_swallows_an_untyped_call) {
    // As any account without code does on one chain; nothing of the protocol gets to see the call.
    const auto target = world.deploy(there, "Counters", "Counter");
    const auto neighbour = world.deploy(there, "Counters", "Counter");
    const auto low_level = world.deploy(here, "Patterns", "LowLevel");
    const auto caller = world.deploy(here, "Counters", "Caller");
    const auto undeployed =
        world.number({here, world.callable(here)},
                     abi::call("aliasOf(uint256,address)", uint256{there}, target.address));
    const Address unseen = Address::from(BytesView{to_be(undeployed)}.subspan(12));
    const auto untyped =
        world.root(low_level, abi::call("make(address,bytes)", unseen, abi::call(INCREMENT)));
    const auto typed = world.root(
        caller, abi::call("call(address)", world.seen_from(here, neighbour)), {.nonces_before = 1});

    auto scope = world.open();
    const auto swallowed = scope.add(untyped);
    ASSERT_TRUE(swallowed.has_value()) << swallowed.error().to_string();
    EXPECT_TRUE(swallowed->success);
    EXPECT_TRUE(swallowed->calls.empty());
    ASSERT_TRUE(scope.add(typed).has_value());  // a scope needs a call
    world.settle(scope);
    EXPECT_EQ(number(low_level, "success()"), 1u);
    EXPECT_EQ(world.bytes(low_level, "data()"), Bytes{});
    EXPECT_EQ(count(target), 0u);
    EXPECT_EQ(count(neighbour), 1u);
}

TEST_P(Alias, must_have_code_before_a_typed_call) {
    const auto target = world.deploy(there, "Counters", "Counter");
    const auto caller = world.deploy(here, "Counters", "Caller");
    const auto low_level = world.deploy(here, "Patterns", "LowLevel");
    const auto unseen =
        world.number({here, world.callable(here)},
                     abi::call("aliasOf(uint256,address)", uint256{there}, target.address));
    const Address seen = Address::from(BytesView{to_be(unseen)}.subspan(12));
    const auto typed = world.root(caller, abi::call("call(address)", seen));
    const auto untyped =
        world.root(low_level, abi::call("make(address,bytes)", seen, abi::call(INCREMENT)),
                   {.nonces_before = 1});
    const auto deploying =
        world.root({here, world.callable(here)},
                   abi::call("deployAlias(uint256,address)", uint256{there}, target.address),
                   {.nonces_before = 2});
    const auto again = world.root(caller, abi::call("call(address)", seen), {.nonces_before = 3});

    auto scope = world.open();
    const auto first = scope.add(typed);
    ASSERT_TRUE(first.has_value()) << first.error().to_string();
    EXPECT_FALSE(first->success);  // the compiler's check, without a call
    EXPECT_TRUE(first->output.empty());
    EXPECT_TRUE(first->calls.empty());
    const auto second = scope.add(untyped);
    ASSERT_TRUE(second.has_value()) << second.error().to_string();
    EXPECT_TRUE(second->success);  // any empty account swallows a low-level call
    EXPECT_TRUE(second->calls.empty());
    ASSERT_TRUE(scope.add(deploying).has_value());
    const auto last = scope.add(again);
    ASSERT_TRUE(last.has_value()) << last.error().to_string();
    EXPECT_TRUE(last->success);
    world.settle(scope);
    EXPECT_EQ(count(target), 1u);
    EXPECT_EQ(count(caller), 1u);
}

// ---- gas

class Gas : public Scenario {
  protected:
    Site engine = world.deploy(there, "Patterns", "Engine");
    Site driver = world.deploy(here, "Patterns", "Driver", world.callable(here));

    [[nodiscard]] Bytes ask(uint64_t gas_limit) const {
        return abi::call("ask(uint256,address,uint256)", uint256{there}, engine.address,
                         uint256{gas_limit});
    }
    [[nodiscard]] Bytes try_ask(uint64_t gas_limit, std::string_view function) const {
        return abi::call("tryAsk(uint256,address,uint256,bytes)", uint256{there}, engine.address,
                         uint256{gas_limit}, abi::call(function));
    }
};
INSTANTIATE_TEST_SUITE_P(directions, Gas, testing::ValuesIn(directions()), name_of);

TEST_P(Gas, limit_is_what_the_target_gets) {
    std::vector<uint64_t> entrance;  // what the target's code takes before it looks
    for (const uint64_t limit : {60'000u, 100'000u, 1'234'567u, 5'000'000u}) {
        ASSERT_TRUE(run(driver, ask(limit)).root.success);
        entrance.push_back(limit - number(driver, "answer()"));
    }
    EXPECT_LT(entrance[0], 1'000u);
    EXPECT_THAT(entrance, testing::Each(entrance[0]));
}

TEST_P(Gas, limit_that_the_target_chain_cant_give_is_refused) {
    constexpr uint64_t MOST = 1 << 24;
    {
        // With more no root may ask: that is a plain revert, before anybody is asked.
        auto scope = world.open();
        const auto added = scope.add(world.root(driver, ask(MOST + 1)));
        ASSERT_TRUE(added.has_value()) << added.error().to_string();
        EXPECT_FALSE(added->success);
        EXPECT_EQ(added->output,
                  abi::call("GasLimitTooHigh(uint256,uint256)", uint256{MOST + 1}, uint256{MOST}));
        EXPECT_TRUE(added->calls.empty());
    }
    if (there != L1) {
        EXPECT_TRUE(run(driver, ask(MOST)).root.success);
        return;
    }
    const auto refusal = world.refusal_of(world.root(driver, ask(MOST)));
    EXPECT_EQ(to_string(refusal.rule), to_string(RefusalRule::gas_budget)) << refusal.to_string();
    EXPECT_THAT(refusal.reason, HasSubstr("TooLittleGas"));
    ASSERT_EQ(refusal.calls.size(), 1u);
    EXPECT_EQ(refusal.calls[0].request.to, engine.address);
}

TEST_P(Gas, limit_below_a_served_call_is_what_that_calls_limit_has_left) {
    // What the callback asks with is taken from the limit of the call around it, a 64th kept.
    constexpr uint64_t LIMIT = 1'000'000;
    const auto asker = world.deploy(there, "Patterns", "Driver", world.callable(there));
    const auto target = world.deploy(here, "Patterns", "Engine");
    const auto ask_with = [&](uint64_t gas_limit) {
        return abi::call("tryAsk(uint256,address,uint256,bytes)", uint256{there}, asker.address,
                         uint256{LIMIT},
                         abi::call("ask(uint256,address,uint256)", uint256{here}, target.address,
                                   uint256{gas_limit}));
    };
    constexpr uint64_t MOST = LIMIT - LIMIT / 64;
    EXPECT_TRUE(run(driver, ask_with(MOST / 2)).root.success);
    EXPECT_EQ(number(driver, "success()"), 1u);
    const auto ran = run(driver, ask_with(MOST + 1));
    EXPECT_TRUE(ran.root.success);
    EXPECT_EQ(number(driver, "success()"), 0u);
    EXPECT_EQ(world.bytes(driver, "reason()"),
              abi::call("GasLimitTooHigh(uint256,uint256)", uint256{MOST + 1}, uint256{MOST}));
    ASSERT_EQ(ran.root.calls.size(), 1u);
    EXPECT_TRUE(ran.root.calls[0].calls.empty());
}

TEST_P(Gas, that_runs_out_in_a_callee_is_that_callees_failure) {
    const auto ran = run(driver, try_ask(100'000, "burn()"));
    EXPECT_TRUE(ran.root.success);
    EXPECT_EQ(number(driver, "works()"), 1u);
    EXPECT_EQ(number(driver, "success()"), 0u);
    EXPECT_EQ(world.bytes(driver, "reason()"), Bytes{});
    EXPECT_EQ(number(engine, "runs()"), 0u);
    ASSERT_EQ(ran.root.calls.size(), 1u);
    EXPECT_TRUE(ran.root.calls[0].kept);
    EXPECT_GT(ran.root.calls[0].gas_used, 100'000u);
    EXPECT_LT(ran.root.calls[0].gas_used, 250'000u);
}

TEST_P(Gas, that_runs_out_in_an_executor_is_a_fault) {
    // What comes back has to be served in the frame that waits here, which on L1 gets less than the
    // callback's limit. On a rollup that is on the builder's gas.
    const auto drive =
        abi::call("drive(uint256,address,address,uint256,uint256)", uint256{there}, engine.address,
                  world.seen_from(there, driver), uint256{1'000'000u}, uint256{});
    const Ask little{.gas = 400'000};
    if (here == L1) {
        const auto refusal = world.refusal_of(world.root(driver, drive, little));
        EXPECT_EQ(to_string(refusal.rule), to_string(RefusalRule::gas_budget))
            << refusal.to_string();
        EXPECT_THAT(refusal.reason, HasSubstr("TooLittleGas"));
        ASSERT_EQ(refusal.calls.size(), 1u);
        EXPECT_EQ(refusal.calls[0].calls.size(), 1u);
    }
    EXPECT_TRUE(run(driver, drive, here == L1 ? Ask{} : little).root.success);
    EXPECT_EQ(number(driver, "works()"), 1u);
    EXPECT_EQ(number(engine, "runs()"), 1u);
}

TEST_P(Gas, that_is_left_after_a_callback_is_known_beforehand_on_a_rollup) {
    const auto tell =
        abi::call("driveAndTellGas(uint256,address,address,uint256)", uint256{there},
                  engine.address, world.seen_from(there, driver), uint256{1'500'000u});
    if (here == L1) {
        EXPECT_EQ(to_string(world.refusal_of(world.root(driver, tell)).rule),
                  to_string(RefusalRule::execution_differs));
    } else {
        EXPECT_TRUE(run(driver, tell).root.success);
        EXPECT_EQ(number(driver, "works()"), 1u);
    }
}

TEST_P(Gas, too_little_hurts_only_the_root_that_gives_it) {
    // A caller that catches everything gives its call from far too little to enough, in one scope.
    const auto target = world.deploy(there, "Counters", "Counter");
    const auto caller = world.deploy(here, "Counters", "Caller");
    const auto call = abi::call("call(address)", world.seen_from(here, target));
    uint64_t accepted = 0;
    std::vector<builder::Root> last;
    std::vector<bool> succeeded;
    const auto root = [&](uint64_t gas) {
        return world.root(driver,
                          abi::call("askWithGas(uint256,address,uint256,uint256)", uint256{there},
                                    engine.address, uint256{60'000u}, uint256{gas}),
                          {.gas = 700'000, .nonces_before = accepted});
    };
    world.heads();  // what is prepared is set up
    auto scope = world.open();
    const uint64_t steps = 40;
    const uint64_t step = here == L1 ? 3'500 : 600;
    for (uint64_t gas = 1'000; gas < 1'000 + steps * step; gas += step) {
        const auto added = scope.add(root(gas));
        if (!added) continue;  // refused, and only this one
        ++accepted;
        EXPECT_TRUE(added->success);
        for (const auto& each : added->calls) succeeded.push_back(each.kept);
    }
    EXPECT_GT(accepted, 30u);
    ASSERT_TRUE(scope.add(world.root(caller, call, {.gas = 700'000, .nonces_before = accepted}))
                    .has_value());
    world.settle(scope);
    EXPECT_EQ(number(driver, "works()"), accepted);
    EXPECT_THAT(succeeded, testing::Contains(true));
    // Served, and its answer not taken: there was no gas left for callbacks, which a rollup doesn't
    // ask for.
    if (here == L1) EXPECT_THAT(succeeded, testing::Contains(false));
    EXPECT_EQ(number(engine, "runs()"), static_cast<uint64_t>(std::ranges::count(succeeded, true)));
    EXPECT_EQ(count(target), 1u);
}

TEST_P(Gas, too_little_for_a_callback_hurts_only_the_root_that_gives_it) {
    const auto target = world.deploy(there, "Counters", "Counter");
    const auto caller = world.deploy(here, "Counters", "Caller");
    const auto call = abi::call("call(address)", world.seen_from(here, target));
    const auto drive =
        abi::call("drive(uint256,address,address,uint256,uint256)", uint256{there}, engine.address,
                  world.seen_from(there, driver), uint256{1'500'000u}, uint256{50'000u});
    world.heads();
    auto scope = world.open();
    uint64_t accepted = 0;
    uint64_t refused = 0;
    uint64_t succeeded = 0;
    for (uint64_t gas = 60'000; gas < 2'000'000; gas += gas < 1'000'000 ? 94'000 : 23'000) {
        const auto added =
            scope.add(world.root(driver, drive, {.gas = gas, .nonces_before = accepted}));
        if (!added) {
            ++refused;
            continue;
        }
        ++accepted;
        succeeded += added->success;
    }
    EXPECT_EQ(refused > 0, here == L1);  // a rollup's callbacks are on the builder's gas
    EXPECT_GT(succeeded, 0u);
    ASSERT_TRUE(scope.add(world.root(caller, call, {.gas = 700'000, .nonces_before = accepted}))
                    .has_value());
    world.settle(scope);
    EXPECT_EQ(number(driver, "works()"), succeeded);
    EXPECT_EQ(number(engine, "runs()"), succeeded);
    EXPECT_EQ(count(target), 1u);
}

// ---- ScopeLib

class Library : public Gas {};
INSTANTIATE_TEST_SUITE_P(directions, Library, testing::ValuesIn(directions()), name_of);

TEST_P(Library, tells_a_failure) {
    const auto ran = run(driver, try_ask(100'000, "nothing_of_that_name()"));
    EXPECT_TRUE(ran.root.success);
    EXPECT_EQ(number(driver, "success()"), 0u);
    EXPECT_EQ(number(driver, "works()"), 1u);
    ASSERT_EQ(ran.root.calls.size(), 1u);
    EXPECT_TRUE(ran.root.calls[0].kept);  // a failed call that survives
}

TEST_P(Library, tells_a_success) {
    ASSERT_TRUE(run(driver, try_ask(100'000, "gasHere()")).root.success);
    EXPECT_EQ(number(driver, "success()"), 1u);
    EXPECT_EQ(number(engine, "runs()"), 1u);
}

TEST_P(Library, does_not_take_a_callees_imitation_for_a_fault) {
    // By the status of the answer, which a callee has no part in.
    EXPECT_TRUE(run(driver, try_ask(100'000, "imitateFault()")).root.success);
    EXPECT_EQ(number(driver, "success()"), 0u);
    EXPECT_EQ(world.bytes(driver, "reason()"),
              abi::call("ResponseMissing(bytes32)", to_be(uint256{1u})));
    EXPECT_EQ(number(driver, "works()"), 1u);
}

TEST_P(Library, rethrows_what_looks_like_a_fault_out_of_a_try) {
    const auto call = abi::call("tryAlias(address)", world.seen_from(here, engine));
    if (here == L1) {  // an operation that ends with a fault does not settle
        const auto refused = world.refusal_of(world.root(driver, call));
        EXPECT_EQ(to_string(refused.rule), to_string(RefusalRule::operation));
        EXPECT_NE(refused.reason.find("ResponseMissing"), std::string::npos) << refused.reason;
        return;
    }
    const auto ran = run(driver, call);
    EXPECT_FALSE(ran.root.success);
    EXPECT_EQ(ran.root.output, abi::call("ResponseMissing(bytes32)", to_be(uint256{1u})));
    EXPECT_EQ(number(driver, "works()"), 0u);
    EXPECT_EQ(number(engine, "runs()"), 0u);
}

// ---- several roots in one scope

struct ManyRoots : testing::Test {
    ScenarioWorld& world = ScenarioWorld::instance();
    std::map<ChainId, Site> counters;
    std::map<ChainId, Site> callers;

    void SetUp() override {
        for (const ChainId id : {L1, A, B}) {
            counters[id] = world.deploy(id, "Counters", "Counter");
            callers[id] = world.deploy(id, "Counters", "Caller");
        }
    }
    /// A root of one chain that calls the counters of both others.
    [[nodiscard]] Bytes call_others(ChainId id) {
        std::vector<Address> others;
        for (const auto& [other, counter] : counters)
            if (other != id) others.push_back(world.seen_from(id, counter));
        return abi::call("callBoth(address,address)", others[0], others[1]);
    }
    [[nodiscard]] uint64_t count(ChainId id) {
        return world.number(counters.at(id), "counter()")[0];
    }
};

TEST_F(ManyRoots, run_on_what_those_before_left) {
    std::map<ChainId, Bytes> calldata;
    for (const ChainId id : {L1, A, B}) calldata[id] = call_others(id);
    std::map<ChainId, uint64_t> counted;
    std::map<ChainId, uint64_t> nonces;
    std::vector<ChainId> order{A, L1, B, B, L1, A, A};
    world.heads();
    auto scope = world.open();
    for (const ChainId id : order) {
        const auto added = scope.add(world.root(callers.at(id), calldata.at(id),
                                                {.gas = 1'000'000, .nonces_before = nonces[id]++}));
        ASSERT_TRUE(added.has_value()) << added.error().to_string();
        std::vector<uint256> expected;
        for (const auto& [other, counter] : counters)
            if (other != id) expected.emplace_back(++counted[other]);
        EXPECT_EQ(added->output, abi::encode(expected[0], expected[1]));
    }
    const auto ran = world.settle(scope);
    EXPECT_EQ(ran.bundle.parts.size(), 2u);
    EXPECT_EQ(ran.bundle.scope.legs.size(), order.size());
    for (const ChainId id : {L1, A, B}) EXPECT_EQ(count(id), counted[id]);
}

TEST_F(ManyRoots, bound_what_calls_without_end_take) {
    // A tree of calls in frames that revert: on rollups nobody pays for what is served meanwhile.
    const auto tree = world.deploy(A, "Patterns", "Branch", world.callable(A));
    const auto other = world.deploy(B, "Patterns", "Branch", world.callable(B));
    world.call(tree, abi::call("meet(uint256,address)", uint256{B}, other.address));
    world.call(other, abi::call("meet(uint256,address)", uint256{A}, tree.address));
    const auto grow = [](uint64_t levels) { return abi::call("grow(uint256)", uint256{levels}); };
    const auto ran = world.run(tree, grow(3));
    EXPECT_TRUE(ran.root.success);
    EXPECT_EQ(builder::count_calls(ran.root.calls), 2u + 4u + 8u);
    const auto refusal = world.refusal_of(world.root(tree, grow(40)));
    EXPECT_EQ(to_string(refusal.rule), to_string(RefusalRule::gas_budget)) << refusal.reason;
    EXPECT_LT(builder::count_calls(refusal.calls), 10'000u);
}

TEST_F(ManyRoots, outlive_one_that_fails_in_execution) {
    // It answers with the gas that is left after a callback, which simulation knows only nearly on
    // L1, so that executing the plan gives another answer. It is dropped from every chain; the
    // others are neither lost nor simulated again.
    const auto engine = world.deploy(B, "Patterns", "Engine");
    const auto driver = world.deploy(L1, "Patterns", "Driver", world.callable(L1));
    const auto bad = abi::call("driveAndTellGas(uint256,address,address,uint256)", uint256{B},
                               engine.address, world.seen_from(B, driver), uint256{1'500'000u});
    std::map<ChainId, Bytes> calldata;
    for (const ChainId id : {L1, A, B}) calldata[id] = call_others(id);
    world.heads();
    auto scope = world.open();
    ASSERT_TRUE(
        scope.add(world.root(callers.at(L1), calldata.at(L1), {.gas = 1'000'000})).has_value());
    ASSERT_TRUE(scope.add(world.root(callers.at(B), calldata.at(B))).has_value());
    const auto simulated_before = scope.times().simulate;

    const auto dropped = scope.add(world.root(driver, bad, {.nonces_before = 1}));
    ASSERT_FALSE(dropped.has_value());
    EXPECT_EQ(to_string(dropped.error().rule), to_string(RefusalRule::execution_differs))
        << dropped.error().to_string();
    EXPECT_EQ(builder::count_calls(dropped.error().calls), 2u);  // its user sees how far it got
    const auto simulated_with = scope.times().simulate;
    EXPECT_GT(simulated_with, simulated_before);

    const auto last = scope.add(world.root(callers.at(A), calldata.at(A)));
    ASSERT_TRUE(last.has_value()) << last.error().to_string();
    EXPECT_EQ(scope.roots().size(), 3u);
    const auto simulated = scope.times().simulate;
    const auto ran = world.settle(scope);
    EXPECT_EQ(scope.times().simulate, simulated);
    EXPECT_EQ(ran.bundle.roots.size(), 3u);
    EXPECT_EQ(ran.bundle.roots[2].context.root_index, 2u);
    EXPECT_EQ(world.number(driver, "works()"), uint256{});
    EXPECT_EQ(world.number(engine, "runs()"), uint256{});
    for (const ChainId id : {L1, A, B}) EXPECT_EQ(count(id), 2u);
}

TEST_F(ManyRoots, with_failing_ones_among_them) {
    // One that reverts as a whole stays in the scope, without effect; one that is refused doesn't.
    const auto call = call_others(A);
    const auto refusing = abi::call("callRefusing(address)", world.seen_from(A, counters.at(B)));
    world.heads();
    auto scope = world.open();
    const auto failed = scope.add(world.root(callers.at(A), refusing));
    ASSERT_TRUE(failed.has_value()) << failed.error().to_string();
    EXPECT_FALSE(failed->success);
    const auto refused = scope.add(world.root(callers.at(A), call, {.nonces_before = 7}));
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(to_string(refused.error().rule), to_string(RefusalRule::transaction));
    const auto last = scope.add(world.root(callers.at(A), call, {.nonces_before = 1}));
    ASSERT_TRUE(last.has_value()) << last.error().to_string();
    EXPECT_EQ(last->output, abi::encode(uint256{1u}, uint256{1u}));
    world.settle(scope);
    EXPECT_EQ(count(B), 1u);
    EXPECT_EQ(count(L1), 1u);
}

// ---- operations of L1

/// Returns the operation as a key signs it.
protocol::SignedOperation sign_with(ScenarioWorld& world, const devnet::Person& person,
                                    protocol::Operation operation) {
    const auto signature = crypto::sign(
        protocol::operation_digest(world.demo().network().contracts.settlement, operation),
        person.key);
    return {std::move(operation), to_bytes(crypto::to_rsv(signature)), {}};
}

TEST_F(ManyRoots, settle_an_operation_at_the_place_where_its_signed_outcome_holds) {
    constexpr uint64_t PLACE = 5;
    const auto target = world.deploy(A, "Counters", "Counter");
    const auto call = abi::call("call(address)", world.seen_from(L1, target));
    const auto others = call_others(A);
    const auto unsigned_one = std::get<builder::L1Root>(world.root(callers.at(L1), call));
    auto operation = unsigned_one.operation.operation;
    {
        auto scope = world.open();
        const auto tried = scope.add(builder::L1Root{unsigned_one.operation, PLACE});
        ASSERT_TRUE(tried.has_value()) << tried.error().to_string();
        EXPECT_EQ(tried->context.root_index, PLACE);
        ASSERT_FALSE(tried->outcome.is_zero());
        operation.outcome = tried->outcome;
    }
    const auto signed_one = sign_with(world, world.demo().alice(), operation);
    auto scope = world.open();
    ASSERT_TRUE(scope.add(world.root(callers.at(A), others)).has_value());
    const auto elsewhere = scope.add(builder::L1Root{signed_one, PLACE - 1});
    ASSERT_FALSE(elsewhere.has_value());
    EXPECT_EQ(to_string(elsewhere.error().rule), to_string(RefusalRule::operation));
    EXPECT_THAT(elsewhere.error().reason, HasSubstr("outcome"));
    const auto added = scope.add(builder::L1Root{signed_one, PLACE});
    ASSERT_TRUE(added.has_value()) << added.error().to_string();
    EXPECT_EQ(added->outcome, operation.outcome);
    ASSERT_TRUE(scope.add(world.root(callers.at(A), others, {.nonces_before = 1})).has_value());
    const auto ran = world.settle(scope);
    EXPECT_EQ(ran.root.context.root_index, PLACE + 1);
    EXPECT_EQ(world.number(target, "counter()"), uint256{1u});
    EXPECT_EQ(count(B), 2u);
}

TEST_F(ManyRoots, deploy_an_owners_account_by_its_first_operation) {
    const auto owner = devnet::make_person("owner of an account");
    const auto& settlement = world.demo().sites().settlement;
    const auto address_from = [&](const Address& to, const Bytes& calldata) {
        return protocol::decode_address(world.demo().view(L1, to, calldata)).value();
    };
    const auto account = address_from(address_from(settlement, protocol::account_factory()),
                                      protocol::account_of(owner.address));
    const auto calldata = call_others(L1);
    auto operation =
        std::get<builder::L1Root>(world.root(callers.at(L1), calldata)).operation.operation;
    operation.account = account;
    const Site at{L1, account};
    for (const uint64_t nonce : {0u, 1u}) {
        operation.nonce = uint256{nonce};
        auto made = sign_with(world, owner, operation);
        const bool is_first = nonce == 0;
        if (is_first) made.owner = owner.address;
        EXPECT_EQ(world.demo().chain(L1).head_state()->code(account)->bytes.empty(), is_first);
        auto scope = world.open();
        const auto added = scope.add(builder::L1Root{.operation = made, .root_index = {}});
        ASSERT_TRUE(added.has_value()) << added.error().to_string();
        EXPECT_TRUE(added->success);
        world.settle(scope);
    }
    EXPECT_EQ(world.number(at, "owner()"), to_uint256(owner.address));
    EXPECT_EQ(world.demo().operation_nonce(account), uint256{2u});
    EXPECT_EQ(count(A), 2u);
    EXPECT_EQ(count(B), 2u);
}

// ---- asking without the gas for it

TEST(Starving, settles_at_any_gas) {
    auto& world = ScenarioWorld::instance();
    const auto bulk = world.deploy(A, "Meter", "Bulk");
    const auto starver = world.deploy(B, "Meter", "Starver");
    const auto caller = world.deploy(A, "Meter", "StarveCaller");
    constexpr uint64_t SIZE = 24'576;  // the longest answer
    for (uint64_t gas = 20'000; gas <= 60'000; gas += 4'000) {
        const auto root =
            world.root(caller,
                       abi::call("go(address,uint256,address,uint256,address,uint256,uint256)",
                                 rollup::PREDEPLOY, uint256{B}, starver.address, uint256{A},
                                 bulk.address, uint256{SIZE}, uint256{gas}),
                       {.gas = 3'000'000});
        auto scope = world.open();
        const auto added = scope.add(root);
        ASSERT_TRUE(added.has_value()) << added.error().to_string();
        world.settle(scope);
    }
}

// ---- warmth

/// Accounts that the protocol itself touches.
std::vector<Address> touched(ScenarioWorld& world, ChainId chain_id) {
    const auto& sites = world.demo().sites();
    const auto next = world.demo().devnet().l1().next_block();
    std::vector<Address> accounts{next->coinbase, world.callable(chain_id), rollup::SYSTEM_SENDER};
    if (chain_id == L1)
        accounts.insert(accounts.end(), {sites.settlement, sites.account, sites.verifier,
                                         world.demo().alice().address});
    return accounts;
}

TEST_P(Gas, of_accounts_that_the_protocol_touches_is_known_beforehand) {
    const auto meter = world.deploy(here, "Patterns", "Thermometer");
    const auto notes = world.deploy(there, "Patterns", "Notes");
    const auto seen = world.seen_from(here, notes);
    auto accounts = touched(world, here);
    accounts.push_back(seen);
    const auto tell =
        abi::call("tell(address[],address,bytes,address)", accounts, Address{}, Bytes{}, seen);
    world.heads();
    auto scope = world.open();
    for (const uint64_t before : {0u, 1u}) {
        const auto added = scope.add(world.root(meter, tell, {.nonces_before = before}));
        ASSERT_TRUE(added.has_value()) << added.error().to_string();
        EXPECT_TRUE(added->success);
    }
    world.settle(scope);
    EXPECT_GT(world.number(notes, abi::call("notes(uint256)", uint256{2 * accounts.size() - 1})),
              uint256{});
}

TEST_P(Gas, of_accounts_that_the_protocol_touches_is_known_where_a_call_is_served) {
    const auto meter = world.deploy(here, "Patterns", "Thermometer");
    const auto other = world.deploy(there, "Patterns", "Thermometer");
    auto accounts = touched(world, there);
    accounts.push_back(world.seen_from(there, meter));
    const auto ask = abi::call("ask(address,address[])", world.seen_from(here, other), accounts);
    world.heads();
    auto scope = world.open();
    for (const uint64_t before : {0u, 1u}) {
        const auto added = scope.add(world.root(meter, ask, {.nonces_before = before}));
        ASSERT_TRUE(added.has_value()) << added.error().to_string();
        EXPECT_TRUE(added->success);
    }
    world.settle(scope);
    EXPECT_EQ(world.number(meter, "measured()"), world.number(other, "measured()"));
}

TEST_F(ManyRoots, dont_read_what_executeScope_has_read) {
    // What is warm of the settlement contract depends on the batches of the scope, which aren't
    // known yet. A contract that makes its gas a request's data would have the whole scope refused
    // by L1.
    const auto meter = world.deploy(L1, "Patterns", "Thermometer");
    const auto notes = world.deploy(A, "Patterns", "Notes");
    const auto seen = world.seen_from(L1, notes);
    const auto call = call_others(A);
    world.heads();
    auto scope = world.open();
    for (const ChainId rollup : {A, B}) {
        for (const std::string_view function : {"escrowOf(uint256)", "getRollup(uint256)"}) {
            const auto added = scope.add(
                world.root(meter,
                           abi::call("tell(address[],address,bytes,address)",
                                     std::vector<Address>{}, world.demo().sites().settlement,
                                     abi::call(function, uint256{rollup}), seen),
                           {.gas = 1'000'000}));
            ASSERT_FALSE(added.has_value());
            EXPECT_EQ(to_string(added.error().rule), to_string(RefusalRule::settlement_read));
        }
    }
    ASSERT_TRUE(scope.add(world.root(callers.at(A), call)).has_value());
    world.settle(scope);
    EXPECT_EQ(count(B), 1u);
}

TEST_F(ManyRoots, dont_read_what_the_settling_transaction_costs) {
    // Its submitter pays in advance, so that tx.origin has less when the scope settles than when it
    // is built.
    const auto meter = world.deploy(L1, "Patterns", "Thermometer");
    const auto notes = world.deploy(A, "Patterns", "Notes");
    const auto tell = abi::call("tellBalance(address)", world.seen_from(L1, notes));
    const auto there = world.deploy(A, "Patterns", "LowLevel");
    const auto from_a =
        abi::call("make(address,bytes)", world.seen_from(A, meter), abi::call("balanceOfOrigin()"));
    const auto call = call_others(A);
    world.heads();
    auto scope = world.open();
    for (const auto& root : {world.root(meter, tell), world.root(there, from_a)}) {
        const auto added = scope.add(root);
        ASSERT_FALSE(added.has_value());
        EXPECT_EQ(to_string(added.error().rule), to_string(RefusalRule::submitter_balance));
    }
    ASSERT_TRUE(scope.add(world.root(callers.at(A), call)).has_value());
    world.settle(scope);
    EXPECT_EQ(count(B), 1u);
}

// ---- the environment

TEST_F(ManyRoots, declare_what_they_looked_at_and_no_more) {
    const auto notes = world.deploy(A, "Patterns", "Notes");
    const auto almanac = world.deploy(L1, "Patterns", "Almanac", world.seen_from(L1, notes));
    const auto asker = world.deploy(A, "Patterns", "LowLevel");
    const auto seen = world.seen_from(A, almanac);
    world.heads();
    for (uint8_t field = 0; field <= 8; ++field) {
        auto scope = world.open();
        const auto added =
            scope.add(world.root(asker, abi::call("make(address,bytes)", seen,
                                                  abi::call("valueOf(uint256)", uint256{field}))));
        ASSERT_TRUE(added.has_value()) << added.error().to_string();
        std::vector<uint8_t> declared;
        for (const auto& value : scope.seal(world.demo().committee()).value().scope.environment)
            declared.push_back(value.field);
        const auto wanted = field == 0 ? std::vector<uint8_t>{0, 1} : std::vector{field};
        EXPECT_EQ(declared, wanted);
    }
}

TEST_F(ManyRoots, settle_in_any_block_that_is_as_they_saw_it) {
    const auto notes = world.deploy(A, "Patterns", "Notes");
    const auto almanac = world.deploy(L1, "Patterns", "Almanac", world.seen_from(L1, notes));
    const auto asker = world.deploy(A, "Patterns", "LowLevel");
    const auto seen = world.seen_from(A, almanac);
    world.heads();
    const auto snapshot = builder::read_snapshot(world.demo().devnet().l1()).value();
    // Each with a part of the environment that a later or another block may have otherwise.
    using Change = std::function<void(chain::BlockAttributes&)>;
    const std::vector<std::pair<uint8_t, Change>> changes{
        {2, [](auto& block) { block.timestamp_s += 12; }},
        {3, [](auto& block) { block.prev_randao = crypto::keccak256(block.prev_randao); }},
        {4, [](auto& block) { block.coinbase = rollup::SYSTEM_SENDER; }},
        {5, [&](auto& block) { block.gas_limit = snapshot.head.header.gas_limit - 1; }},
    };
    for (uint8_t field = 1; field <= 5; ++field) {
        auto scope = world.open();
        ASSERT_TRUE(
            scope
                .add(world.root(asker, abi::call("make(address,bytes)", seen,
                                                 abi::call("valueOf(uint256)", uint256{field}))))
                .has_value());
        const auto bundle = scope.seal(world.demo().committee()).value();
        for (const auto& [changed, change] : changes) {
            auto block = bundle.attributes;
            change(block);
            const auto outcome = builder::dry_run(snapshot, block, bundle.transaction);
            ASSERT_TRUE(outcome.has_value()) << to_string(outcome.error());
            EXPECT_EQ(outcome->succeeded(), changed != field) << int{field} << int{changed};
            if (changed == field)
                EXPECT_THAT(builder::describe_revert(outcome->output),
                            testing::HasSubstr(fmt::format("EnvironmentDrifted({}", field)));
        }
    }
}

TEST_F(ManyRoots, dont_read_what_a_coinbase_has) {
    const auto notes = world.deploy(A, "Patterns", "Notes");
    const auto almanac = world.deploy(L1, "Patterns", "Almanac", world.seen_from(L1, notes));
    const auto there = world.deploy(A, "Patterns", "LowLevel");
    const auto from_a =
        abi::call("make(address,bytes)", world.seen_from(A, almanac), abi::call("tellCoinbase()"));
    world.heads();
    for (const auto& root :
         {world.root(almanac, abi::call("tellCoinbase()")), world.root(there, from_a)}) {
        const auto refused = world.refusal_of(root);
        EXPECT_EQ(to_string(refused.rule), to_string(RefusalRule::coinbase_balance));
    }

    // Where it has nothing yet, value to it costs more and it has no code's hash.
    auto& l1 = world.demo().devnet().l1();
    const auto next = *l1.next_block();
    auto paid_first = next;
    paid_first.coinbase = Address::from(BytesView{crypto::keccak256(next.coinbase)}.first(20));
    l1.set_next_block(paid_first);
    for (const auto& root :
         {world.root(almanac, abi::call("payCoinbase()"), {.value = uint256{1u}}),
          world.root(almanac, abi::call("tellCoinbasesCode()"))}) {
        const auto refused = world.refusal_of(root);
        EXPECT_EQ(to_string(refused.rule), to_string(RefusalRule::coinbase_balance));
    }
    l1.set_next_block(next);
}

}  // namespace
}  // namespace scope::scenarios
