#include "prover/requester_time.hpp"

#include <gtest/gtest.h>

namespace scope::prover {
namespace {

using namespace std::chrono_literals;

constexpr Address ONE{{1}};
constexpr Address OTHER{{2}};
constexpr RequesterTime::Clock::time_point START{1000s};
constexpr RequesterLimits LIMITS{.time = 30s, .window = 60s, .max_requesters = 2};

TEST(requester_time, is_each_requesters_own) {
    RequesterTime time{LIMITS};
    EXPECT_EQ(time.left(ONE, START), 30s);
    time.add(ONE, 20s, START);
    EXPECT_EQ(time.left(ONE, START), 10s);
    EXPECT_EQ(time.left(OTHER, START), 30s);
    time.add(ONE, 20s, START);
    EXPECT_EQ(time.left(ONE, START), 0s);
}

TEST(requester_time, is_forgiven_evenly) {
    RequesterTime time{LIMITS};
    time.add(ONE, 40s, START);
    EXPECT_EQ(time.left(ONE, START + 20s), 0s);
    EXPECT_EQ(time.left(ONE, START + 22s), 1s);
    time.add(ONE, 1s, START + 22s);
    EXPECT_EQ(time.left(ONE, START + 22s), 0s);
    EXPECT_EQ(time.left(ONE, START + 82s), 30s);
    EXPECT_EQ(time.left(ONE, START + 24h * 365), 30s);
}

TEST(requester_time, of_too_many_the_one_that_used_least_is_forgotten) {
    RequesterTime time{LIMITS};
    time.add(ONE, 20s, START);
    time.add(OTHER, 5s, START);
    for (uint8_t i = 3; i < 100; ++i) time.add(Address{{i}}, 6s, START);
    EXPECT_EQ(time.requesters(), 2u);
    EXPECT_EQ(time.left(ONE, START), 10s);
    EXPECT_EQ(time.left(OTHER, START), 30s);
}

}  // namespace
}  // namespace scope::prover
