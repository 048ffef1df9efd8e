#include "devnet_app/options.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "devnet/dev_accounts.hpp"
#include "devnet/live_genesis.hpp"
#include "devnet_app/state_folder.hpp"

namespace scope::devnet_app {

namespace {

using cli::UsageError;

constexpr uint64_t DEFAULT_ROLLUPS = 2;

constexpr int64_t MOST_ETHER = 1'000'000'000;  // devnet::MAX_BALANCE_WEI
constexpr int64_t MOST_GAS = 1'000'000'000'000;
constexpr int64_t MOST_FEE = 1'000'000'000'000'000'000;
constexpr int64_t LAST_TIME = 253'402'300'799;  // of the year 9999
constexpr int64_t MOST_SECONDS = 31'536'000;
constexpr int64_t MOST_CONNECTIONS = 1'000'000;
constexpr int64_t MOST_BYTES = int64_t{1} << 34;
constexpr double LEAST_BLOCK_TIME = 0.001;

/// Returns the check for a number that may have decimals; `010` and `1e3` are none.
CLI::Validator seconds() {
    return {[](const std::string& text) -> std::string {
                const bool is_number = !text.empty() &&
                                       text.find_first_not_of("0123456789.") == std::string::npos &&
                                       std::ranges::count(text, '.') <= 1 && text != ".";
                if (is_number && text.size() <= 15) {
                    const double value = std::stod(text);
                    if (value >= LEAST_BLOCK_TIME && value <= static_cast<double>(MOST_SECONDS))
                        return {};
                }
                return fmt::format("{} is no number of seconds in [{} - {}]", text,
                                   LEAST_BLOCK_TIME, MOST_SECONDS);
            },
            "SECONDS"};
}

void declare_chains(CLI::App& command, Options& options) {
    command.add_option("--chain-id", options.chain_id, "Chain id of L1")
        ->check(cli::numbers_from(1))
        ->capture_default_str();
    command.add_option("--rollups", options.rollups, "How many rollups [2]")
        ->check(cli::numbers(1, devnet::MAX_ROLLUPS));
    command
        .add_option("--rollup-chain-ids", options.rollup_chain_ids,
                    "Their chain ids, with commas between [from 42001 on]")
        ->delimiter(',')
        ->check(cli::numbers_from(1));
    command.add_option("--attesters", options.attesters, "Members of the committee")
        ->check(cli::numbers(1, devnet::MAX_ATTESTERS))
        ->capture_default_str();
    command.add_option("--data", options.data, "Where batches settle")
        ->check(CLI::IsMember({"blobs", "calldata"}))
        ->capture_default_str();
    command
        .add_option("--margin", options.margin_percent,
                    "What a root has to pay at least, in percent of what it costs the builder; 0: "
                    "nothing")
        ->check(cli::numbers(0, 1'000'000))
        ->capture_default_str();
    command
        .add_option("--gas-limit", options.gas_limit,
                    "Gas of a block; of a rollup's at least 67108864")
        ->check(cli::numbers(devnet::MIN_DEVNET_GAS_LIMIT, MOST_GAS))
        ->capture_default_str();
    command
        .add_option("--base-fee,--block-base-fee-per-gas", options.base_fee_wei,
                    "Base fee of the genesis blocks, in wei")
        ->check(cli::numbers(0, MOST_FEE))
        ->capture_default_str();
    command
        .add_option("--hardfork", options.hardfork, "Ethereum's rules; the contracts need these")
        ->check(CLI::IsMember({"osaka", "latest"}))
        ->capture_default_str();
    command
        .add_option("--timestamp", options.timestamp_s,
                    "Time of the genesis blocks, in seconds since 1970 [the present]")
        ->check(cli::numbers(1, LAST_TIME));
}

void declare_accounts(CLI::App& command, Options& options) {
    command.add_option("-a,--accounts", options.accounts, "How many development accounts")
        ->check(cli::numbers(0, devnet::MAX_ACCOUNTS))
        ->capture_default_str();
    command.add_option("--balance", options.balance_ether, "ETH of each on every chain")
        ->check(cli::numbers(0, MOST_ETHER))
        ->capture_default_str();
    command.add_option("-m,--mnemonic", options.mnemonic, "BIP-39 phrase that they come from")
        ->capture_default_str();
    command
        .add_option("--derivation-path", options.derivation_path,
                    "BIP-32 path; an account's number is put behind it")
        ->capture_default_str();
}

void declare_mining(CLI::App& command, Options& options) {
    command
        .add_option("-b,--block-time,--blockTime", options.block_time_s,
                    "Mine every so many seconds, not at once")
        ->check(seconds());
    command.add_flag("--no-mining,--no-mine", options.no_mining, "Mine when evm_mine asks for it");
    command.add_flag("--mixed-mining", options.mixed_mining,
                     "Mine at once and, with --block-time, at intervals");
    command.add_option("--order", options.order, "Which transaction comes first")
        ->check(CLI::IsMember({"fees", "fifo"}))
        ->capture_default_str();
}

void declare_state(CLI::App& command, Options& options) {
    command.add_option("--init", options.init, "genesis.json whose accounts are added to L1")
        ->check(CLI::ExistingFile);
    command.add_option(
        "--state", options.state,
        "Folder that keeps every block as soon as it stands: the next start goes on "
        "from there, even after kill -9; leave out then what makes the genesis, since "
        "the folder knows it. A name with an extension (state.json) is a file instead: "
        "loaded if it is there, and dumped to at the end only");
    command.add_flag("--archive", options.archive,
                     "Keep the states of all blocks in the folder of --state, not of the last 128 "
                     "alone. Give it at every start: one without it deletes old states for good");
    command
        .add_option(
            "--state-cache", options.state_cache_mib,
            "MiB that the caches of the folder of --state aim at; each attester has 16 beside")
        ->check(cli::numbers(16, 1'048'576))
        ->capture_default_str();
    command.add_option("--load-state", options.load_state, "File to load the state from");
    command.add_option("--dump-state", options.dump_state,
                       "File to dump the state to at the end; in a folder, state.json");
    command
        .add_option("-s,--state-interval", options.state_interval_s,
                    "Dump it every so many seconds, too")
        ->check(cli::numbers(1, MOST_SECONDS));
}

void declare_server(CLI::App& command, Options& options) {
    command.add_option("--host", options.host, "IP address to listen on")->capture_default_str();
    command
        .add_option("-p,--port", options.port,
                    "Port of L1; the rollups' begin 1000 above. 0: free ones for all")
        ->check(cli::numbers(0, 65'535))
        ->capture_default_str();
    command
        .add_option("--allow-origin", options.allow_origin,
                    "Whose pages may call (CORS): an origin, or * for all")
        ->capture_default_str();
    command.add_flag("--no-cors", options.no_cors, "Let no page call");
}

/// Declares the limits, with geth's and reth's names, too, where they count the same.
void declare_limits(CLI::App& command, Options& options) {
    command
        .add_option("--max-connections,--rpc.max-connections", options.max_connections,
                    "Connections at a time; for one more the one that is idle longest is closed")
        ->check(cli::numbers(1, MOST_CONNECTIONS))
        ->capture_default_str();
    command
        .add_option("--max-batch,--rpc.batch-request-limit", options.max_batch,
                    "Requests in a batch")
        ->check(cli::numbers(1, 1'000'000))
        ->capture_default_str();
    command
        .add_option("--max-request-size", options.max_request_bytes,
                    "Bytes of a request or a batch")
        ->check(cli::numbers(1024, MOST_BYTES))
        ->capture_default_str();
    command
        .add_option("--max-response-size,--rpc.batch-response-max-size", options.max_response_bytes,
                    "Bytes of a result, or of all in a batch")
        ->check(cli::numbers(1024, MOST_BYTES))
        ->capture_default_str();
    command
        .add_option("--max-buffered", options.max_buffered_bytes,
                    "Bytes of all requests that wait for an answer, and as many of answers that "
                    "wait to be sent; above, who has most of it is closed")
        ->check(cli::numbers(1024, MOST_BYTES))
        ->capture_default_str();
    command
        .add_option("--idle-timeout", options.idle_timeout_s,
                    "Seconds after which an HTTP connection is closed that asks nothing")
        ->check(cli::numbers(1, MOST_SECONDS))
        ->capture_default_str();
}

void declare_output(CLI::App& command, Options& options) {
    command.add_option("--config-out", options.config_out,
                       "File to write accounts, keys, URLs and contracts to, as JSON");
    command.add_option("--solidity", options.solidity,
                       "Folder to write the Solidity interfaces and ScopeLib to");
    command.add_flag("--silent,-q,--quiet", options.silent, "Print nothing but errors");
    command.add_flag("--json", options.json, "Print one JSON object a line");
    command.add_flag("-v,--verbosity", options.verbosity,
                     "Print the tree of calls of each root, too");
    command.add_option("--color", options.color, "Whether to use colour")
        ->check(CLI::IsMember({"auto", "always", "never"}))
        ->capture_default_str();
}

/// SCOPE_DUMP_STATE for --dump-state.
std::string environment_name(const std::string& long_name) {
    std::string name = "SCOPE_" + long_name;
    std::ranges::transform(name, name.begin(), [](char c) {
        if (c == '-' || c == '.') return '_';
        return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    });
    return name;
}

/// Has an option read the variable of one of its names: the first that is set.
void read_environment(CLI::Option& option) {
    for (const auto& name : option.get_lnames()) {
        const auto variable = environment_name(name);
        if (name == "help" || std::getenv(variable.c_str()) == nullptr) continue;
        option.envname(variable);
        return;
    }
}

void complete_rollups(Options& options) {
    auto& ids = options.rollup_chain_ids;
    options.names_rollups = options.rollups || !ids.empty();
    if (ids.empty())
        for (uint64_t i = 0; i < options.rollups.value_or(DEFAULT_ROLLUPS); ++i)
            ids.push_back(devnet::FIRST_DEVNET_ROLLUP + i);
    if (options.rollups && ids.size() != *options.rollups)
        throw UsageError{fmt::format("--rollups is {}, and --rollup-chain-ids has {}",
                                     *options.rollups, ids.size())};
    if (ids.size() > devnet::MAX_ROLLUPS)
        throw UsageError{fmt::format("--rollup-chain-ids: {} are more than {}", ids.size(),
                                     devnet::MAX_ROLLUPS)};
    std::ranges::sort(ids);
    if (const auto twice = std::ranges::adjacent_find(ids); twice != ids.end())
        throw UsageError{fmt::format("--rollup-chain-ids: {} is there twice", *twice)};
    if (std::ranges::binary_search(ids, options.chain_id))
        throw UsageError{
            fmt::format("{} is the chain id of L1 (--chain-id) and of a rollup", options.chain_id)};
}

}  // namespace

void declare(CLI::App& command, Options& options) {
    options.mnemonic = devnet::DEFAULT_MNEMONIC;
    options.derivation_path = devnet::DEFAULT_DERIVATION_PATH;
    declare_chains(command, options);
    declare_accounts(command, options);
    declare_mining(command, options);
    declare_state(command, options);
    declare_server(command, options);
    declare_limits(command, options);
    declare_output(command, options);
    // Once it is this subcommand that was chosen: another one doesn't read the variables.
    command.preparse_callback([&command](size_t) {
        for (auto* const option : command.get_options()) read_environment(*option);
    });
    command.footer(
        "Each option is also an environment variable: SCOPE_BLOCK_TIME is --block-time.\n"
        "Every chain answers JSON-RPC over HTTP and WebSocket on a port of its own, and under\n"
        "/CHAIN-ID on L1's. A rollup's ordinary transactions stand in a block at once, and settle\n"
        "on L1 with the next scope, or after 12 s or 256 blocks. Ctrl-C ends it.");
}

namespace {

/// Refuses a file that could not be written at the end, when it would be too late.
void require_folder(const char* option, const std::filesystem::path& file) {
    const auto folder = file.parent_path();
    if (!folder.empty() && !std::filesystem::is_directory(folder))
        throw UsageError{
            fmt::format("{} {}: there is no folder {}", option, file.string(), folder.string())};
}

/// Refuses limits with which the largest request or answer alone would be too much.
void require_buffers(const Options& options) {
    for (const auto& [name, bytes] : {std::pair{"--max-request-size", options.max_request_bytes},
                                      std::pair{"--max-response-size", options.max_response_bytes}})
        if (bytes > options.max_buffered_bytes)
            throw UsageError{fmt::format("{} is {}, and --max-buffered {}: one would be too much",
                                         name, bytes, options.max_buffered_bytes)};
}

}  // namespace

void complete(Options& options) {
    if (options.host.empty())
        throw UsageError{"--host is empty; 0.0.0.0 is every address of this machine"};
    require_buffers(options);
    complete_rollups(options);
    if (options.no_mining && options.block_time_s)
        throw UsageError{"--no-mining and --block-time contradict each other"};
    if (options.mixed_mining && !options.block_time_s)
        throw UsageError{"--mixed-mining needs --block-time"};
    const bool has_folder = is_state_folder(options.state);
    if (has_folder && !options.load_state.empty())
        throw UsageError{"--state names a database: load a dump into it by anvil_loadState"};
    if (!options.state.empty() && !has_folder &&
        (!options.load_state.empty() || !options.dump_state.empty()))
        throw UsageError{"--state is both --load-state and --dump-state: leave those out"};
    if (options.state_interval_s && (options.state.empty() || has_folder) &&
        options.dump_state.empty())
        throw UsageError{"--state-interval needs a file of --state, or --dump-state"};
    if (options.archive && !has_folder) throw UsageError{"--archive needs a folder of --state"};
    if (options.state_cache_mib != Options{}.state_cache_mib && !has_folder)
        throw UsageError{"--state-cache needs a folder of --state"};
    if (!has_folder) require_folder("--state", options.state);
    require_folder("--dump-state", options.dump_state);
    if (options.no_cors && options.allow_origin != Options{}.allow_origin)
        throw UsageError{"--no-cors and --allow-origin contradict each other"};
    if (options.silent && options.json)
        throw UsageError{"--silent and --json contradict each other"};
    if (options.port != 0 &&
        options.port + ROLLUP_PORTS + options.rollup_chain_ids.size() - 1 > 65'535)
        throw UsageError{fmt::format(
            "--port {}: the rollups' ports begin {} above, and {} of them would not fit",
            options.port, ROLLUP_PORTS, options.rollup_chain_ids.size())};
}

net::ServerOptions server_options(const Options& options) {
    net::ServerOptions server;
    server.host = options.host;
    server.allow_origin = options.no_cors ? std::nullopt : std::optional{options.allow_origin};
    server.connections = options.max_connections;
    server.message.batch_calls = options.max_batch;
    server.message.response_bytes = options.max_response_bytes;
    server.request_bytes = options.max_request_bytes;
    server.input_bytes = server.output_bytes = options.max_buffered_bytes;
    server.idle_timeout = std::chrono::seconds{options.idle_timeout_s};
    return server;
}

}  // namespace scope::devnet_app
