#include "demo/stories.hpp"

#include <array>

namespace scope::demo {

namespace {

constexpr uint64_t MILLI = ETHER / 1000;  // a thousandth of a token, or of an ETH

/// A returned number; zero if it is none, which no check takes for the right one.
uint256 number_of(BytesView output) {
    const auto value = abi::decode<uint256>(output);
    return value ? std::get<0>(*value) : uint256{};
}

// ---- 1: the seed's example

const uint256 SOLD = uint256{500u} * uint256{ETHER};
constexpr uint64_t SWAP_GAS = 6'000'000;

builder::Root make_swap(World& world) {
    const auto& sites = world.sites();
    const auto& on_a = sites.rollups.at(A);
    // RemoteSwap.Order
    const auto order = std::tuple{sites.usd,    SOLD,      sites.gold, uint256{1u}, uint256{A},
                                  on_a.swapper, on_a.pair, on_a.gold,  sites.shop};
    return world.operation(
        world.alice(), world.alice().address,
        World::batch_of(
            {{sites.usd, {}, abi::call("approve(address,uint256)", sites.remote_swap, SOLD)},
             {sites.remote_swap,
              {},
              abi::call("swapAndSpend((address,uint256,address,uint256,uint256,address,address,"
                        "address,address))",
                        order)}}),
        SWAP_GAS);
}

Facts read_swap(const World& world) {
    const auto& sites = world.sites();
    return {world.token_of(world.l1_id(), sites.usd, world.alice().address),
            world.number(world.l1_id(), sites.shop,
                         abi::call("spent(address,address)", sites.remote_swap, sites.gold)),
            world.token_of(world.l1_id(), sites.usd, sites.bridge),
            world.token_of(world.l1_id(), sites.gold, sites.bridge),
            world.number(A, sites.rollups.at(A).swapper,
                         abi::call("quote(address,address,uint256)", sites.rollups.at(A).pair,
                                   sites.rollups.at(A).usd, SOLD))};
}

void verify_swap(const World& /*world*/, const builder::RootResult& result, const Facts& before,
                 const Facts& after, Checks& checks) {
    const auto bought = result.calls.size() == 2 ? number_of(result.calls[1].output) : uint256{};
    checks.expect(bought == before[4] && !bought.is_zero(),
                  "swap: the answer on L1 is what A's pool quoted");
    checks.expect(before[0] - after[0] == SOLD, "swap: alice paid 500 USD on L1");
    checks.expect(after[1] - before[1] == bought,
                  "swap: all GOLD that was bought on A was spent in L1's shop");
    checks.expect(after[2] - before[2] == SOLD, "swap: the USD are locked in L1's bridge");
    checks.expect(before[3] - after[3] == bought, "swap: the GOLD has left L1's bridge");
}

// ---- 2: callback

constexpr uint64_t SECRET = 6;
constexpr uint64_t FACTOR = 7;  // of Asker.ask
constexpr uint64_t L2_GAS = 4'000'000;

builder::Root make_callback(World& world) {
    const auto& sites = world.sites();
    return world.root(A, world.alice(), sites.asker,
                      abi::call("ask(uint256,address,uint256)", uint256{world.l1_id()},
                                sites.answerer, uint256{SECRET}),
                      L2_GAS);
}

Facts read_callback(const World& world) {
    const auto& sites = world.sites();
    return {world.number(A, sites.asker, abi::call("answer()")),
            world.number(A, sites.asker, abi::call("secret()")),
            world.number(A, sites.asker, abi::call("phase()")),
            world.number(world.l1_id(), sites.answerer, abi::call("answers()"))};
}

void verify_callback(const World& /*world*/, const builder::RootResult& result, const Facts& before,
                     const Facts& after, Checks& checks) {
    checks.expect(number_of(result.output) == uint256{FACTOR * SECRET} && after[0] == uint256{42u},
                  "callback: A got 7 * 6 = 42 from L1, which knew the 6 only by calling back");
    checks.expect(result.calls.size() == 1 && result.calls[0].calls.size() == 1 &&
                      result.calls[0].calls[0].output == abi::encode(uint256{1u}, uint256{SECRET}),
                  "callback: it saw A in the middle of its transaction (phase Waiting)");
    checks.expect(after[1].is_zero(), "callback: what it wrote on A stayed");
    checks.expect(after[2] == uint256{2u}, "callback: A ended in phase Answered");
    checks.expect(after[3] - before[3] == uint256{1u}, "callback: L1 answered once");
}

// ---- 3: arbitrage

const uint256 INVESTED = uint256{1000u} * uint256{ETHER};

builder::Root make_arbitrage(World& world) {
    const auto& sites = world.sites();
    const auto& a = sites.rollups.at(A);
    const auto& b = sites.rollups.at(B);
    // Arbitrage.Route
    const auto route =
        std::tuple{a.usd, a.gold, a.pair, uint256{B}, b.swapper, b.pair, b.usd, b.gold};
    return world.root(A, world.bob(), sites.arbitrage,
                      abi::call("run((address,address,address,uint256,address,address,"
                                "address,address),uint256)",
                                route, INVESTED),
                      2 * L2_GAS);
}

Facts read_arbitrage(const World& world) {
    const auto& a = world.sites().rollups.at(A);
    const auto& b = world.sites().rollups.at(B);
    return {world.token_of(A, a.usd, world.bob().address), world.token_of(A, a.usd, a.pair),
            world.token_of(B, b.gold, b.pair)};
}

void verify_arbitrage(const World& /*world*/, const builder::RootResult& result,
                      const Facts& before, const Facts& after, Checks& checks) {
    const auto back = number_of(result.output);
    checks.expect(INVESTED < back, "arbitrage: B's pool paid more than A's pool cost");
    checks.expect(after[0] - before[0] == back - INVESTED,
                  "arbitrage: the profit is bob's, on A, in the same transaction");
    checks.expect(before[2] < after[2], "arbitrage: the GOLD bought on A is in B's pool");
}

// ---- 4: three chains deep, with value

const uint256 SENT = uint256{1000u * MILLI};
const uint256 TO_B = uint256{700u * MILLI};
const uint256 TO_L1 = uint256{500u * MILLI};
const uint256 BACK_TO_A = uint256{200u * MILLI};

builder::Root make_courier(World& world) {
    const auto& sites = world.sites();
    // Courier.Stop[]
    using Stop = std::tuple<uint256, Address, uint256, uint256>;
    const std::vector<Stop> stops{
        {uint256{B}, sites.rollups.at(B).courier, uint256{1'600'000u}, TO_B},
        {uint256{world.l1_id()}, sites.courier, uint256{1'000'000u}, TO_L1},
        {uint256{A}, sites.rollups.at(A).courier, uint256{300'000u}, BACK_TO_A}};
    return world.root(A, world.alice(), sites.rollups.at(A).courier,
                      abi::call("carry((uint256,address,uint256,uint256)[])", stops), L2_GAS, SENT);
}

Facts read_courier(const World& world) {
    const auto& sites = world.sites();
    const auto escrow = [&](ChainId chain_id) {
        return world.number(world.l1_id(), sites.settlement,
                            abi::call("escrowOf(uint256)", uint256{chain_id}));
    };
    return {world.ether_of(A, sites.rollups.at(A).courier),
            world.ether_of(B, sites.rollups.at(B).courier),
            world.ether_of(world.l1_id(), sites.courier), escrow(A)};
}

void verify_courier(const World& /*world*/, const builder::RootResult& result, const Facts& before,
                    const Facts& after, Checks& checks) {
    checks.expect(number_of(result.output) == SENT,
                  "courier: the sum of what each stop kept came back as the answer");
    checks.expect(after[0] - before[0] == SENT - TO_B + BACK_TO_A,
                  "courier: 0.3 + 0.2 ETH stayed on A");
    checks.expect(after[1] - before[1] == TO_B - TO_L1, "courier: 0.2 ETH stayed on B");
    checks.expect(after[2] - before[2] == TO_L1 - BACK_TO_A, "courier: 0.3 ETH stayed on L1");
    checks.expect(before[3] - after[3] == TO_B - BACK_TO_A,
                  "courier: L1 holds for A what left it, less");
}

// ---- 5: a callee that fails

const uint256 OFFERED = uint256{250u * MILLI};

builder::Root make_refusal(World& world) {
    const auto& sites = world.sites();
    return world.root(B, world.alice(), sites.persistent,
                      abi::call("insist(uint256,address)", uint256{world.l1_id()}, sites.refuser),
                      L2_GAS, OFFERED);
}

Facts read_refusal(const World& world) {
    const auto& sites = world.sites();
    return {world.number(B, sites.persistent, abi::call("refusals()")),
            world.number(world.l1_id(), sites.refuser, abi::call("attempts()")),
            world.number(world.l1_id(), sites.refuser, abi::call("accepted()")),
            world.ether_of(world.l1_id(), sites.refuser), world.ether_of(B, sites.persistent)};
}

void verify_refusal(const World& /*world*/, const builder::RootResult& result, const Facts& before,
                    const Facts& after, Checks& checks) {
    checks.expect(result.calls.size() == 4 && !result.calls[0].success &&
                      !result.calls[1].success && !result.calls[2].success &&
                      result.calls[3].success,
                  "refusal: three calls failed and were caught, the fourth succeeded");
    checks.expect(result.calls.size() == 4 && !result.calls[0].kept && result.calls[1].kept &&
                      !result.calls[2].kept && result.calls[3].kept,
                  "refusal: those with value were rolled back, tryScopedCall's survived");
    checks.expect(after[0] - before[0] == uint256{3u}, "refusal: the caller went on after each");
    checks.expect(after[1] == before[1], "refusal: the refused calls have no effect on L1");
    checks.expect(after[2] - before[2] == OFFERED && after[3] - before[3] == OFFERED,
                  "refusal: the value came back three times and arrived once");
    checks.expect(after[4] == before[4], "refusal: nothing is stranded on B");
}

constexpr auto STORIES = std::to_array<Story>({
    {"swap", "a user on L1 buys in a rollup's pool and spends on L1",
     "One operation of alice's account on L1: she sends 500 USD to rollup A, swaps them for GOLD "
     "in "
     "A's Uniswap pool, has the GOLD withdrawn to L1, and spends it in a shop on L1. The "
     "withdrawal "
     "is a call from A into L1 while L1 waits for A's answer.",
     std::nullopt, 3, make_swap, read_swap, verify_swap},
    {"callback", "L2 to L1 to L2: a callback sees a transaction from inside",
     "A contract on A asks a contract on L1, which calls back the asker before it answers, and is "
     "told a secret that the asker holds only during this transaction.",
     A, 2, make_callback, read_callback, verify_callback},
    {"arbitrage", "L2 to L2: arbitrage between two pools in one transaction",
     "In one transaction on A, bob buys GOLD in A's pool, sends it to B, sells it in B's pool, and "
     "has the USD back on A. The tokens' home is L1, so each transfer passes through L1's bridge.",
     A, 6, make_arbitrage, read_arbitrage, verify_arbitrage},
    {"courier", "three chains deep: A to B to L1 to A, with ETH",
     "1 ETH starts on A; each stop keeps some and sends the rest on: B, then L1, then A again, "
     "inside the three calls before. Each stop adds what it kept to the answer of the next one.",
     A, 3, make_courier, read_courier, verify_courier},
    {"refusal", "a callee that fails is caught by its caller",
     "A contract on B offers 0.25 ETH to a contract on L1, which refuses: in a try/catch, and "
     "twice "
     "by ScopeLib.tryScopedCall (without and with value). The caller goes on each time, value and "
     "state are as before; a fourth call is accepted.",
     B, 4, make_refusal, read_refusal, verify_refusal},
});

}  // namespace

std::span<const Story> stories() {
    return STORIES;
}

}  // namespace scope::demo
