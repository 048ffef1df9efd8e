#include "base/chain_id.hpp"

#include <absl/hash/hash.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <type_traits>
#include <unordered_set>

namespace scope {
namespace {

static_assert(!std::is_convertible_v<uint64_t, ChainId>);
static_assert(!std::is_convertible_v<ChainId, uint64_t>);
static_assert(!std::is_convertible_v<ChainId, uint256>);
static_assert(!std::is_constructible_v<ChainId, uint256>);
static_assert(sizeof(ChainId) == sizeof(uint64_t));

TEST(chain_id, is_found_only_in_words_below_2_to_64) {
    EXPECT_EQ(ChainId::from(uint256{901u}), ChainId{901});
    EXPECT_EQ(ChainId::from(uint256{~uint64_t{0}}), ChainId{~uint64_t{0}});
    for (size_t word = 1; word < 4; ++word) {
        uint256 too_large{901u};
        too_large[word] = 1;
        EXPECT_EQ(ChainId::from(too_large), std::nullopt) << word;
    }
}

TEST(chain_id, gives_its_word_and_number) {
    constexpr ChainId ID{902};
    EXPECT_EQ(uint256{ID}, uint256{902u});
    EXPECT_EQ(ID.number(), 902u);
    EXPECT_EQ(fmt::format("chain {}", ID), "chain 902");
}

TEST(chain_id, is_ordered_and_hashed_by_its_number) {
    EXPECT_LT(ChainId{2}, ChainId{10});
    EXPECT_NE(ChainId{2}, ChainId{10});
    const std::unordered_set<ChainId> ids{ChainId{2}, ChainId{10}, ChainId{2}};
    EXPECT_EQ(ids.size(), 2u);
    EXPECT_EQ(absl::HashOf(ChainId{2}), absl::HashOf(ChainId{2}));
}

}  // namespace
}  // namespace scope
