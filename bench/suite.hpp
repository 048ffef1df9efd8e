#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "bench/peer/peer.hpp"

namespace scope::bench {

/// Keeps the compiler from dropping the computation of @p value.
template <typename T>
inline void keep(const T& value) {
    asm volatile("" : : "g"(&value) : "memory");
}

/// One way to do what a benchmark measures; a benchmark's first is ours.
struct Contender {
    std::string name;
    std::function<void()> run;           ///< does it once; throws if the result is wrong
    std::function<void()> prepare = {};  ///< called before each run, and not measured; or empty
};

enum class Clock : uint8_t {
    thread,  ///< the CPU time of the thread
    wall,    ///< for what runs on several threads: what else the machine does is in it
};

struct Options {
    bool quick = false;
    bool json = false;
    bool once = false;               ///< run programs once and measure nothing: for callgrind
    std::string filter;              ///< regular expression; empty: everything
    std::vector<std::string> peers;  ///< shared libraries, see peer/peer.hpp
};

/// A runner of benchmarks, which measures and reports.
///
/// Contenders take turns (A B C A B C ..), so that a machine whose speed drifts treats them alike,
/// and the ratio is the median of the ratios of neighbours. Time is Clock::thread by default: what
/// other processes do in between is not in it, though they do warm the machine and dirty its
/// caches.
class Suite {
  public:
    explicit Suite(Options options);

    [[nodiscard]] const Options& options() const noexcept { return options_; }
    [[nodiscard]] const std::vector<const ScopePeer*>& peers() const noexcept { return peers_; }

    /// Returns whether the filter lets the benchmark run: to be asked before costly preparations.
    [[nodiscard]] bool wants(const std::string& name) const;
    /// Measures, and prints a row.
    /// @param name  "group/rest".
    /// @param work  The work of one run, in units of @p unit: gas, bytes, ..; 0: no rate.
    void measure(const std::string& name, const std::vector<Contender>& contenders, double work = 0,
                 std::string_view unit = {}, Clock clock = Clock::thread);
    /// Ends the report; returns whether anything was measured.
    bool finish();

  private:
    struct Row;
    void print(const Row& row);

    Options options_;
    std::vector<const ScopePeer*> peers_;
    std::vector<std::string> json_;
    std::string group_;
};

// What there is to measure, a file each.
void measure_programs(Suite& suite);
void measure_hashes(Suite& suite);
void measure_precompiles(Suite& suite);
void measure_blocks(Suite& suite);
void measure_state_roots(Suite& suite);
void measure_stored_blocks(Suite& suite);

}  // namespace scope::bench
