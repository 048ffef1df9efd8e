// The interpreter on the programs of ../shared/fixtures/evm-benchmarks (or of $SCOPE_FIXTURES).
//
// execute: a frame, its code analysed before. total: analysis and execution, without the hash of
// the code. The host is the least there can be: storage in a hash table, no other accounts.

#include <absl/container/flat_hash_map.h>
#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <stdexcept>
#include <utility>

#include "base/hex.hpp"
#include "bench/suite.hpp"
#include "evm/analysis.hpp"
#include "evm/interpreter.hpp"
#include "evm/opcodes.hpp"

namespace scope::bench {

namespace {

constexpr int64_t GAS = 1'000'000'000;

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

int64_t run(const Program& program, const evm::Code& code) {
    BenchHost host;
    evm::Message message;
    message.gas = GAS;
    message.input = program.input;
    const auto result = evm::execute(host, evm::Revision::osaka, message, code);
    if (result.status != evm::Status::success)
        throw std::runtime_error(program.name + ": " + std::string{to_string(result.status)});
    return result.gas_left;
}

void measure(Suite& suite, std::string_view part, const Program& program) {
    const std::string name = fmt::format("{}/{}", part, program.name);
    if (!suite.wants(name)) return;
    const auto code = evm::make_code(program.code, Hash{});
    const int64_t gas_left = run(program, *code);
    std::vector<Contender> execute{{"scope", [&] { run(program, *code); }}};
    std::vector<Contender> total{
        {"scope", [&] { run(program, *evm::make_code(program.code, Hash{})); }}};
    std::vector<std::shared_ptr<void>> prepared;
    for (const ScopePeer* peer : suite.peers()) {
        const auto run_peer = [&program, peer, gas_left](const void* peer_code) {
            const Bytes& input = program.input;
            if (peer->execute(peer_code, input.data(), input.size(), GAS) != gas_left)
                throw std::runtime_error(program.name + ": other gas than " + peer->name);
        };
        prepared.emplace_back(peer->make_code(program.code.data(), program.code.size()),
                              peer->free_code);
        execute.push_back(
            {peer->name, [run_peer, peer_code = prepared.back().get()] { run_peer(peer_code); }});
        total.push_back({peer->name, [run_peer, peer, &program] {
                             void* const made =
                                 peer->make_code(program.code.data(), program.code.size());
                             run_peer(made);
                             peer->free_code(made);
                         }});
    }
    const auto gas = static_cast<double>(GAS - gas_left);
    suite.measure(name, part == "execute" ? execute : total, gas, "gas");
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
                {file.parent_path().filename().string() + "/" + file.stem().string() + "/" + name,
                 code, bytes_of(std::string_view{data})});
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
    if (programs.empty()) fmt::print(stderr, "no programs in {}\n", folder.string());
    return programs;
}

/// Programs that repeat one instruction on a straight line, with what it takes from the stack and
/// what removes its result.
std::vector<Program> straight_lines() {
    constexpr struct {
        const char* name;
        std::string_view body;
    } BODIES[] = {
        {"address", "3050"},      {"caller", "3350"},       {"callvalue", "3450"},
        {"origin", "3250"},       {"gasprice", "3a50"},     {"codesize", "3850"},
        {"calldatasize", "3650"}, {"timestamp", "4250"},    {"chainid", "4650"},
        {"pc", "5850"},           {"gas", "5a50"},          {"push0", "5f50"},
        {"dup1", "8050"},         {"swap1", "90"},          {"mload", "5f5150"},
        {"mstore", "5f5f52"},     {"add", "81810150"},      {"mul", "81810250"},
        {"div", "81830450"},      {"mulmod", "8282820950"}, {"exp", "61ffff810a50"},
        {"lt", "81811050"},       {"shl", "81601c1b50"},    {"keccak256", "60205f2050"},
    };
    constexpr size_t SIZE = 8192;
    std::vector<Program> programs;
    for (const auto& [name, body] : BODIES) {
        const Bytes once = bytes_of(body);
        Bytes code = bytes_of(  // three words to work on, the lowest of 16 bytes
            "6f9e3779b97f4a7c15f39cc0605cedc834"
            "7fa7f3c6a59e3779b97f4a7c15f39cc0605cedc8341082276bf3a27251f86c6a11"
            "7f4767f0b153d27b7f0347045b5bf1827f01886f0928403002c1d64ba40f335e36");
        while (code.size() < SIZE) code.insert(code.end(), once.begin(), once.end());
        programs.push_back({std::string{"one/"} + name, std::move(code), {}});
    }
    return programs;
}

}  // namespace

void measure_programs(Suite& suite) {
    const auto programs = load_all();
    for (const auto& program : programs) measure(suite, "execute", program);
    for (const auto& program : programs) measure(suite, "total", program);
    for (const auto& program : straight_lines()) measure(suite, "execute", program);
}

}  // namespace scope::bench
