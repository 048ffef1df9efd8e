#include "fuzz_roots.hpp"

#include <fmt/format.h>

#include <chrono>

#include "cli/command.hpp"
#include "fuzz_roots/campaign.hpp"
#include "json/writer.hpp"

namespace scope::scope_test {

namespace {

using namespace scope::fuzz_roots;

class Fuzzer {
  public:
    explicit Fuzzer(const FuzzRootsOptions& options) : options_(options) {}

    int run() {
        const auto reached = run_campaign(
            base_,
            {.property = options_.settle ? Property::settle : Property::add,
             .seed = options_.seed,
             .first = options_.first,
             .runs = options_.runs,
             .jobs = options_.jobs},
            [this](const Finding& finding) { show(finding); },
            [this](const Statistics& so_far) { show_progress(so_far); });
        if (options_.json)
            fmt::print("{{\"passed\":{},\"failed\":{}}}\n", options_.runs - findings_, findings_);
        else
            fmt::print("{}{} findings\n", to_string(reached), findings_);
        return findings_ == 0 ? 0 : cli::kFailed;
    }

  private:
    void show(const Finding& finding) {
        ++findings_;
        const auto program = to_string(make_program(base_, options_.seed, finding.program));
        if (options_.json)
            fmt::print("{{\"seed\":{},\"index\":{},\"finding\":{},\"program\":{}}}\n",
                       options_.seed, finding.program, json::quote(finding.what),
                       json::quote(program));
        else
            fmt::print("FOUND: seed {}, program {}: {}\n{}\n", options_.seed, finding.program,
                       finding.what, program);
        (void)std::fflush(stdout);
    }

    void show_progress(const Statistics& so_far) {
        using namespace std::chrono_literals;
        const auto now = std::chrono::steady_clock::now();
        if (now < next_progress_) return;
        next_progress_ = now + 10s;
        const double seconds = std::chrono::duration<double>(now - start_).count();
        cli::print_error(fmt::format(
            "fuzz roots: {} of {} programs, {:.0f} a second, {} findings\n", so_far.programs,
            options_.runs, static_cast<double>(so_far.programs) / seconds, findings_));
    }

    const FuzzRootsOptions& options_;
    BaseChains base_{devnet::Artifacts::locate()};
    uint64_t findings_ = 0;
    const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
    std::chrono::steady_clock::time_point next_progress_ = start_ + std::chrono::seconds{10};
};

}  // namespace

int fuzz_roots(const FuzzRootsOptions& options) {
    return Fuzzer{options}.run();
}

}  // namespace scope::scope_test
