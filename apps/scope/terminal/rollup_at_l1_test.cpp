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

TEST(rollup_at_l1, names_the_variable_that_a_value_came_from) {
    ASSERT_EQ(setenv("ETH_TEST", "x", 1), 0);
    EXPECT_EQ(option_name("--test", "ETH_TEST", "x"), "ETH_TEST");
    EXPECT_EQ(option_name("--test", "ETH_TEST", "y"), "--test");
    ASSERT_EQ(unsetenv("ETH_TEST"), 0);
    EXPECT_EQ(option_name("--test", "ETH_TEST", "x"), "--test");
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
    EXPECT_EQ(named([] { (void)number_option("--value", "-1"); }),
              "--value: '-1' is no whole number, decimal or 0x");
    for (const std::string text :
         {"-1", "1ether", "1.5", "340282366920938463463374607431768211456"})
        EXPECT_EQ(named([&] { (void)wei_option("--value", text); }),
                  "--value: '" + text + "': whole wei, decimal or 0x, below 2^128");
    EXPECT_EQ(named([] { (void)wei_option("--value", "340282366920938463463374607431768211455"); }),
              "");
    EXPECT_EQ(named([] { (void)data_option("--data", "0x1"); }),
              "--data: '0x1' is no hex: it has an odd number of digits");
    EXPECT_EQ(named([] { (void)data_option("--data", "0xgg"); }), "--data: '0xgg' is no hex");
}

TEST(rollup_at_l1, checks_the_capitals_of_an_address) {
    const std::string right = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8";
    for (const auto& text : {right, std::string{"0x70997970c51812dc3a010c7d01b50e0d17dc79c8"},
                             std::string{"0x70997970C51812DC3A010C7D01B50E0D17DC79C8"}})
        EXPECT_NO_THROW((void)address_option("TO", text)) << text;
    EXPECT_THROW((void)address_option("TO", "0x70997970c51812dc3A010C7d01b50e0d17dc79C8"),
                 cli::UsageError);
}

}  // namespace
}  // namespace scope::terminal
