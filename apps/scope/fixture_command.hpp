#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <regex>
#include <string>
#include <thread>
#include <vector>

#include "fixture_json.hpp"
#include "test_report.hpp"

namespace scope::app::fixture {

/// What the commands over official test files have in common on their command line.
struct Options {
    std::vector<std::string> paths;
    std::vector<std::string> forks;      // only these; if none, all
    std::vector<std::string> not_forks;  // and none of these
    std::string filter;
    uint64_t sample = 1;
    bool json = false;
    bool trace = false;
    unsigned jobs = std::max(1u, std::thread::hardware_concurrency());

    [[nodiscard]] bool wants_fork(std::string_view name) const;
};

enum class HasForks : bool { no, yes };

/// @param kind  Of tests, for the help: "state test".
void declare_options(CLI::App& app, Options& options, const char* kind,
                     HasForks has_forks = HasForks::yes);
/// UsageError if one of options.forks is no fork.
void check_forks(const Options& options);

/// One test of a file: says whether it is one of this kind at all, and reports what became of it.
using RunTest = std::function<void(const std::string& file, const std::string& name, Json test,
                                   TestReport& report)>;
using IsTest = bool (*)(Json test);

/// Runs the tests of all files that options.paths name; the exit code.
///
/// Throws UsageError for options that can't be meant; and std::runtime_error for a path without
/// tests, or if none is left to run, after the sums were printed.
int run_files(const Options& options, const char* kind, IsTest is_test, const RunTest& run_test);

}  // namespace scope::app::fixture
