#include <gtest/gtest.h>

#include "adversary/campaign.hpp"
#include "demo/stories.hpp"
#include "demo/world.hpp"

namespace scope::adversary {
namespace {

/// Seeds start here; a failure prints its own.
constexpr uint64_t FIRST_SEED = 100;  // the first one publishes in blobs
constexpr uint64_t PROGRAMS = 12;
constexpr Amount AMOUNT{.mutants = 30, .lies = 8};

TEST(mutate, no_changed_bundle_settles_as_something_else) {
    const auto artifacts = devnet::Artifacts::locate();
    const oracle::ManyChains many{artifacts};
    Tally sum;
    for (uint64_t seed = FIRST_SEED; seed < FIRST_SEED + PROGRAMS; ++seed) {
        const auto result = run_campaign(many, seed, AMOUNT);
        for (const auto& survivor : result.survivors)
            ADD_FAILURE() << "seed " << seed << ": " << survivor.kind << ": " << survivor.detail
                          << "\n"
                          << survivor.program;
        sum += result.sum();
    }
    RecordProperty("refused", std::to_string(sum.refused));
    RecordProperty("equivalent", std::to_string(sum.equivalent));
    RecordProperty("swallowed", std::to_string(sum.swallowed));
    EXPECT_GE(sum.refused, sum.all() / 2);
}

/// A contract of L1 that asks one of a rollup, which calls it back: a leg with a fill, a record and
/// an operation.
TEST(mutate, no_bit_of_a_leg_can_be_turned_over) {
    using oracle::Expression;
    using oracle::Operation;
    const auto call = [](size_t target, uint64_t function) {
        return Operation{.kind = Operation::Kind::call,
                         .expression = {Expression::Kind::constant, 5},
                         .at = {},
                         .bubbles = true,
                         .target = target,
                         .function = function,
                         .value = 1};
    };
    const Operation set{
        .kind = Operation::Kind::set, .expression = {Expression::Kind::argument, 0}, .at = {}};
    oracle::Program program;
    program.contracts = {
        {.chain = 0, .functions = {{call(1, 0), set}, {set}}, .balance = 5, .creator = {}},
        {.chain = 1, .functions = {{call(0, 1)}}, .balance = 5, .creator = {}}};
    program.roots = {{.target = 0}};

    const auto artifacts = devnet::Artifacts::locate();
    const auto result = walk_bits(oracle::ManyChains{artifacts}, program, 0);
    ASSERT_TRUE(result.was_built);
    for (const auto& survivor : result.survivors)
        ADD_FAILURE() << survivor.kind << ": " << survivor.detail;
    const auto sum = result.sum();
    RecordProperty("refused", std::to_string(sum.refused));
    RecordProperty("equivalent", std::to_string(sum.equivalent));
    EXPECT_EQ(sum.swallowed, 0u);
    EXPECT_GT(sum.refused, 10'000u);
}

/// All five stories as roots of one scope.
TEST(mutate, nor_does_the_demonstrations) {
    static const demo::Progress progress;
    demo::World world{devnet::Artifacts::locate(), builder::DataAvailability::blobs, progress};
    const auto options = world.options();
    auto scope = world.open();
    for (const auto& story : demo::stories())
        ASSERT_TRUE(scope.add(story.make(world)).has_value()) << story.name;
    const auto bundle = world.devnet().node().seal(scope);
    ASSERT_TRUE(bundle.has_value()) << to_string(bundle.error());
    const auto result =
        run_campaign({world.devnet(), options, *bundle, {}}, 1, {.mutants = 60, .lies = 20});
    for (const auto& survivor : result.survivors)
        ADD_FAILURE() << survivor.kind << ": " << survivor.detail;
    EXPECT_GE(result.sum().refused, 40u);
}

}  // namespace
}  // namespace scope::adversary
