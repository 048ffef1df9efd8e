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
    std::vector<std::string> forks;
    std::string filter;
    bool json = false;
    bool trace = false;
    unsigned jobs = std::max(1u, std::thread::hardware_concurrency());

    [[nodiscard]] bool wants_fork(std::string_view name) const;
};

/// @param kind  Of tests, for the help: "state test".
void declare_options(CLI::App& app, Options& options, const char* kind);

/// One test of a file: says whether it is one of this kind at all, and reports what became of it.
using RunTest = std::function<void(const std::string& file, const std::string& name, Json test,
                                   TestReport& report)>;
using IsTest = bool (*)(Json test);

/// Runs the tests of all files that options.paths name; the exit code.
///
/// Throws UsageError for options that can't be meant, std::runtime_error for a path without tests.
int run_files(const Options& options, const char* kind, IsTest is_test, const RunTest& run_test);

}  // namespace scope::app::fixture
