#include "bench/suite.hpp"

#include <dlfcn.h>
#include <fmt/format.h>
#include <time.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <regex>
#include <stdexcept>

namespace scope::bench {

namespace {

double now_s(Clock clock) {
    timespec t;
    clock_gettime(clock == Clock::thread ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC, &t);
    return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

double time_s(const Contender& contender, size_t runs, Clock clock) {
    const auto time_of = [&](size_t count) {
        const double start = now_s(clock);
        for (size_t i = 0; i < count; ++i) contender.run();
        return now_s(clock) - start;
    };
    if (!contender.prepare) return time_of(runs);
    double sum_s = 0;
    for (size_t i = 0; i < runs; ++i) {
        contender.prepare();
        sum_s += time_of(1);
    }
    return sum_s;
}

/// At @p part (0 to 1) of the sorted values.
double quantile(std::vector<double> values, double part) {
    std::ranges::sort(values);
    const auto index =
        static_cast<size_t>(std::lround(part * static_cast<double>(values.size() - 1)));
    return values[index];
}

std::string in_time_unit(double seconds) {
    if (seconds < 1e-6) return fmt::format("{:.1f} ns", seconds * 1e9);
    if (seconds < 1e-3) return fmt::format("{:.2f} us", seconds * 1e6);
    return fmt::format("{:.2f} ms", seconds * 1e3);
}

}  // namespace

struct Suite::Row {
    std::string name;
    struct Column {
        std::string name;
        std::vector<double> samples;  ///< seconds a run
        double ratio = 1;             ///< its time over ours; above 1: we are faster
    };
    std::vector<Column> columns;
    double work = 0;
    std::string unit;
};

Suite::Suite(Options options) : options_(std::move(options)) {
    for (const std::string& path : options_.peers) {
        void* const library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
        if (library == nullptr) throw std::runtime_error(dlerror());
        const auto entry = reinterpret_cast<decltype(&scope_peers)>(dlsym(library, "scope_peers"));
        if (entry == nullptr) throw std::runtime_error(path + " has no scope_peers");
        size_t count = 0;
        const ScopePeer* const peers = entry(&count);
        for (size_t i = 0; i < count; ++i) peers_.push_back(peers + i);
    }
}

bool Suite::wants(const std::string& name) const {
    return options_.filter.empty() || std::regex_search(name, std::regex{options_.filter});
}

void Suite::measure(const std::string& name, const std::vector<Contender>& contenders, double work,
                    std::string_view unit, Clock clock) {
    if (!wants(name) || options_.once) return;
    const double sample_s = options_.quick ? 0.001 : 0.004;
    const double budget_s = (options_.quick ? 0.1 : 0.6) * static_cast<double>(contenders.size());
    const size_t min_rounds = options_.quick ? 3 : 11;

    Row row{name, {}, work, std::string{unit}};
    std::vector<size_t> runs;
    for (const Contender& contender : contenders) {
        (void)time_s(contender, 1, clock);
        const double once = std::max(time_s(contender, 1, clock), 1e-8);
        runs.push_back(std::max<size_t>(1, static_cast<size_t>(sample_s / once)));
        row.columns.push_back({contender.name, {}});
    }
    const double start = now_s(clock);
    for (size_t round = 0; round < min_rounds || (now_s(clock) - start < budget_s && round < 101);
         ++round)
        for (size_t i = 0; i < contenders.size(); ++i)
            row.columns[i].samples.push_back(time_s(contenders[i], runs[i], clock) /
                                             static_cast<double>(runs[i]));
    for (auto& column : row.columns) {
        std::vector<double> ratios = column.samples;
        for (size_t i = 0; i < ratios.size(); ++i) ratios[i] /= row.columns[0].samples[i];
        column.ratio = quantile(ratios, 0.5);
    }
    print(row);
}

void Suite::print(const Row& row) {
    if (options_.json) {
        std::string columns;
        for (const auto& column : row.columns) {
            if (!columns.empty()) columns += ", ";
            columns += fmt::format(
                R"({{"name": "{}", "median_s": {:.4g}, "min_s": {:.4g}, "p10_s": {:.4g}, "p90_s": {:.4g}, "samples": {}, "ratio": {:.4f}}})",
                column.name, quantile(column.samples, 0.5), quantile(column.samples, 0),
                quantile(column.samples, 0.1), quantile(column.samples, 0.9), column.samples.size(),
                column.ratio);
        }
        json_.push_back(
            fmt::format(R"(  {{"name": "{}", "work": {}, "unit": "{}", "contenders": [{}]}})",
                        row.name, row.work, row.unit, columns));
        return;
    }
    std::string header = row.name.substr(0, row.name.find('/'));
    const std::string name = row.name.substr(std::min(row.name.size(), header.size() + 1));
    for (size_t i = 1; i < row.columns.size(); ++i) header += " | " + row.columns[i].name;
    if (header != group_) fmt::print("\n{}\n", header);
    group_ = header;
    for (size_t i = 0; i < row.columns.size(); ++i) {
        const auto& column = row.columns[i];
        const double median = quantile(column.samples, 0.5);
        const double spread =
            (quantile(column.samples, 0.9) - quantile(column.samples, 0.1)) / median;
        if (i == 0)
            fmt::print("  {:<36} {:>10} ±{:>2.0f}% {:>14}", name, in_time_unit(median), 50 * spread,
                       row.work == 0
                           ? ""
                           : fmt::format("{:.1f} M{}/s", row.work / median / 1e6, row.unit));
        else
            fmt::print(" | {:>10} {:5.2f}x", in_time_unit(median), column.ratio);
    }
    fmt::print("\n");
    std::fflush(stdout);
}

bool Suite::finish() {
    if (!options_.json) {
        if (!group_.empty())
            fmt::print("\nx: the other's time over ours; above 1, ours is faster.\n");
        return !group_.empty();
    }
    std::string rows;
    for (const auto& row : json_) rows += (rows.empty() ? "" : ",\n") + row;
    fmt::print("{{\"compiler\": \"{}\", \"benchmarks\": [\n{}\n]}}\n", __VERSION__, rows);
    return !json_.empty();
}

}  // namespace scope::bench
