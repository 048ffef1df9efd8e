#include "equivalence/fuzz.hpp"

#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <mutex>

#include "equivalence/check.hpp"
#include "test_report.hpp"

namespace scope::equivalence {

namespace {

constexpr uint64_t BLOBS_EVERY = 100;

/// "scope_full: L1: TooLittleGas()" is counted as "scope_full".
std::string rule_of(const std::string& reason) {
    return reason.substr(0, reason.find_first_of(":\n"));
}

class Fuzzer {
  public:
    explicit Fuzzer(const FuzzOptions& options)
        : options_(options),
          artifacts_(demo::Artifacts::locate()),
          many_(artifacts_),
          report_(options.json ? app::TestReport::Format::json : app::TestReport::Format::text) {}

    int run() {
        app::for_each_parallel(options_.runs, options_.jobs, [this](size_t i) { one(i); });
        return report_.finish();
    }

  private:
    void one(size_t i) {
        const uint64_t seed = options_.seed + i;
        std::mt19937_64 random{seed};
        const Program program = random_program(random);
        const auto where = seed % BLOBS_EVERY == 0 ? builder::DataAvailability::blobs
                                                   : builder::DataAvailability::calldata;
        const auto finding = check(many_, program, where);
        switch (finding.verdict) {
            case Verdict::equal:
                report_.pass();
                break;
            case Verdict::refused:
                report_.skip(rule_of(finding.detail));
                break;
            case Verdict::different: {
                const Program small = shrink(many_, program, where);
                report_.fail("equivalence", fmt::format("seed {}", seed),
                             check(many_, small, where).detail + "\n" + to_string(small));
                break;
            }
        }
        show_progress();
    }

    void show_progress() {
        using namespace std::chrono_literals;
        const std::lock_guard lock{mutex_};
        ++done_;
        const auto now = std::chrono::steady_clock::now();
        if (now < next_progress_) return;
        next_progress_ = now + 5s;
        fmt::print(stderr, "fuzz equivalence: {} of {} programs\n", done_, options_.runs);
    }

    const FuzzOptions& options_;
    demo::Artifacts artifacts_;
    ManyChains many_;
    app::TestReport report_;
    std::mutex mutex_;
    uint64_t done_ = 0;
    std::chrono::steady_clock::time_point next_progress_ = std::chrono::steady_clock::now();
};

}  // namespace

int fuzz(const FuzzOptions& options) {
    return Fuzzer{options}.run();
}

}  // namespace scope::equivalence
