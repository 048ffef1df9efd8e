#include "basictest.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <optional>

#include "abi/abi.hpp"
#include "base/hex.hpp"
#include "chain/chain.hpp"
#include "fixture_command.hpp"

namespace scope::app {

namespace {

using evm::Revision;
using fixture::field;
using fixture::Json;

chain::ChainSpec by_number(std::vector<std::pair<Revision, uint64_t>> forks) {
    chain::ChainSpec spec;
    for (const auto& [revision, from] : forks)
        spec.forks.push_back({revision, chain::ForkActivation::By::number, from});
    return spec;
}

/// The chain that a file of difficulty tests is about; it says so only by its name.
chain::ChainSpec chain_of(const std::string& file) {
    const std::string name = std::filesystem::path{file}.stem().string();
    if (name.ends_with("Ropsten"))
        return by_number({{Revision::homestead, 0},
                          {Revision::byzantium, 1'700'000},
                          {Revision::constantinople, 4'230'000}});
    if (name.ends_with("Homestead")) return by_number({{Revision::homestead, 0}});
    return by_number({{Revision::frontier, 0},
                      {Revision::homestead, 1'150'000},
                      {Revision::byzantium, 4'370'000}});
}

std::optional<std::string> run_difficulty(const std::string& file, Json test) {
    BlockHeader parent;
    parent.number = fixture::u64(field(test, "currentBlockNumber")) - 1;
    parent.timestamp_s = fixture::u64(field(test, "parentTimestamp"));
    parent.difficulty = fixture::u256(field(test, "parentDifficulty"));
    parent.ommers_hash = EMPTY_OMMERS_HASH;
    if (const auto ommers = fixture::optional_field(test, "parentUncles"))
        if (fixture::word(*ommers) != Hash{}) parent.ommers_hash = fixture::word(*ommers);
    const uint256 found = chain::next_difficulty(chain_of(file), parent,
                                                 fixture::u64(field(test, "currentTimestamp")));
    const uint256 expected = fixture::u256(field(test, "currentDifficulty"));
    if (found == expected) return std::nullopt;
    return fmt::format("difficulty {}, expected {}", to_quantity(found), to_quantity(expected));
}

/// A genesis block from what is special about it.
std::optional<std::string> run_genesis(Json test) {
    chain::Genesis genesis;
    genesis.alloc = fixture::alloc(field(test, "alloc"));
    genesis.timestamp_s = fixture::u64(field(test, "timestamp"));
    genesis.gas_limit = fixture::u64(field(test, "gasLimit"));
    genesis.coinbase = fixture::address(field(test, "coinbase"));
    genesis.prev_randao = fixture::hash(field(test, "mixHash"));
    genesis.difficulty = fixture::u256(field(test, "difficulty"));
    genesis.nonce = FixedBytes<8>::from(fixture::bytes(field(test, "nonce")));
    genesis.extra_data = fixture::bytes(field(test, "extraData"));
    genesis.parent_hash = fixture::hash(field(test, "parentHash"));
    const chain::Chain chain{chain::ChainSpec::of(Revision::frontier, 1), genesis};
    const Bytes found = encode(chain.head()->block);
    if (found == fixture::bytes(field(test, "result"))) return std::nullopt;
    return fmt::format("block {}, expected {}", to_hex(found),
                       std::string_view{field(test, "result")});
}

/// Ethereum's own genesis block, as bytes.
std::optional<std::string> run_genesis_bytes(Json test) {
    const Bytes bytes = fixture::bytes(field(test, "genesis_rlp_hex"));
    const auto block = decode_block(bytes);
    if (!block) return fmt::format("refused: {}", to_string(block.error()));
    if (encode(*block) != bytes) return "written in another way than it was read";
    if (block->header.state_root != fixture::hash(field(test, "genesis_state_root")))
        return "another state root";
    const Hash expected = fixture::hash(field(test, "genesis_hash"));
    if (hash(block->header) == expected) return std::nullopt;
    return fmt::format("hash {}, expected {}", to_hex(hash(block->header)), to_hex(expected));
}

/// Our encoder takes C++ types, which are known when it is compiled: the lists of types that the
/// tests have.
std::optional<Bytes> encode_arguments(const std::string& types, const std::vector<Json>& args) {
    const auto text = [](Json value) { return as_bytes(std::string_view{value}); };
    if (types == "uint256") return abi::encode(uint256{fixture::u64(args[0])});
    if (types == "uint256,address")
        return abi::encode(uint256{fixture::u64(args[0])}, fixture::address(args[1]));
    if (types == "uint256,uint32[],bytes10,bytes") {
        std::vector<uint32_t> numbers;
        for (const Json number : fixture::array(args[1]))
            numbers.push_back(static_cast<uint32_t>(fixture::u64(number)));
        return abi::encode(uint256{fixture::u64(args[0])}, numbers,
                           FixedBytes<10>::from(text(args[2])), text(args[3]));
    }
    return std::nullopt;
}

void run_abi(const std::string& file, const std::string& name, Json test, TestReport& report) {
    std::string types;
    for (const Json type : fixture::array(field(test, "types")))
        (types += types.empty() ? "" : ",") += std::string_view{type};
    const auto list = fixture::array(field(test, "args"));
    const auto found = encode_arguments(types, {list.begin(), list.end()});
    if (!found) return report.skip(fmt::format("no encoder was compiled for ({})", types));
    const bool same = *found == fixture::bytes(field(test, "result"));
    report.add(file, name,
               same ? std::nullopt : std::optional{fmt::format("encoded {}", to_hex(*found))});
}

bool has(Json test, std::initializer_list<const char*> names) {
    return std::ranges::all_of(
        names, [&](const char* name) { return fixture::optional_field(test, name).has_value(); });
}

bool is_basic_test(Json test) {
    return has(test, {"currentDifficulty"}) || has(test, {"alloc", "result"}) ||
           has(test, {"genesis_rlp_hex"}) || has(test, {"types", "args"});
}

void run_test(const std::string& file, const std::string& name, Json test, TestReport& report) {
    if (has(test, {"types"})) return run_abi(file, name, test, report);
    report.add(file, name,
               has(test, {"currentDifficulty"}) ? run_difficulty(file, test)
               : has(test, {"alloc"})           ? run_genesis(test)
                                                : run_genesis_bytes(test));
}

Run declare(CLI::App& app) {
    auto options = std::make_shared<fixture::Options>();
    fixture::declare_options(app, *options, "basic test", fixture::HasForks::no);
    app.footer(
        "Of difficulties before Paris, genesis blocks, and the contract ABI.\n"
        "Exit code: 0 all passed, 1 something failed or nothing was found, 2 wrong usage.");
    return
        [options] { return fixture::run_files(*options, "basic test", is_basic_test, run_test); };
}

}  // namespace

const Command basictest_command{
    "basictest", "Runs official tests of difficulty, genesis blocks and the contract ABI", declare};

}  // namespace scope::app
