#include "fuzz.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <mutex>

#include "fixtures/test_report.hpp"
#include "fuzz_equivalence.hpp"
#include "fuzz_evm/anvil.hpp"
#include "fuzz_evm/differential.hpp"
#include "fuzz_evm/minimise.hpp"
#include "fuzz_mutate.hpp"
#include "fuzz_roots.hpp"

namespace scope::scope_test {

namespace {

constexpr size_t MINIMISE_TRIES = 300;

struct Options {
    uint64_t seed = 1;
    uint64_t runs = 1000;
    uint64_t first = 0;
    unsigned jobs = 1;
    uint64_t group = 2000;
    bool json = false;
    bool keep_going = false;
    std::string anvil;
};

/// Programs that anvil runs otherwise, and their minimal forms.
class Fuzzer {
  public:
    explicit Fuzzer(const Options& options)
        : options_(options),
          anvil_(options.anvil.empty() ? fuzz_evm::find_anvil()
                                       : std::filesystem::path{options.anvil}),
          report_(options.json ? fixtures::TestReport::Format::json
                               : fixtures::TestReport::Format::text) {}

    int run() {
        const size_t groups = (options_.runs + options_.group - 1) / options_.group;
        fixtures::for_each_parallel(groups, options_.jobs, [this](size_t group) {
            if (!stop_) run_group(group);
        });
        cli::print_error(fmt::format("fuzz evm: {} executed, {} refused by both\n",
                                     executed_.load(), refused_.load()));
        return report_.finish();
    }

  private:
    void run_group(size_t group) {
        const uint64_t from = group * options_.group;
        std::vector<fuzz_evm::Program> programs;
        for (uint64_t i = from; i < std::min(from + options_.group, options_.runs); ++i)
            programs.push_back(fuzz_evm::make_program(options_.seed, options_.first + i));
        search(programs);
        if (done_ += programs.size(); !stop_) show_progress();
    }

    /// Halves the programs until each that differs stands alone.
    bool search(std::span<const fuzz_evm::Program> programs) {
        if (stop_) return true;
        const fuzz_evm::Comparison found = fuzz_evm::compare_with_anvil(anvil_, programs);
        if (!found.difference) {
            executed_ += found.executed;
            refused_ += found.refused;
            for (size_t i = 0; i < programs.size(); ++i) report_.pass();
            return false;
        }
        if (programs.size() == 1) {
            report(programs.front(), *found.difference);
            return true;
        }
        const size_t half = programs.size() / 2;
        const bool first = search(programs.first(half));
        const bool second = search(programs.subspan(half));
        if (!first && !second)
            report_.fail(fmt::format("seed {}", options_.seed),
                         fmt::format("programs {} to {} together", programs.front().index,
                                     programs.back().index),
                         *found.difference);
        return true;
    }

    void report(const fuzz_evm::Program& program, const std::string& difference) {
        if (!options_.keep_going) stop_ = true;
        cli::print_error(
            fmt::format("fuzz evm: program {} differs, making it smaller\n", program.index));
        const auto differs = [&](const fuzz_evm::Program& candidate) {
            return fuzz_evm::compare_with_anvil(anvil_, {&candidate, 1}).difference.has_value();
        };
        const fuzz_evm::Program small = fuzz_evm::minimise(program, differs, MINIMISE_TRIES);
        const fuzz_evm::Comparison found = fuzz_evm::compare_with_anvil(anvil_, {&small, 1});
        report_.fail(fmt::format("seed {}", options_.seed),
                     fmt::format("program {}", program.index),
                     found.difference.value_or(difference));
        const std::lock_guard lock{mutex_};
        fmt::print("{}\n", fuzz_evm::state_test_json(small, found.pre, found.block,
                                                     found.excess_blob_gas, found.expected));
    }

    void show_progress() {
        using namespace std::chrono_literals;
        const std::lock_guard lock{mutex_};
        const auto now = std::chrono::steady_clock::now();
        if (now < next_progress_) return;
        next_progress_ = now + 5s;
        cli::print_error(fmt::format("fuzz evm: {} of {} programs\n", done_.load(), options_.runs));
    }

    const Options& options_;
    std::filesystem::path anvil_;
    fixtures::TestReport report_;
    std::atomic<bool> stop_ = false;
    std::atomic<size_t> done_ = 0;
    std::atomic<size_t> executed_ = 0;
    std::atomic<size_t> refused_ = 0;
    std::mutex mutex_;
    std::chrono::steady_clock::time_point next_progress_;
};

cli::Run declare(CLI::App& app) {
    auto options = std::make_shared<Options>();
    app.require_subcommand(0, 1);  // so that a wrong option is told before what is missing
    CLI::App& evm = *app.add_subcommand(
        "evm", "Generated programs, run here and in anvil as Osaka transactions, compared");
    evm.add_option("--seed", options->seed, "Of all programs")
        ->capture_default_str()
        ->check(cli::numbers_from(0));
    evm.add_option("--runs", options->runs, "How many programs")
        ->capture_default_str()
        ->check(cli::numbers(1, cli::kMostRuns));
    evm.add_option("--first", options->first, "Number of the first program; to repeat one")
        ->capture_default_str()
        ->check(cli::numbers_from(0));
    evm.add_option("--jobs", options->jobs, "Anvil processes at a time")
        ->capture_default_str()
        ->check(cli::numbers(1, 64));
    evm.add_option("--group", options->group, "Programs an anvil process")
        ->capture_default_str()
        ->check(cli::numbers(1, 10000));
    evm.add_option("--anvil", options->anvil, "The program (default: npm's, in node_modules)")
        ->check(CLI::ExistingFile);
    evm.add_flag("--keep-going", options->keep_going, "Don't stop at the first difference");
    evm.add_flag("--json", options->json, "One JSON object a line");
    evm.footer(
        "Compared are state root, gas, status, logs and output, and which transactions are "
        "refused.\n"
        "A program that differs is made smaller and printed as a state test in one line, with\n"
        "anvil's roots as the expected ones: docs/fuzzing.md.\n"
        "Exit code: 0 no difference, 1 a difference or no anvil, 2 wrong usage.");

    auto programs = std::make_shared<FuzzEquivalenceOptions>();
    CLI::App& many = *app.add_subcommand(
        "equivalence", "Generated contracts that call each other, on one chain and across several");
    many.add_option("--seed", programs->seed, "Of the first program; the next ones follow")
        ->capture_default_str()
        ->check(cli::numbers_from(0));
    many.add_option("--runs", programs->runs, "How many programs")
        ->capture_default_str()
        ->check(cli::numbers(1, cli::kMostRuns));
    many.add_option("--jobs", programs->jobs, "Threads")
        ->capture_default_str()
        ->check(cli::numbers(1, 64));
    many.add_flag("--json", programs->json, "One JSON object a line");
    many.footer(
        "Each program runs on one chain with plain calls, and on L1 and rollups through the whole\n"
        "protocol: simulated, executed, attested, settled on L1, derived by a follower. Compared "
        "are\n"
        "answers, storage, balances and logs. A program that differs is made smaller and printed;\n"
        "one with a root that the builder refuses is skipped, with the rule.\n"
        "Exit code: 0 no difference, 1 a difference or none could be compared, 2 wrong usage.");

    auto bundles = std::make_shared<FuzzMutateOptions>();
    CLI::App& mutants = *app.add_subcommand(
        "mutate", "Bundles of generated contracts, with one thing changed or a lie in the plan");
    mutants.add_option("--seed", bundles->seed, "Of the first program; the next ones follow")
        ->capture_default_str()
        ->check(cli::numbers_from(0));
    mutants.add_option("--runs", bundles->runs, "How many programs")
        ->capture_default_str()
        ->check(cli::numbers(1, cli::kMostRuns));
    mutants.add_option("--mutants", bundles->mutants, "How many changes of each bundle")
        ->capture_default_str()
        ->check(cli::numbers(0, 1'000'000));
    mutants.add_option("--lies", bundles->lies, "How many lies about each plan")
        ->capture_default_str()
        ->check(cli::numbers(0, 1'000'000));
    mutants.add_option("--jobs", bundles->jobs, "Threads")
        ->capture_default_str()
        ->check(cli::numbers(1, 64));
    mutants.add_flag("--json", bundles->json, "One JSON object a line");
    mutants.footer(
        "A field, a byte or a place in an order is changed in what settles a program: then honest\n"
        "members attest what they would, and it is settled. Or a lie is told in a plan, and what\n"
        "follows from it made to fit. All that is not refused has to come out as on one chain:\n"
        "docs/fuzzing.md.\n"
        "Exit code: 0 nothing survived, 1 something did, 2 wrong usage.");

    auto roots = std::make_shared<FuzzRootsOptions>();
    CLI::App& bytecode = *app.add_subcommand(
        "roots", "Generated bytecode on all chains, of which a builder takes roots");
    bytecode.add_option("--seed", roots->seed, "Of all programs")
        ->capture_default_str()
        ->check(cli::numbers_from(0));
    bytecode.add_option("--runs", roots->runs, "How many programs")
        ->capture_default_str()
        ->check(cli::numbers(1, cli::kMostRuns));
    bytecode.add_option("--first", roots->first, "Number of the first program; to repeat one")
        ->capture_default_str()
        ->check(cli::numbers_from(0));
    bytecode.add_option("--jobs", roots->jobs, "Processes")
        ->capture_default_str()
        ->check(cli::numbers(1, 64));
    bytecode.add_flag("--settle", roots->settle, "Seal and settle what was accepted, too");
    bytecode.add_flag("--json", roots->json, "One JSON object a line");
    bytecode.footer(
        "Whatever contracts on L1 and rollups do, the builder takes a root or says why not, "
        "within\n"
        "bounds. With --settle: what it took settles on L1, in any block that its scope allows, "
        "and\n"
        "followers derive it: docs/fuzzing.md.\n"
        "Exit code: 0 all held, 1 something did not, 2 wrong usage.");
    return [options, programs, bundles, roots, &evm, &many, &mutants, &bytecode] {
        if (many.parsed()) return fuzz_equivalence(*programs);
        if (mutants.parsed()) return fuzz_mutate(*bundles);
        if (bytecode.parsed()) return fuzz_roots(*roots);
        if (evm.parsed()) return Fuzzer{*options}.run();
        throw cli::UsageError{
            "fuzz: what to compare is missing: evm, equivalence, mutate or roots"};
    };
}

}  // namespace

const cli::Command fuzz_command{"fuzz", "Run generated programs two ways and compare", declare};

}  // namespace scope::scope_test
