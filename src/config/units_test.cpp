#include "config/units.hpp"

#include <gtest/gtest.h>

namespace scope::config {
namespace {

using namespace std::chrono_literals;

TEST(units, durations_have_a_unit) {
    EXPECT_EQ(parse_duration("250ms").value(), 250ms);
    EXPECT_EQ(parse_duration("12s").value(), 12s);
    EXPECT_EQ(parse_duration("5m").value(), 5min);
    EXPECT_EQ(parse_duration("2h").value(), 2h);
    EXPECT_EQ(parse_duration("18d").value(), 18 * 24h);
    for (const auto* const text : {"", "12", "s", "-1s", "1.5s", "12 s", "12S", "12sec", "0x1s",
                                   "+1s", "99999999999999999999s", "18446744073709551615d"})
        EXPECT_FALSE(parse_duration(text)) << text;
}

TEST(units, sizes_and_fees_have_a_unit) {
    EXPECT_EQ(parse_size("128MiB").value(), uint64_t{128} << 20);
    EXPECT_EQ(parse_size("7B").value(), 7u);
    EXPECT_FALSE(parse_size("128MB"));
    EXPECT_FALSE(parse_size("9999999999GiB"));
    EXPECT_EQ(parse_wei("100gwei").value(), 100'000'000'000u);
    EXPECT_EQ(parse_wei("18ether").value(), 18'000'000'000'000'000'000u);
    EXPECT_FALSE(parse_wei("19ether"));
}

TEST(units, what_is_printed_parses_to_the_same) {
    for (const auto duration : {0ms, 1ms, 999ms, 1000ms, 60'000ms, 90'000ms, 86'400'000ms})
        EXPECT_EQ(parse_duration(print_duration(duration)).value(), duration);
    EXPECT_EQ(print_duration(90s), "90s");
    EXPECT_EQ(print_duration(0ms), "0ms");
    for (const uint64_t bytes : {0u, 1u, 1023u, 1024u, 1u << 20, 3u << 30})
        EXPECT_EQ(parse_size(print_size(bytes)).value(), bytes);
    for (const uint64_t wei : {uint64_t{0}, uint64_t{1}, uint64_t{1'500'000'000}, UINT64_MAX})
        EXPECT_EQ(parse_wei(print_wei(wei)).value(), wei);
}

TEST(units, a_place_to_listen_has_host_and_port) {
    EXPECT_EQ(parse_listen("127.0.0.1:9545")->port, 9545);
    EXPECT_EQ(parse_listen("[::1]:0")->host, "::1");
    EXPECT_EQ(parse_listen("localhost:65535")->host, "localhost");
    for (const auto* const text :
         {"", "9545", ":9545", "a:", "a:65536", "a:-1", "a:x", "::1:5", "[]:5", "a b:5", "a:5 "})
        EXPECT_FALSE(parse_listen(text)) << text;
}

}  // namespace
}  // namespace scope::config
