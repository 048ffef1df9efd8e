#include "terminal/rollup_at_l1.hpp"

#include <gtest/gtest.h>

namespace scope::terminal {
namespace {

TEST(rollup_at_l1, shows_every_wei) {
    const uint256 one{1'000'000'000'000'000'000u};
    EXPECT_EQ(ether({}), "0 ETH");
    EXPECT_EQ(ether(uint256{7u}), "0.000000000000000007 ETH");
    EXPECT_EQ(ether(one), "1 ETH");
    EXPECT_EQ(ether(uint256{12u} * one + one / uint256{2u}), "12.5 ETH");
}

TEST(rollup_at_l1, names_the_option_that_is_wrong) {
    const auto named = [](const auto& read) {
        try {
            read();
        } catch (const cli::UsageError& error) {
            return std::string{error.what()};
        }
        return std::string{};
    };
    EXPECT_EQ(named([] { (void)address_option("TO", "0x12"); }), "TO: '0x12' is no address");
    EXPECT_EQ(named([] { (void)number_option("--value", "-1"); }), "--value: '-1' is no number");
    EXPECT_EQ(named([] { (void)data_option("--data", "0x1"); }), "--data: '0x1' is no hex");
}

}  // namespace
}  // namespace scope::terminal
