#include "base/hex.hpp"

#include <gtest/gtest.h>

namespace scope {
using namespace literals;

TEST(hex, round_trip) {
    const Bytes bytes{0x00, 0x01, 0xab, 0xff};
    EXPECT_EQ(to_hex(bytes), "0x0001abff");
    EXPECT_EQ(from_hex("0x0001abff"), bytes);
    EXPECT_EQ(from_hex("0001ABFF"), bytes);
    EXPECT_EQ(from_hex(""), Bytes{});
}

TEST(hex, refuses_what_is_not_hex) {
    EXPECT_EQ(from_hex("0x0"), std::nullopt);
    EXPECT_EQ(from_hex("0xzz"), std::nullopt);
    EXPECT_EQ(from_hex("0x0x"), std::nullopt);
    EXPECT_EQ(fixed_from_hex<20>("0x00"), std::nullopt);
}

TEST(hex, literals) {
    constexpr auto a = "0x00000000000000000000000000000000000000ff"_address;
    EXPECT_EQ(a[19], 0xff);
    EXPECT_FALSE(a.is_zero());
    EXPECT_TRUE(Address{}.is_zero());
}

}  // namespace scope
