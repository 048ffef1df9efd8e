#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "store/database.hpp"

/// A test of this program that runs in a process of its own, commits without end, and is killed.
namespace scope::store {

class TestDriver {
  public:
    /// Starts a test as --gtest_filter names it. It finds what it is to do with its_task().
    TestDriver(std::string_view test, const DiskOptions& options, uint64_t seed);
    TestDriver(const TestDriver&) = delete;
    TestDriver& operator=(const TestDriver&) = delete;
    ~TestDriver();

    /// Kills it after @p delay, from now or from the first commit on, and returns the last commit
    /// that it has told; nullopt if it ended otherwise.
    std::optional<uint64_t> kill_after(std::chrono::microseconds delay, bool waits);

    // ---- for the test that is driven
    struct Task {
        DiskOptions options;
        uint64_t seed = 0;
    };
    /// Returns nullopt in a process that nobody drives.
    static std::optional<Task> its_task();
    /// Tells that a commit has returned.
    static void tell(uint64_t commit);

  private:
    bool read_some(std::string& text) const;

    int pid_ = 0;
    int output_ = -1;
};

/// Returns how often a driver is killed: so often, or 300 times where all tests are to be run; a
/// quarter of that with sanitizers.
size_t count_of_kills(size_t usual);

}  // namespace scope::store
