#include "statetest.hpp"

#include <fmt/format.h>

#include <optional>

#include "base/hex.hpp"
#include "crypto/keccak.hpp"
#include "exception_names.hpp"
#include "execution/transaction.hpp"
#include "fixture_command.hpp"
#include "fork_names.hpp"
#include "test_report.hpp"
#include "trace_printer.hpp"
#include "types/blob.hpp"

namespace scope::app {

namespace {

using fixture::Json;

/// State tests have no chain: by their convention a block's hash is that of its number in decimal.
class NumberHashes final : public execution::BlockHashes {
  public:
    [[nodiscard]] Hash block_hash(uint64_t number) const override {
        return crypto::keccak256(as_bytes(std::to_string(number)));
    }
};

execution::Environment read_environment(Json test, const fixture::Fork& fork) {
    const Json env = fixture::field(test, "env");
    execution::Environment environment;
    environment.revision = fork.revision;
    auto& block = environment.block;
    block.coinbase = fixture::address(fixture::field(env, "currentCoinbase"));
    block.number = fixture::u64(fixture::field(env, "currentNumber"));
    block.timestamp_s = fixture::u64(fixture::field(env, "currentTimestamp"));
    block.gas_limit = fixture::u64(fixture::field(env, "currentGasLimit"));
    if (const auto value = fixture::optional_field(env, "currentDifficulty"))
        block.difficulty = fixture::u256(*value);
    if (const auto value = fixture::optional_field(env, "currentRandom"))
        block.prev_randao = fixture::word(*value);
    if (const auto value = fixture::optional_field(env, "currentBaseFee");
        value && fork.revision >= evm::Revision::london)
        block.base_fee = fixture::u256(*value);
    const auto config = fixture::optional_field(test, "config");
    if (config)
        if (const auto id = fixture::optional_field(*config, "chainid"))
            block.chain_id = fixture::u64(*id);
    if (fork.revision < evm::Revision::cancun) return environment;

    environment.blobs =
        fork.revision >= evm::Revision::prague ? execution::PRAGUE_BLOBS : execution::CANCUN_BLOBS;
    if (config)
        if (const auto schedule = fixture::optional_field(*config, "blobSchedule"))
            if (const auto entry = fixture::optional_field(*schedule, fork.name))
                environment.blobs = fixture::blob_parameters(*entry);
    if (const auto excess = fixture::optional_field(env, "currentExcessBlobGas"))
        block.blob_base_fee = execution::blob_base_fee(fixture::u64(*excess), environment.blobs);
    return environment;
}

Json element_at(Json array, uint64_t index, const char* name) {
    Json result;
    if (array.at(index).get(result) != simdjson::SUCCESS)
        throw fixture::FormatError{fmt::format("no {} with index {}", name, index)};
    return result;
}

Transaction read_transaction(Json json, Json indexes, uint64_t chain_id) {
    const uint64_t data_index = fixture::u64(fixture::field(indexes, "data"));
    const auto pick = [&](const char* list, const char* index) {
        return element_at(fixture::field(json, list), fixture::u64(fixture::field(indexes, index)),
                          list);
    };
    Transaction tx;
    tx.nonce = fixture::u64(fixture::field(json, "nonce"));
    tx.gas_limit = fixture::u64(pick("gasLimit", "gas"));
    tx.value = fixture::u256(pick("value", "value"));
    tx.data = fixture::bytes(pick("data", "data"));
    const Bytes to = fixture::bytes(fixture::field(json, "to"));
    if (!to.empty()) tx.to = fixture::address(fixture::field(json, "to"));
    if (const auto price = fixture::optional_field(json, "gasPrice"))
        tx.max_fee_per_gas = tx.max_priority_fee_per_gas = fixture::u256(*price);
    if (const auto lists = fixture::optional_field(json, "accessLists")) {
        const Json list = element_at(*lists, data_index, "accessLists");
        if (!list.is_null()) {
            tx.type = TxType::access_list;
            tx.access_list = fixture::access_list(list);
        }
    }
    if (const auto fee = fixture::optional_field(json, "maxFeePerGas")) {
        tx.type = TxType::dynamic_fee;
        tx.max_fee_per_gas = fixture::u256(*fee);
        tx.max_priority_fee_per_gas = fixture::u256(fixture::field(json, "maxPriorityFeePerGas"));
    }
    if (const auto fee = fixture::optional_field(json, "maxFeePerBlobGas")) {
        tx.type = TxType::blob;
        tx.max_fee_per_blob_gas = fixture::u256(*fee);
        simdjson::dom::array hashes;
        if (fixture::field(json, "blobVersionedHashes").get(hashes) == simdjson::SUCCESS)
            for (const Json value : hashes)
                tx.blob_versioned_hashes.push_back(fixture::hash(value));
    }
    if (const auto list = fixture::optional_field(json, "authorizationList")) {
        tx.type = TxType::set_code;
        tx.authorization_list = fixture::authorization_list(*list);
    }
    if (tx.type != TxType::legacy) tx.chain_id = chain_id;
    return tx;
}

/// The signed bytes of a transaction that is executed must say what the other fields say.
std::optional<std::string> check_encoding(Json post, Transaction tx, const Address& sender,
                                          const execution::Environment& environment) {
    const auto field = fixture::optional_field(post, "txbytes");
    if (!field) return std::nullopt;
    const auto decoded = decode_transaction(fixture::bytes(*field));
    if (!decoded) return fmt::format("txbytes: {}", to_string(decoded.error()));
    if (tx.type == TxType::legacy) tx.chain_id = decoded->chain_id;
    tx.y_parity = decoded->y_parity;
    tx.r = decoded->r;
    tx.s = decoded->s;
    if (*decoded != tx) return "txbytes: not the transaction of the other fields";
    const auto signer = execution::sender_of(*decoded, environment);
    if (!signer) return fmt::format("txbytes: {}", execution::to_string(signer.error()));
    if (*signer != sender) return "txbytes: another sender";
    return std::nullopt;
}

/// EIP-3155's line after the last instruction. A refused transaction has one, too, with the reason.
void print_summary(const Result<execution::Outcome, execution::TxError>& outcome,
                   const Hash& state_root, std::string_view fork) {
    fmt::print(
        stderr,
        R"({{"stateRoot":"{}","output":"{}","gasUsed":"0x{:x}","pass":{},"fork":"{}"{}}})"
        "\n",
        to_hex(state_root), outcome ? to_hex(outcome->output) : "0x",
        outcome ? outcome->gas_used : 0, outcome && outcome->succeeded(), fork,
        outcome ? "" : fmt::format(R"(,"error":"{}")", execution::to_string(outcome.error())));
}

/// What is wrong with the outcome of one entry of `post`; nothing if it passes.
std::optional<std::string> run_case(Json test, Json post, const fixture::Fork& fork,
                                    const state::MemoryState& pre, bool trace) {
    execution::Environment environment = read_environment(test, fork);
    const NumberHashes hashes;
    environment.block_hashes = &hashes;
    const Json json = fixture::field(test, "transaction");
    const Transaction tx =
        read_transaction(json, fixture::field(post, "indexes"), environment.block.chain_id);
    const Address sender = fixture::address(fixture::field(json, "sender"));
    std::string_view expected;
    if (const auto exception = fixture::optional_field(post, "expectException"))
        expected = std::string_view{*exception};

    state::State state{pre};
    execution::Host host{state, environment};
    TracePrinter tracer{stderr, {.stack = true, .memory = false, .return_data = true}};
    if (trace) host.set_tracer(&tracer);
    const auto outcome = execution::execute_transaction(
        host, tx, sender, {environment.block.gas_limit, environment.blobs.max * GAS_PER_BLOB});

    state::MemoryState after = pre;
    after.apply(state.diff());
    if (trace) print_summary(outcome, after.state_root(), fork.name);
    if (!expected.empty()) {
        if (outcome) return fmt::format("accepted, expected {}", expected);
        if (!fixture::is_expected(expected, outcome.error()))
            return fmt::format("refused for {}, expected {}", execution::to_string(outcome.error()),
                               expected);
    } else {
        if (!outcome) return fmt::format("refused: {}", execution::to_string(outcome.error()));
        if (auto problem = check_encoding(post, tx, sender, environment)) return problem;
    }
    const Hash root = fixture::hash(fixture::field(post, "hash"));
    if (after.state_root() != root)
        return fmt::format("state root {}, expected {}", to_hex(after.state_root()), to_hex(root));
    const Hash logs = fixture::hash(fixture::field(post, "logs"));
    const Hash logs_found = logs_hash(outcome ? outcome->logs : std::vector<Log>{});
    if (logs_found != logs)
        return fmt::format("logs hash {}, expected {}", to_hex(logs_found), to_hex(logs));
    return std::nullopt;
}

bool is_state_test(Json test) {
    return fixture::optional_field(test, "post") && fixture::optional_field(test, "transaction");
}

void run_test(const fixture::Options& options, const std::string& file, const std::string& name,
              Json test, TestReport& report) {
    std::optional<state::MemoryState> pre;
    simdjson::dom::object forks;
    if (fixture::field(test, "post").get(forks) != simdjson::SUCCESS)
        throw fixture::FormatError{"post: no object"};
    for (const auto& [fork_name, entries] : forks) {
        if (!options.wants_fork(fork_name)) continue;
        simdjson::dom::array cases;
        if (entries.get(cases) != simdjson::SUCCESS)
            throw fixture::FormatError{"post: no list of cases"};
        const auto fork = fixture::fork_by_name(fork_name);
        if (!fork) {
            report.skip(fmt::format("fork {} is not known", fork_name), cases.size());
            continue;
        }
        if (!pre) pre.emplace(fixture::alloc(fixture::field(test, "pre")));
        size_t index = 0;
        for (const Json entry : cases) {
            if (const auto problem = run_case(test, entry, *fork, *pre, options.trace))
                report.fail(file, fmt::format("{} {}[{}]", name, fork_name, index), *problem);
            else
                report.pass();
            ++index;
        }
    }
}

Run declare(CLI::App& app) {
    auto options = std::make_shared<fixture::Options>();
    fixture::declare_options(app, *options, "state test");
    app.add_flag("--trace", options->trace,
                 "Every instruction on standard error (EIP-3155); one thread");
    app.footer(
        "A test passes if the state root and the hash of the logs are as it says, and if a\n"
        "transaction that must be refused is refused for the reason that it names.\n"
        "Exit code: 0 all passed, 1 something failed or nothing was found, 2 wrong usage.");
    return [options] {
        fixture::check_forks(*options);
        return fixture::run_files(
            *options, "state test", is_state_test,
            [&](const std::string& file, const std::string& name, Json test, TestReport& report) {
                run_test(*options, file, name, test, report);
            });
    };
}

}  // namespace

const Command statetest_command{
    "statetest", "Runs official state tests: one transaction on a given state each", declare};

}  // namespace scope::app
