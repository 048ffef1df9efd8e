#include "net/lead.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace scope::net {
namespace {

TEST(Lead, who_comes_back_in_time_leads_on) {
    Lead lead;
    for (int i = 0; i < 1000; ++i) EXPECT_TRUE(lead.come_back(lead.leave()));
}

TEST(Lead, who_stays_away_is_replaced) {
    Lead lead;
    const uint64_t absence = lead.leave();
    EXPECT_TRUE(lead.wait());
    EXPECT_FALSE(lead.come_back(absence));
    // The other one leads, with absences of its own.
    const uint64_t next = lead.leave();
    EXPECT_FALSE(lead.come_back(absence));
    EXPECT_TRUE(lead.come_back(next));
}

TEST(Lead, an_absence_that_ended_is_not_taken_for_the_next) {
    Lead lead;
    const uint64_t first = lead.leave();
    ASSERT_TRUE(lead.come_back(first));
    const uint64_t second = lead.leave();
    EXPECT_TRUE(lead.wait());
    EXPECT_FALSE(lead.come_back(second));
}

TEST(Lead, its_end_ends_all_waiting) {
    Lead lead;
    std::thread waiting{[&] { EXPECT_FALSE(lead.wait()); }};
    lead.end();
    waiting.join();
    EXPECT_FALSE(lead.wait());
    lead.leave();
    EXPECT_FALSE(lead.wait());
}

TEST(Lead, one_of_two_leads_at_any_time) {
    Lead lead;
    int turns = 0;  // of who leads: a race shows here
    std::atomic<int> leading = 0;
    const auto run = [&](bool leads) {
        while (leads || lead.wait()) {
            EXPECT_EQ(++leading, 1);
            const bool is_last = ++turns == 60;
            const bool is_long = turns % 20 == 0;
            --leading;
            if (is_last) return lead.end();
            const uint64_t absence = lead.leave();
            // Long enough for the other to take over, as it does sooner or later.
            if (is_long) std::this_thread::sleep_for(2 * (Lead::LOOK_AFTER + Lead::PATIENCE));
            leads = lead.come_back(absence);
        }
    };
    std::thread other{[&] { run(false); }};
    run(true);
    other.join();
    EXPECT_EQ(turns, 60);
}

}  // namespace
}  // namespace scope::net
