#include "node/back_off.hpp"

#include <gtest/gtest.h>

namespace scope::node {
namespace {

constexpr Address ALICE{{1}};
constexpr Address BOB{{2}};

Address address_of(uint64_t number) {
    Address address;
    for (size_t i = 0; i < 8; ++i) address[i] = static_cast<uint8_t>(number >> (8 * i));
    return address;
}

TEST(bounded_map, forgets_the_oldest) {
    BoundedMap<int, char> map{2};
    map.set(1, 'a');
    map.set(2, 'b');
    map.set(1, 'c');
    ASSERT_NE(map.find(1), nullptr);
    EXPECT_EQ(*map.find(1), 'c');
    map.set(3, 'd');
    EXPECT_EQ(map.find(1), nullptr);
    EXPECT_NE(map.find(2), nullptr);
    map.erase(2);
    map.erase(2);
    map.set(4, 'e');
    EXPECT_NE(map.find(3), nullptr);
    EXPECT_EQ(map.size(), 2u);
}

TEST(back_off, holds_back_one_turn_then_twice_as_many_each_time) {
    BackOff<Address> back_off{1};
    uint64_t turn = 10;
    for (const uint64_t turns : {1u, 2u, 4u, 8u, 16u, 32u, 64u, 64u, 64u}) {
        EXPECT_FALSE(back_off.holds_back(ALICE, turn));
        back_off.add(ALICE, turn);
        for (uint64_t i = 0; i <= turns; ++i)
            EXPECT_TRUE(back_off.holds_back(ALICE, turn + i)) << turns << ' ' << i;
        EXPECT_FALSE(back_off.holds_back(BOB, turn));
        turn += turns + 1;
    }
    back_off.forgive(ALICE);
    back_off.add(ALICE, turn);
    EXPECT_TRUE(back_off.holds_back(ALICE, turn + 1));
    EXPECT_FALSE(back_off.holds_back(ALICE, turn + 2));
}

TEST(back_off, may_let_the_first_time_pass) {
    BackOff<Address> back_off{0};
    uint64_t turn = 10;
    for (const uint64_t turns : {0u, 1u, 2u, 4u}) {
        EXPECT_FALSE(back_off.holds_back(ALICE, turn));
        back_off.add(ALICE, turn);
        EXPECT_TRUE(back_off.holds_back(ALICE, turn + turns));
        turn += turns + 1;
    }
}

TEST(back_off, remembers_so_many_and_no_more) {
    BackOff<Address> back_off{1};
    for (uint64_t i = 0; i <= BackOff<Address>::MAX_KEYS; ++i) back_off.add(address_of(i), 1);
    EXPECT_EQ(back_off.size(), BackOff<Address>::MAX_KEYS);
    EXPECT_FALSE(back_off.holds_back(address_of(0), 1));
    EXPECT_TRUE(back_off.holds_back(address_of(1), 1));
}

}  // namespace
}  // namespace scope::node
