#include <gtest/gtest.h>

#include "store/test_driver.hpp"
#include "store/test_folder.hpp"
#include "store/test_workload.hpp"

// A process that commits is killed at any moment: what it said to be committed is there, and
// nothing half.

namespace scope::store {

namespace {

TEST(kill, DISABLED_commits_without_end) {
    const auto task = TestDriver::its_task();
    if (!task) return;
    const auto real = open_disk_database(task->options);
    RepeatedDatabase database{*real};
    Staging staging{database};
    TestWorkload workload{staging, task->seed};
    while (true) {
        workload.step();
        if (workload.steps() >= real->commits()) TestDriver::tell(workload.steps());
    }
}

TEST(kill, leaves_what_was_committed_and_nothing_half) {
    const uint64_t seed = std::random_device{}() % 1'000'000;
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    std::mt19937_64 random{seed};
    std::unique_ptr<TestFolder> folder;
    std::unique_ptr<Database> memory;
    std::unique_ptr<Staging> staging;
    std::unique_ptr<TestWorkload> workload;
    for (size_t kill = 0; kill < count_of_kills(20); ++kill) {
        if (kill % 20 == 0) {  // a new database, so that what is repeated doesn't get longer
            workload.reset(), staging.reset();
            folder = std::make_unique<TestFolder>();
            memory = make_memory_database();
            staging = std::make_unique<Staging>(*memory);
            workload = std::make_unique<TestWorkload>(*staging, seed + kill);
        }
        const auto options = folder->options();
        TestDriver driver{"kill.DISABLED_commits_without_end", options, seed + kill / 20 * 20};
        const bool waits = kill % 4 != 0;  // else it may be killed while it opens or creates
        const auto told = driver.kill_after(std::chrono::microseconds{random() % 60'000}, waits);
        ASSERT_TRUE(told.has_value()) << "the driver ended by itself";
        const auto database = open_disk_database(options);
        ASSERT_GE(database->commits(), std::max(*told, workload->steps()));
        if (waits) ASSERT_LE(database->commits(), *told + 1);
        while (workload->steps() < database->commits()) workload->step();
        ASSERT_EQ(rows_of(*database), rows_of(*memory)) << "after commit " << *told;
    }
}

}  // namespace

}  // namespace scope::store
