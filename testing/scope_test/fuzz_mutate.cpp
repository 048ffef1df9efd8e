#include "fuzz_mutate.hpp"

#include <fmt/format.h>

#include <chrono>
#include <mutex>

#include "adversary/campaign.hpp"
#include "cli/command.hpp"
#include "fixtures/test_report.hpp"
#include "json/writer.hpp"

namespace scope::scope_test {

namespace {

using namespace adversary;

class Fuzzer {
  public:
    explicit Fuzzer(const FuzzMutateOptions& options) : options_(options) {}

    int run() {
        fixtures::for_each_parallel(options_.runs, options_.jobs, [this](size_t i) {
            const auto result =
                run_campaign(many_, options_.seed + i, {options_.mutants, options_.lies});
            add(result);
        });
        finish();
        return total_.sum().survivors == 0 ? 0 : 1;
    }

  private:
    void add(const adversary::Result& result) {
        const std::lock_guard lock{mutex_};
        ++done_;
        built_ += result.was_built;
        for (const auto& [kind, tally] : result.kinds) total_.kinds[kind] += tally;
        for (const auto& survivor : result.survivors) print(survivor);
        using namespace std::chrono_literals;
        const auto now = std::chrono::steady_clock::now();
        if (now < next_progress_) return;
        next_progress_ = now + 5s;
        const auto sum = total_.sum();
        cli::print_error(fmt::format("fuzz mutate: {} of {} programs, {} mutants, {} survivors\n",
                                     done_, options_.runs, sum.all(), sum.survivors));
    }

    void print(const Survivor& survivor) const {
        if (options_.json)
            fmt::print("{{\"survivor\":{},\"seed\":{},\"detail\":{},\"program\":{}}}\n",
                       json::quote(survivor.kind), survivor.seed, json::quote(survivor.detail),
                       json::quote(survivor.program));
        else
            fmt::print("SURVIVED {}: seed {}: {}\n{}\n", survivor.kind, survivor.seed,
                       survivor.detail, survivor.program);
    }

    void finish() const {
        for (const auto& [kind, tally] : total_.kinds) {
            if (options_.json)
                fmt::print(
                    "{{\"kind\":{},\"refused\":{},\"equivalent\":{},\"swallowed\":{},"
                    "\"survivors\":{}}}\n",
                    json::quote(kind), tally.refused, tally.equivalent, tally.swallowed,
                    tally.survivors);
            else
                fmt::print("{:<48} {:>7} refused{}{}{}\n", kind, tally.refused,
                           part(tally.equivalent, "equivalent"),
                           part(tally.swallowed, "by a fault on L1 that a contract caught"),
                           part(tally.survivors, "SURVIVED"));
        }
        const auto sum = total_.sum();
        if (options_.json)
            fmt::print("{{\"refused\":{},\"survivors\":{},\"equivalent\":{}}}\n", sum.refused,
                       sum.survivors, sum.equivalent);
        else
            fmt::print(
                "{} of {} programs settled; of their {} mutants {} refused, {} equivalent, "
                "{} by a fault on L1 that a contract caught, {} survived\n",
                built_, done_, sum.all(), sum.refused, sum.equivalent, sum.swallowed,
                sum.survivors);
    }

    static std::string part(uint64_t count, const char* what) {
        return count == 0 ? std::string{} : fmt::format(", {} {}", count, what);
    }

    const FuzzMutateOptions& options_;
    devnet::Artifacts artifacts_ = devnet::Artifacts::locate();
    oracle::ManyChains many_{artifacts_};
    adversary::Result total_;
    std::mutex mutex_;
    uint64_t done_ = 0;
    uint64_t built_ = 0;
    std::chrono::steady_clock::time_point next_progress_ = std::chrono::steady_clock::now();
};

}  // namespace

int fuzz_mutate(const FuzzMutateOptions& options) {
    return Fuzzer{options}.run();
}

}  // namespace scope::scope_test
