#include "builder/price.hpp"

#include <gmock/gmock.h>

namespace scope::builder {
namespace {

constexpr RootUse USE{.l1_gas = 1'000, .unpaid_gas = 200, .blob_bytes = 30};
const L1Prices PRICES{.gas_wei = 7u, .blob_byte_wei = 5u};
const PriceRule RULE{.margin_percent = 100, .proving_wei = 11u, .unpaid_gas_wei = 3u};
constexpr uint64_t COST = 1'000 * 7 + 30 * 5 + 200 * 3 + 11;

PriceRule with_margin(uint64_t percent) {
    PriceRule rule = RULE;
    rule.margin_percent = percent;
    return rule;
}

TEST(price, is_the_sum_of_what_the_builder_pays_for) {
    EXPECT_EQ(cost_of(USE, PRICES, RULE), uint256{COST});
    EXPECT_EQ(cost_of({}, PRICES, RULE), RULE.proving_wei);
    EXPECT_EQ(cost_of({}, {}, {}), uint256{});
}

TEST(price, has_to_be_paid_times_the_margin) {
    struct Case {
        uint64_t margin_percent;
        uint64_t least;
    };
    // Rounded up: half of 7'761 is 3'880.5.
    static_assert(COST == 7'761);
    for (const auto& [margin, least] :
         {Case{100, 7'761}, Case{50, 3'881}, Case{200, 15'522}, Case{1, 78}}) {
        EXPECT_FALSE(why_underpaid(uint256{least}, USE, PRICES, with_margin(margin))) << margin;
        EXPECT_TRUE(why_underpaid(uint256{least - 1}, USE, PRICES, with_margin(margin))) << margin;
    }
}

TEST(price, is_off_without_a_margin) {
    EXPECT_FALSE(why_underpaid({}, USE, PRICES, with_margin(0)));
}

TEST(price, a_refusal_has_the_numbers) {
    const auto why = why_underpaid(5u, USE, PRICES, with_margin(200)).value();
    for (const auto* const part :
         {"pays the builder 5 wei", "has to pay 15522", "200 percent", "the 7761 wei",
          "1000 gas on L1", "200 gas that nobody", "30 bytes"})
        EXPECT_THAT(why, testing::HasSubstr(part));
}

}  // namespace
}  // namespace scope::builder
