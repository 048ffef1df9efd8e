// The interpreter on the programs of ../shared/fixtures/evm-benchmarks (or of $SCOPE_FIXTURES).
//     evm_bench --benchmark_filter=snailtracer --benchmark_repetitions=10
// analyse: from bytes to Code, without the hash. execute: a frame, its code analysed before.
// total: both. The host is the least there can be: storage in a hash table, no other accounts.

#include <absl/container/flat_hash_map.h>
#include <benchmark/benchmark.h>
#include <simdjson.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "base/hex.hpp"
#include "evm/analysis.hpp"
#include "evm/interpreter.hpp"

namespace {

using namespace scope;

/// One contract, and storage that is emptied by making a new host.
class BenchHost final : public evm::Host {
  public:
    [[nodiscard]] const evm::BlockContext& block() const noexcept override { return block_; }
    [[nodiscard]] const evm::TransactionContext& transaction() const noexcept override {
        return transaction_;
    }
    Hash block_hash(uint64_t) override { return {}; }
    bool account_exists(const Address&) override { return false; }
    uint256 balance(const Address&) override { return {}; }
    evm::CodePtr code(const Address&) override { return evm::empty_code(); }
    Hash code_hash(const Address&) override { return {}; }
    Hash storage(const Address&, const Hash& key) override { return slots_[key].current; }
    evm::StorageChange set_storage(const Address&, const Hash& key, const Hash& value) override {
        return {Hash{}, std::exchange(slots_[key].current, value)};
    }
    Hash transient_storage(const Address&, const Hash&) override { return {}; }
    void set_transient_storage(const Address&, const Hash&, const Hash&) override {}
    evm::AccessStatus access_account(const Address&) override { return evm::AccessStatus::warm; }
    evm::AccessStatus access_storage(const Address&, const Hash& key) override {
        return std::exchange(slots_[key].access, evm::AccessStatus::warm);
    }
    void emit_log(const Address&, std::span<const Hash>, BytesView) override {}
    bool self_destruct(const Address&, const Address&) override { return false; }
    evm::CallResult call(const evm::Message& message) override {
        evm::CallResult result;
        result.gas_left = message.gas;
        return result;
    }
    std::optional<Address> delegation(const Address&) override { return std::nullopt; }

  private:
    struct Slot {
        Hash current;
        evm::AccessStatus access = evm::AccessStatus::cold;
    };
    evm::BlockContext block_;
    evm::TransactionContext transaction_;
    absl::flat_hash_map<Hash, Slot> slots_;
};

struct Program {
    std::string name;
    Bytes code;
    Bytes input;
};

evm::CallResult run(const Program& program, const evm::Code& code) {
    BenchHost host;
    evm::Message message;
    message.gas = 1'000'000'000;
    message.input = program.input;
    return evm::execute(host, evm::LATEST_REVISION, message, code);
}

void execute(benchmark::State& state, const Program& program) {
    const auto code = evm::make_code(program.code, Hash{});
    int64_t gas_used = 0;
    for (auto _ : state) {
        const auto result = run(program, *code);
        if (result.status != evm::Status::success) {
            state.SkipWithError(evm::to_string(result.status));
            return;
        }
        gas_used += 1'000'000'000 - result.gas_left;
    }
    state.counters["gas/s"] =
        benchmark::Counter(static_cast<double>(gas_used), benchmark::Counter::kIsRate);
}

void analyse(benchmark::State& state, const Program& program) {
    for (auto _ : state) benchmark::DoNotOptimize(evm::make_code(program.code, Hash{}));
    state.SetBytesProcessed(static_cast<int64_t>(program.code.size()) * state.iterations());
}

void total(benchmark::State& state, const Program& program) {
    for (auto _ : state) {
        const auto code = evm::make_code(program.code, Hash{});
        benchmark::DoNotOptimize(run(program, *code));
    }
}

Bytes bytes_of(std::string_view hex) {
    return from_hex(hex).value();
}

/// The files are state tests: one account has the code, each entry of `data` is a case.
void load(const std::filesystem::path& file, std::vector<Program>& out) {
    simdjson::dom::parser parser;
    for (const auto test : simdjson::dom::object{parser.load(file.string())}) {
        const auto transaction = test.value["transaction"];
        const std::string_view to = transaction["to"];
        Bytes code;
        for (const auto account : simdjson::dom::object{test.value["pre"]})
            if (account.key == to) code = bytes_of(std::string_view{account.value["code"]});
        size_t index = 0;
        for (const auto data : simdjson::dom::array{transaction["data"]}) {
            std::string name = std::to_string(index++);
            std::string_view label;
            if (test.value["_info"]["labels"][name].get(label) == simdjson::SUCCESS) name = label;
            out.push_back(
                {file.stem().string() + "/" + name, code, bytes_of(std::string_view{data})});
        }
    }
}

std::vector<Program> load_all() {
    const char* const fixtures = std::getenv("SCOPE_FIXTURES");
    const std::filesystem::path folder =
        std::filesystem::path{fixtures != nullptr ? fixtures : SCOPE_DEFAULT_FIXTURES} /
        "evm-benchmarks/benchmarks";
    std::vector<std::filesystem::path> files;
    if (std::filesystem::exists(folder))
        for (const auto& entry : std::filesystem::recursive_directory_iterator{folder})
            if (entry.path().extension() == ".json") files.push_back(entry.path());
    std::ranges::sort(files);
    std::vector<Program> programs;
    for (const auto& file : files) load(file, programs);
    if (programs.empty()) std::fprintf(stderr, "no programs in %s\n", folder.c_str());
    return programs;
}

}  // namespace

int main(int argc, char** argv) {
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
    const auto programs = load_all();
    for (const Program& program : programs) {
        const auto add = [&](const char* what, auto function) {
            benchmark::RegisterBenchmark((program.name + "/" + what).c_str(), function, program)
                ->Unit(benchmark::kMicrosecond);
        };
        add("execute", execute);
        add("analyse", analyse);
        add("total", total);
    }
    benchmark::RunSpecifiedBenchmarks();
    return programs.empty() ? 1 : 0;
}
