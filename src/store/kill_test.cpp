#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <thread>

#include "store/test_folder.hpp"
#include "store/test_workload.hpp"

// A process that commits is killed at any moment: what it said to be committed is there, and
// nothing half.

namespace scope::store {

namespace {

constexpr int TOLD = 100;  // the file that the driver writes to
constexpr const char* FOLDER = "SCOPE_TEST_DRIVER_FOLDER";
constexpr const char* SEED = "SCOPE_TEST_DRIVER_SEED";

/// The driver in a process of its own: this program with the test below.
class Driver {
  public:
    Driver(const DiskOptions& options, uint64_t seed) {
        std::array<int, 2> pipe{};
        CHECK(::pipe2(pipe.data(), O_CLOEXEC) == 0);
        ::setenv(FOLDER, options.folder.c_str(), 1);
        ::setenv(SEED, std::to_string(seed).c_str(), 1);
        pid_ = ::fork();
        if (pid_ == 0) {
            ::dup2(::open("/dev/null", O_RDWR), STDOUT_FILENO);
            ::dup2(pipe[1], TOLD);
            ::execl("/proc/self/exe", "store_test", "--gtest_also_run_disabled_tests",
                    "--gtest_filter=kill.DISABLED_commits_without_end", nullptr);
            ::_exit(127);
        }
        ::close(pipe[1]);
        output_ = pipe[0];
    }
    Driver(const Driver&) = delete;
    Driver& operator=(const Driver&) = delete;
    ~Driver() { ::close(output_); }

    /// Kills it after @p delay, from now or from the first commit on, and returns the last commit
    /// that it has told; nullopt if it ended by itself.
    std::optional<uint64_t> kill_after(std::chrono::microseconds delay, bool waits) {
        std::string text;
        if (waits) read_some(text);
        std::this_thread::sleep_for(delay);
        ::kill(pid_, SIGKILL);
        while (read_some(text)) {
        }
        int status = 0;
        ::waitpid(pid_, &status, 0);
        if (!WIFSIGNALED(status)) return std::nullopt;
        text.resize(text.rfind('\n') + 1);  // a line is written whole, or cut by the kill
        const size_t start = text.size() < 2 ? 0 : text.rfind('\n', text.size() - 2) + 1;
        return std::strtoull(text.c_str() + start, nullptr, 10);
    }

  private:
    bool read_some(std::string& text) const {
        std::array<char, 4096> buffer{};
        const ssize_t count = ::read(output_, buffer.data(), buffer.size());
        if (count > 0) text.append(buffer.data(), static_cast<size_t>(count));
        return count > 0;
    }

    pid_t pid_ = 0;
    int output_ = -1;
};

TEST(kill, DISABLED_commits_without_end) {
    const char* const folder = std::getenv(FOLDER);
    const char* const seed = std::getenv(SEED);
    if (folder == nullptr || seed == nullptr) return;
    auto options = TestFolder{}.options();
    options.folder = folder;
    const auto real = open_disk_database(options);
    RepeatedDatabase database{*real};
    Staging staging{database};
    TestWorkload workload{staging, std::strtoull(seed, nullptr, 10)};
    while (true) {
        workload.step();
        if (workload.steps() < real->commits()) continue;
        const auto line = std::to_string(workload.steps()) + "\n";
        CHECK(::write(TOLD, line.data(), line.size()) > 0);
    }
}

/// 20, and more where all tests are to be run.
size_t count_of_kills() {
    return std::getenv("SCOPE_TEST_FULL") != nullptr ? 300 : 20;
}

TEST(kill, leaves_what_was_committed_and_nothing_half) {
    const uint64_t seed = std::random_device{}() % 1'000'000;
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    std::mt19937_64 random{seed};
    std::unique_ptr<TestFolder> folder;
    std::unique_ptr<Database> memory;
    std::unique_ptr<Staging> staging;
    std::unique_ptr<TestWorkload> workload;
    for (size_t kill = 0; kill < count_of_kills(); ++kill) {
        if (kill % 20 == 0) {  // a new database, so that what is repeated doesn't get longer
            workload.reset(), staging.reset();
            folder = std::make_unique<TestFolder>();
            memory = make_memory_database();
            staging = std::make_unique<Staging>(*memory);
            workload = std::make_unique<TestWorkload>(*staging, seed + kill);
        }
        const auto options = folder->options();
        Driver driver{options, seed + kill / 20 * 20};
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
