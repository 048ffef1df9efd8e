#include "builder/settlement_check.hpp"

#include <gtest/gtest.h>

namespace scope::builder {
namespace {

constexpr ChainId L1{1};
constexpr ChainId CHAIN{902};
constexpr ChainId REMOTE{903};

protocol::Record record_from(ChainId source) {
    protocol::Record record;
    record.request.source_chain_id = uint256{source};
    return record;
}
protocol::Fill fill_of(ChainId target) {
    return {uint256{target}, {}, {}};
}

TEST(settlement_check, looks_at_pairs_between_which_there_is_an_answer) {
    Plan plan;
    plan[L1].fills = {fill_of(CHAIN), fill_of(CHAIN)};
    plan[CHAIN].records = {record_from(L1), record_from(L1), record_from(REMOTE)};
    plan[REMOTE].fills = {fill_of(CHAIN)};
    EXPECT_EQ(pairs_of(plan), (std::vector<ChainPair>{{L1, CHAIN}, {CHAIN, REMOTE}}));
    EXPECT_TRUE(pairs_of({}).empty());
    EXPECT_TRUE(pairs_of({{CHAIN, {}}}).empty());
}

TEST(settlement_check, looks_at_a_pair_that_only_one_side_names) {
    // Settlement compares both sides of a pair that either one names.
    Plan asked;
    asked[CHAIN].fills = {fill_of(L1)};
    Plan served;
    served[CHAIN].records = {record_from(L1)};
    EXPECT_EQ(pairs_of(asked), (std::vector<ChainPair>{{L1, CHAIN}}));
    EXPECT_EQ(pairs_of(served), pairs_of(asked));
}

/// Two chains after one call from `here` to `there` that carried 7 wei.
struct Mirrored {
    PairView here;
    PairView there;
    Mirrored() {
        here.hashes.requests_out = there.hashes.requests_in = Hash{{1}};
        here.hashes.responses_in = there.hashes.responses_out = Hash{{2}};
        here.values.value_out = there.values.value_in = 7u;
    }
};

TEST(settlement_check, tells_what_of_a_pair_is_not_mirrored) {
    Mirrored pair;
    EXPECT_EQ(first_difference(pair.here, pair.there), nullptr);
    EXPECT_EQ(first_difference(pair.there, pair.here), nullptr);
    pair.there.values.value_in = 8u;
    EXPECT_STREQ(first_difference(pair.here, pair.there), "values");
    pair.there.hashes.responses_out = Hash{{3}};
    EXPECT_STREQ(first_difference(pair.here, pair.there), "responses");
    pair.there.hashes.requests_in = Hash{{3}};
    EXPECT_STREQ(first_difference(pair.here, pair.there), "requests");
    // What goes the other way is another question.
    EXPECT_EQ(first_difference(pair.there, pair.here), nullptr);
    pair.there.hashes.requests_out = Hash{{4}};
    EXPECT_STREQ(first_difference(pair.there, pair.here), "requests");
}

TEST(settlement_check, a_limit_is_what_l1_holds_or_none) {
    EXPECT_TRUE(is_allowed_limit({}, 5u));
    EXPECT_TRUE(is_allowed_limit(5u, 5u));
    EXPECT_TRUE(is_allowed_limit({}, {}));
    EXPECT_FALSE(is_allowed_limit(4u, 5u));
    EXPECT_FALSE(is_allowed_limit(6u, 5u));
    EXPECT_FALSE(is_allowed_limit(1u, {}));
}

TEST(settlement_check, a_rollup_may_give_what_it_was_given_and_what_is_held_for_it) {
    const auto [held, given] = backing_of(5u, {{L1, {.value_out = 3u, .value_in = 10u}},
                                               {CHAIN, {.value_out = 12u, .value_in = {}}}});
    EXPECT_EQ(held, uint256{15u});
    EXPECT_EQ(given, uint256{15u});
    EXPECT_EQ(backing_of(5u, {}).held, uint256{5u});
}

TEST(settlement_check, sums_that_no_word_holds_are_never_backed) {
    // As rollups may tell them that were upgraded to other code than ours.
    const uint256 most = ~uint256{};
    const auto is_backed = [](const Backing& backing) { return backing.given <= backing.held; };
    EXPECT_TRUE(is_backed(backing_of(1u, {{L1, {.value_out = most, .value_in = most - 1u}}})));
    EXPECT_FALSE(is_backed(backing_of(1u, {{L1, {.value_out = {}, .value_in = most}}})));
    EXPECT_FALSE(is_backed(backing_of(1u, {{L1, {.value_out = most, .value_in = {}}},
                                           {CHAIN, {.value_out = 1u, .value_in = {}}}})));
}

}  // namespace
}  // namespace scope::builder
