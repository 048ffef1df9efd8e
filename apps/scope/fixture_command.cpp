#include "fixture_command.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>

#include "command.hpp"

namespace scope::app::fixture {

namespace {

std::regex filter_of(const Options& options) {
    try {
        return std::regex{options.filter};
    } catch (const std::regex_error&) {
        throw UsageError{fmt::format("--filter {}: no regular expression", options.filter)};
    }
}

}  // namespace

bool Options::wants_fork(std::string_view name) const {
    return forks.empty() || std::ranges::find(forks, name) != forks.end();
}

void declare_options(CLI::App& app, Options& options, const char* kind) {
    app.add_option("path", options.paths,
                   fmt::format("Files of the official {} format, or folders with such files", kind))
        ->required();
    app.add_option("--fork", options.forks, "Only this fork, named as in the tests (repeatable)")
        ->allow_extra_args(false);
    app.add_option("--filter", options.filter,
                   "Only tests in whose name this regular expression is found");
    app.add_option("--jobs", options.jobs, "Threads")->check(CLI::Range(1, 1024));
    app.add_flag("--json", options.json,
                 "One JSON object per failure, then {\"passed\":N,\"failed\":N,\"skipped\":N}");
}

int run_files(const Options& options, const char* kind, IsTest is_test, const RunTest& run_test) {
    const std::regex filter = filter_of(options);
    TestReport report{options.json ? TestReport::Format::json : TestReport::Format::text};
    std::atomic<size_t> found = 0;
    const auto run_file = [&](const std::string& file) {
        simdjson::dom::parser parser;
        simdjson::dom::object tests;
        if (const auto error = parser.load(file).get(tests)) {
            ++found;
            report.fail(file, "file", simdjson::error_message(error));
            return;
        }
        for (const auto& [key, test] : tests) {
            if (!is_test(test)) continue;
            ++found;
            const std::string name{key};
            if (!options.filter.empty() && !std::regex_search(name, filter)) continue;
            try {
                run_test(file, name, test, report);
            } catch (const std::exception& error) {
                report.fail(file, name, error.what());
            }
        }
    };
    for (const auto& path : options.paths) {
        const auto files = json_files(path);
        const size_t before = found;
        for_each_parallel(files.size(), options.trace ? 1 : options.jobs,
                          [&](size_t i) { run_file(files[i].string()); });
        if (found == before) throw std::runtime_error{fmt::format("{}: no {}s", path, kind)};
    }
    if (report.total() == 0) throw std::runtime_error{"no test has such a fork and name"};
    return report.finish();
}

}  // namespace scope::app::fixture
