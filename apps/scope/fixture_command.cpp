#include "fixture_command.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>

#include "command.hpp"
#include "crypto/keccak.hpp"
#include "fork_names.hpp"

namespace scope::app::fixture {

namespace {

std::regex filter_of(const Options& options) {
    try {
        return std::regex{options.filter};
    } catch (const std::regex_error&) {
        throw UsageError{fmt::format("--filter {}: no regular expression", options.filter)};
    }
}

/// Spreads tests evenly, and is the same on every machine and for every folder that they lie in.
uint64_t hash_of(const std::string& file, const std::string& name) {
    const std::string text = std::filesystem::path{file}.filename().string() + '/' + name;
    const Hash hash = crypto::keccak256(as_bytes(text));
    uint64_t value = 0;
    for (size_t i = 0; i < sizeof(value); ++i) value = value << 8 | hash[i];
    return value;
}

/// Whether a file is one test: its members are all values, not tests.
bool is_one_test(simdjson::dom::object members) {
    return members.size() > 0 && std::ranges::none_of(members, [](const auto& member) {
               return member.value.is_object() || member.value.is_array();
           });
}

/// A file's tests: the members of an object, or the entries of a list, named by their place.
template <typename Visit>
void for_each_test(const std::string& file, Json document, Visit visit) {
    if (document.is_object()) {
        if (is_one_test(object(document)))
            return visit(std::filesystem::path{file}.stem().string(), document);
        for (const auto& [key, test] : object(document)) visit(std::string{key}, test);
    } else if (document.is_array()) {
        size_t index = 0;
        for (const Json test : array(document)) visit(fmt::to_string(index++), test);
    }
}

}  // namespace

bool Options::wants_fork(std::string_view name) const {
    const auto has = [&](const auto& list) { return std::ranges::find(list, name) != list.end(); };
    return (forks.empty() || has(forks)) && !has(not_forks);
}

void declare_options(CLI::App& app, Options& options, const char* kind, HasForks has_forks) {
    app.add_option("path", options.paths,
                   fmt::format("Files of the official {} format, or folders with such files", kind))
        ->required();
    if (has_forks == HasForks::yes) {
        app.add_option("--fork", options.forks,
                       "Only this fork, named as in the tests (repeatable)")
            ->allow_extra_args(false);
        app.add_option("--not-fork", options.not_forks, "All but this fork (repeatable)")
            ->allow_extra_args(false);
    }
    app.add_option("--filter", options.filter,
                   "Only tests in whose name this regular expression is found");
    app.add_option("--sample", options.sample,
                   "Only one test in this many, the same ones in every run")
        ->check(CLI::Range(1, 1'000'000));
    app.add_option("--jobs", options.jobs, "Threads")->check(CLI::Range(1, 1024));
    app.add_flag("--json", options.json,
                 "One JSON object per failure, then {\"passed\":N,\"failed\":N,\"skipped\":N}");
}

void check_forks(const Options& options) {
    for (const auto& [option, names] :
         {std::pair{"--fork", &options.forks}, std::pair{"--not-fork", &options.not_forks}})
        for (const std::string& name : *names)
            if (!fork_by_name(name))
                throw UsageError{
                    fmt::format("{} {}: no such fork; there are {}", option, name, fork_names())};
}

int run_files(const Options& options, const char* kind, IsTest is_test, const RunTest& run_test) {
    const std::regex filter = filter_of(options);
    TestReport report{options.json ? TestReport::Format::json : TestReport::Format::text};
    std::atomic<size_t> found = 0;
    const auto run_file = [&](const std::string& file) {
        simdjson::dom::parser parser;
        Json document;
        if (const auto error = parser.load(file).get(document)) {
            ++found;
            report.fail(file, "file", simdjson::error_message(error));
            return;
        }
        for_each_test(file, document, [&](const std::string& name, Json test) {
            if (!is_test(test)) return;
            ++found;
            if (!options.filter.empty() && !std::regex_search(name, filter)) return;
            if (hash_of(file, name) % options.sample != 0) return;
            try {
                run_test(file, name, test, report);
            } catch (const std::exception& error) {
                report.fail(file, name, error.what());
            }
        });
    };
    try {
        for (const auto& path : options.paths) {
            const auto files = json_files(path);
            const size_t before = found;
            for_each_parallel(files.size(), options.trace ? 1 : options.jobs,
                              [&](size_t i) { run_file(files[i].string()); });
            if (found == before) throw std::runtime_error{fmt::format("{}: no {}s", path, kind)};
        }
        if (report.total() == 0)
            throw std::runtime_error{"no test has such a fork and name, or is in the sample"};
    } catch (...) {
        report.finish();  // who reads the last line finds the sums there, whatever happened
        throw;
    }
    return report.finish();
}

}  // namespace scope::app::fixture
