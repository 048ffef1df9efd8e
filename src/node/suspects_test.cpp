#include "node/suspects.hpp"

#include <gtest/gtest.h>

namespace scope::node {
namespace {

std::set<int> without(std::set<int> all, const std::set<int>& left_out) {
    for (const int key : left_out) all.erase(key);
    return all;
}

/// Takes turns until somebody is found; returns who, and how many scopes reverted.
std::pair<int, int> search(const std::set<int>& all, int culprit) {
    Suspects<int> suspects;
    int reverts = 0;
    for (uint64_t turn = 0; turn < 100; ++turn) {
        const auto with = without(all, suspects.left_out(turn));
        const bool reverts_now = with.contains(culprit);
        reverts += reverts_now ? 1 : 0;
        if (const auto found = reverts_now ? suspects.reverted(with) : suspects.settled(with))
            return {*found, reverts};
    }
    return {-1, reverts};
}

TEST(suspects, finds_the_one_with_whom_scopes_revert) {
    for (int size = 1; size <= 40; ++size) {
        std::set<int> all;
        for (int key = 0; key < size; ++key) all.insert(key);
        int turns = 1;
        while (1 << (turns - 1) < size) ++turns;
        for (const int culprit : all) {
            const auto [found, reverts] = search(all, culprit);
            EXPECT_EQ(found, culprit) << "of " << size;
            EXPECT_LE(reverts, turns) << culprit << " of " << size;
        }
    }
}

TEST(suspects, begins_anew_where_those_suspected_were_not_to_blame) {
    Suspects<int> suspects;
    EXPECT_EQ(suspects.reverted({1, 2}), std::nullopt);
    EXPECT_EQ(suspects.left_out(0), (std::set{1}));
    EXPECT_EQ(suspects.left_out(1), (std::set{2}));
    EXPECT_EQ(suspects.reverted({3, 4}), std::nullopt);
    EXPECT_EQ(suspects.settled({1, 2, 3}), 4);
    EXPECT_TRUE(suspects.left_out(0).empty());
}

TEST(suspects, leaves_nobody_out_who_settled) {
    Suspects<int> suspects;
    EXPECT_EQ(suspects.reverted({1, 2, 3}), std::nullopt);
    EXPECT_EQ(suspects.settled({1, 2, 3}), std::nullopt);
    EXPECT_TRUE(suspects.left_out(0).empty());
    EXPECT_EQ(suspects.settled({4}), std::nullopt);
}

}  // namespace
}  // namespace scope::node
