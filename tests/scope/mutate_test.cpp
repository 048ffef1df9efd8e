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
