#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "cli/command.hpp"
#include "net/server.hpp"

namespace scope::devnet_app {

/// The command line of `scope devnet`, with anvil's names and meanings where anvil has the option.
/// Each option is also the environment variable SCOPE_<NAME>.
struct Options {
    // L1 and the rollups
    uint64_t chain_id = 31337;
    std::optional<uint64_t> rollups;         ///< nullopt: as many as have ids, or 2
    std::vector<uint64_t> rollup_chain_ids;  ///< ascending; complete() fills it in
    bool names_rollups = false;              ///< whether one of these was given
    uint64_t attesters = 3;
    std::string data = "blobs";
    uint64_t margin_percent = 0;
    uint64_t gas_limit = 60'000'000;
    uint64_t base_fee_wei = 1'000'000'000;
    std::string hardfork = "osaka";
    std::optional<uint64_t> timestamp_s;  ///< nullopt: the time of the start

    // accounts
    uint64_t accounts = 10;
    uint64_t balance_ether = 10'000;
    std::string mnemonic;
    std::string derivation_path;

    // mining
    std::optional<double> block_time_s;
    bool no_mining = false;
    bool mixed_mining = false;
    std::string order = "fees";

    // state; empty: none
    std::filesystem::path init;
    std::filesystem::path state;
    std::filesystem::path load_state;
    std::filesystem::path dump_state;
    std::optional<uint64_t> state_interval_s;
    bool archive = false;
    uint64_t state_cache_mib = 128;

    // server
    std::string host = "127.0.0.1";
    uint64_t port = 8545;
    std::string allow_origin = "*";
    bool no_cors = false;
    uint64_t max_connections = net::ServerOptions{}.connections;
    uint64_t max_batch = net::MessageLimits{}.batch_calls;
    uint64_t max_request_bytes = net::ServerOptions{}.request_bytes;
    uint64_t max_response_bytes = net::MessageLimits{}.response_bytes;
    uint64_t max_buffered_bytes = net::ServerOptions{}.input_bytes;  ///< and as many of answers
    uint64_t idle_timeout_s = static_cast<uint64_t>(
        std::chrono::floor<std::chrono::seconds>(net::ServerOptions{}.idle_timeout).count());

    // what is told
    std::filesystem::path config_out;
    std::filesystem::path solidity;
    bool silent = false;
    bool json = false;
    int verbosity = 0;
    std::string color = "auto";
};

/// The ports of rollups follow on L1's, at this distance: 8545, then 9545, 9546, ….
inline constexpr uint64_t ROLLUP_PORTS = 1000;

/// Adds the options to a subcommand.
void declare(CLI::App& command, Options& options);

/// Fills in what follows from the other options. Throws cli::UsageError where two of them make no
/// sense together; it names both.
void complete(Options& options);

/// Returns how the server of these options listens, and its limits.
net::ServerOptions server_options(const Options& options);

}  // namespace scope::devnet_app
