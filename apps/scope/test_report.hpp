#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace scope::app {

/// Counts and prints what became of test cases, from many threads.
///
/// Text: one line per failure on standard output, reasons of skipped ones, and the sums. JSON: one
/// object per failure and per reason, and {"passed":N,"failed":N,"skipped":N} in the last line.
class TestReport {
  public:
    enum class Format { text, json };
    explicit TestReport(Format format) : format_(format) {}

    void pass() { ++passed_; }
    /// @param where  The file; @param test what was tested in it.
    void fail(const std::string& where, const std::string& test, const std::string& reason);
    /// Passed if there is no problem.
    void add(const std::string& where, const std::string& test,
             const std::optional<std::string>& problem) {
        problem ? fail(where, test, *problem) : pass();
    }
    void skip(const std::string& reason, size_t count = 1);

    [[nodiscard]] size_t total() const { return passed_ + failed_ + skipped_; }
    /// Prints the end; the exit code: 1 if anything failed.
    int finish();

  private:
    Format format_;
    std::atomic<size_t> passed_ = 0;
    std::atomic<size_t> failed_ = 0;
    std::atomic<size_t> skipped_ = 0;
    std::mutex mutex_;
    std::map<std::string, size_t> skipped_for_;
};

/// Calls work(i) for each i below @p count from @p jobs threads, in ascending order. An exception
/// ends it and comes out here.
void for_each_parallel(size_t count, unsigned jobs, const std::function<void(size_t)>& work);

/// Text as a JSON string, with its quotes.
std::string json_string(const std::string& text);

}  // namespace scope::app
