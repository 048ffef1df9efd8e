#include "fuzz_equivalence.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <mutex>

#include "cli/command.hpp"
#include "fixtures/test_report.hpp"
#include "json/writer.hpp"
#include "oracle/check.hpp"

namespace scope::scope_test {

namespace {

using namespace oracle;

/// Programs that a thread takes at a time.
constexpr uint64_t SHARE = 512;

class Fuzzer {
  public:
    explicit Fuzzer(const FuzzEquivalenceOptions& options)
        : options_(options), artifacts_(devnet::Artifacts::locate()), many_(artifacts_) {}

    int run() {
        const uint64_t shares = (options_.runs + SHARE - 1) / SHARE;
        fixtures::for_each_parallel(shares, options_.jobs, [this](size_t i) {
            Checker checker{many_};
            const uint64_t first = i * SHARE;
            checker.check(options_.seed + first, std::min(SHARE, options_.runs - first),
                          [&](uint64_t seed, const Finding& finding) { take(seed, finding); });
            const std::lock_guard lock{mutex_};
            coverage_.add(checker.coverage());
        });
        finish();
        if (passed_ + failed_ == 0) cli::print_error("fuzz equivalence: no program was compared\n");
        return failed_ == 0 && passed_ != 0 ? 0 : 1;
    }

  private:
    void take(uint64_t seed, const Finding& finding) {
        const std::lock_guard lock{mutex_};
        switch (finding.verdict) {
            case Verdict::equal:
                ++passed_;
                break;
            case Verdict::refused:
                ++refused_;
                tell_refused(seed, finding.detail.substr(0, finding.detail.find('\n')));
                break;
            case Verdict::different:
                ++failed_;
                show(seed, finding);
                break;
        }
        ++done_;
        show_progress();
    }

    void tell_refused(uint64_t seed, const std::string& reason) const {
        if (options_.json)
            fmt::print("{{\"seed\":{},\"not_compared\":{}}}\n", seed, json::quote(reason));
        else
            fmt::print("seed {}: not compared, a root was refused: {}\n", seed, reason);
    }

    void show(uint64_t seed, const Finding& finding) const {
        if (options_.json)
            fmt::print("{{\"seed\":{},\"difference\":{},\"smallest\":{}}}\n", seed,
                       json::quote(finding.detail), json::quote(finding.smallest));
        else
            fmt::print("seed {}: {}\nmade smaller: {}\n", seed, finding.detail, finding.smallest);
        (void)std::fflush(stdout);
    }

    void show_progress() {
        using namespace std::chrono_literals;
        const auto now = std::chrono::steady_clock::now();
        if (now < next_progress_) return;
        next_progress_ = now + (is_terminal_ ? 1s : 10s);
        const double seconds = std::chrono::duration<double>(now - start_).count();
        cli::print_error(
            fmt::format("{}fuzz equivalence: {} of {} programs, {:.0f} a second, {} differ{}",
                        is_terminal_ ? "\r" : "", done_, options_.runs,
                        static_cast<double>(done_) / seconds, failed_, is_terminal_ ? " " : "\n"));
        (void)std::fflush(stderr);
    }

    void finish() const {
        if (is_terminal_) cli::print_error("\n");
        if (!options_.json) {
            fmt::print("reached, in roots:\n");
            for (const auto& [what, count] : coverage_.counts())
                fmt::print("{:>10} {}\n", count, what);
            fmt::print("seeds {} to {}: {} equal, {} different, {} not compared\n", options_.seed,
                       options_.seed + options_.runs - 1, passed_, failed_, refused_);
            return;
        }
        for (const auto& [what, count] : coverage_.counts())
            fmt::print("{{\"reached\":{},\"roots\":{}}}\n", json::quote(what), count);
        fmt::print("{{\"passed\":{},\"failed\":{}}}\n", passed_, failed_);
    }

    const FuzzEquivalenceOptions& options_;
    const bool is_terminal_ = isatty(STDERR_FILENO) != 0;
    devnet::Artifacts artifacts_;
    ManyChains many_;
    std::mutex mutex_;
    Coverage coverage_;
    uint64_t done_ = 0, passed_ = 0, failed_ = 0, refused_ = 0;
    const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
    std::chrono::steady_clock::time_point next_progress_ = start_;
};

}  // namespace

int fuzz_equivalence(const FuzzEquivalenceOptions& options) {
    return Fuzzer{options}.run();
}

}  // namespace scope::scope_test
