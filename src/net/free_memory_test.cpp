#include "net/free_memory.hpp"

#include <gtest/gtest.h>

namespace scope::net {
namespace {

TEST(FreeMemory, falls_once_for_each_time_that_much_was_held) {
    Ebb held;
    EXPECT_FALSE(held.has_fallen(0));
    held.rise(Ebb::MUCH - 1);
    EXPECT_FALSE(held.has_fallen(0));
    for (int i = 0; i < 2; ++i) {
        held.rise(Ebb::MUCH);
        EXPECT_FALSE(held.has_fallen(Ebb::LITTLE + 1));
        EXPECT_FALSE(held.has_fallen(Ebb::LITTLE));
        EXPECT_FALSE(held.has_fallen(Ebb::LITTLE + 1));
        EXPECT_FALSE(held.has_fallen(Ebb::LITTLE));
        EXPECT_TRUE(held.has_fallen(Ebb::LITTLE));
        EXPECT_FALSE(held.has_fallen(0));
    }
}

}  // namespace
}  // namespace scope::net
