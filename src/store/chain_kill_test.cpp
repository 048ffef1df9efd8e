#include <gtest/gtest.h>

#include "store/test_chains.hpp"
#include "store/test_driver.hpp"
#include "store/test_folder.hpp"

// A process that imports, reorganises and prunes two chains is killed at any moment: what it
// committed is what it is where nobody is killed, and nothing is half.

namespace scope::store {

namespace {

namespace fs = std::filesystem;

TEST(chain_kill, DISABLED_drives_without_end) {
    const auto task = TestDriver::its_task();
    if (!task) return;
    const auto database = open_disk_database(task->options);
    TestChains chains{*database, task->seed};
    TestDriver::tell(database->commits());
    while (true) {
        chains.step();
        TestDriver::tell(database->commits());
    }
}

TEST(chain_kill, leaves_the_chains_as_they_are_without_it) {
    const uint64_t seed = std::random_device{}() % 1'000'000;
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    std::mt19937_64 random{seed};
    constexpr size_t KILLS_EACH = 20;  // of one database
    std::unique_ptr<TestFolder> folder;
    std::unique_ptr<UndisturbedChains> wanted;
    uint64_t last_told = 0;
    for (size_t kill = 0; kill < count_of_kills(60); ++kill) {
        SCOPED_TRACE(testing::Message() << "kill " << kill);
        const uint64_t its_seed = seed + kill / KILLS_EACH;
        if (kill % KILLS_EACH == 0) {
            folder = std::make_unique<TestFolder>();
            wanted = std::make_unique<UndisturbedChains>(its_seed);
            last_told = 0;
        }
        TestDriver driver{"chain_kill.DISABLED_drives_without_end", folder->options(), its_seed};
        const bool waits = kill % 4 != 0;  // else it may be killed while it opens or creates
        const auto told = driver.kill_after(std::chrono::microseconds{random() % 60'000}, waits);
        ASSERT_TRUE(told.has_value()) << "the driver ended by itself";
        last_told = std::max(last_told, *told);
        // In a copy, so that the next driver recovers from the kill itself.
        auto options = folder->options();
        options.folder = folder->path() / "copy";
        fs::remove_all(options.folder);
        if (fs::exists(folder->options().folder))
            fs::copy(folder->options().folder, options.folder, fs::copy_options::recursive);
        const auto database = open_disk_database(options);
        ASSERT_GE(database->commits(), last_told);
        if (waits) ASSERT_LE(database->commits(), last_told + 1);
        if (database->commits() == 0) continue;
        ASSERT_NO_FATAL_FAILURE(wanted->advance_to(database->commits()));
        ASSERT_NO_FATAL_FAILURE(wanted->expect_same(*database));
        if (HasFailure()) return;
        if ((kill + 1) % KILLS_EACH != 0) continue;
        const auto count = wanted->count();
        EXPECT_GT(count.blocks, 30u);
        EXPECT_GT(count.reorganisations, 3u);
        EXPECT_GT(count.pruned, 10u);
    }
}

}  // namespace

}  // namespace scope::store
