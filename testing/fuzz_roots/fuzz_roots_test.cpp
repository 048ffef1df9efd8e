#include <gtest/gtest.h>

#include "fuzz_roots/campaign.hpp"

namespace scope::fuzz_roots {
namespace {

const BaseChains& base() {
    static const BaseChains BASE{devnet::Artifacts::locate()};
    return BASE;
}

Statistics run(Property property, uint64_t runs) {
    const CampaignOptions options{.property = property, .seed = 1, .runs = runs};
    return run_campaign(base(), options, [](const Finding& finding) {
        ADD_FAILURE() << "seed 1, program " << finding.program << ": " << finding.what << "\n"
                      << to_string(make_program(base(), 1, finding.program));
    });
}

uint64_t refused(const Statistics& statistics, builder::RefusalRule rule) {
    return statistics.refused[static_cast<size_t>(rule)];
}

}  // namespace

TEST(program, is_the_same_for_the_same_seed) {
    EXPECT_EQ(to_string(make_program(base(), 7, 40)), to_string(make_program(base(), 7, 40)));
    EXPECT_NE(to_string(make_program(base(), 7, 40)), to_string(make_program(base(), 7, 41)));
    EXPECT_NE(to_string(make_program(base(), 7, 40)), to_string(make_program(base(), 8, 40)));
}

TEST(fuzz_roots, add_returns_whatever_contracts_do) {
    const auto reached = run(Property::add, 416);
    EXPECT_EQ(reached.programs, 416u);
    EXPECT_GT(reached.accepted, 300u);
    EXPECT_GT(reached.calls, 500u);
    EXPECT_GT(reached.failed_calls, 50u);
    EXPECT_GT(reached.undone_calls, 50u);
    EXPECT_GT(reached.static_calls, 50u);
    EXPECT_EQ(reached.deepest, protocol::MAX_DEPTH);
    EXPECT_GT(refused(reached, builder::RefusalRule::operation), 10u);
    EXPECT_GT(refused(reached, builder::RefusalRule::gas_budget), 10u);
}

TEST(fuzz_roots, what_add_accepts_settles_in_any_block_that_its_scope_allows) {
    const auto reached = run(Property::settle, 128);
    EXPECT_GT(reached.scopes, 80u);
    EXPECT_GT(reached.landings, 150u);
    EXPECT_GT(reached.late_landings, 50u);
}

}  // namespace scope::fuzz_roots
