#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.hpp"
#include "config/units.hpp"

// scope.toml, the configuration of `scope node`, as plain data. docs/node.md says what each key means.
// Addresses, URLs, fingerprints and the names of secrets are texts here: their form has been checked.

namespace scope::config {

enum class Role : uint8_t { builder, attester, follower };
/// Returns the enumerator's name.
std::string_view to_string(Role role) noexcept;

struct L1Config {
    // URLs, or env:NAME or file:PATH where they are.
    std::vector<std::string> rpc{"http://127.0.0.1:8545"};  ///< asked in this order
    std::string websocket;                                  ///< empty: heads are polled alone
    std::vector<std::string> beacon;                        ///< sources of blobs, in order
    milliseconds slot{12'000};
    milliseconds poll{1'000};
    milliseconds timeout{10'000};        ///< of a request
    milliseconds max_head_age{300'000};  ///< an endpoint whose head is older is behind
    bool roots_with_blobs = false;       ///< as anvil's blocks have (docs/l1-over-rpc.md)
};

struct DatabaseConfig {
    uint64_t cache_bytes = uint64_t{128} << 20;
    bool archive = false;  ///< keeps the states of all blocks
};

struct RpcConfig {
    std::string listen = "127.0.0.1:9545";
    std::string forward;  ///< the builder's URL, or where it is; empty: no transactions are taken
    std::string allow_origin = "*";
    uint64_t max_connections = 1024;
    uint64_t max_batch = 1000;
    uint64_t max_request_bytes = uint64_t{5} << 20;
    uint64_t max_response_bytes = uint64_t{25} << 20;
    uint64_t max_buffered_bytes = uint64_t{256} << 20;
    milliseconds idle_timeout{120'000};
};

/// A key that signs: file:PATH of a keystore with the password, env:NAME of a variable with the key,
/// or the URL of a remote signer, http://host:port#0xADDRESS.
struct KeyConfig {
    std::string key;
    std::string password;  ///< env:NAME or file:PATH; empty: none is needed
};

struct BuilderConfig {
    struct Attester {
        std::string address;
        std::string url;
        std::string key;  ///< sha256:HEX, the fingerprint of its TLS key
    };

    KeyConfig key;
    KeyConfig calldata_key;  ///< of an account for transactions without blobs; empty: the same
    bool calldata = false;   ///< batches go into calldata, not into blobs
    uint64_t threshold = 2;
    std::string tls_certificate;
    milliseconds block_time{0};
    milliseconds settle_after{12'000};
    milliseconds proof_timeout{8'000};
    uint64_t max_fee_per_gas_wei = 200'000'000'000;
    uint64_t max_fee_per_blob_gas_wei = 200'000'000'000;
    uint64_t max_priority_fee_per_gas_wei = 1'000'000'000;
    std::vector<Attester> attesters;
};

struct AttesterConfig {
    /// Who may ask it.
    struct Allowed {
        std::string name;
        std::string key;  ///< sha256:HEX
    };

    KeyConfig key;
    std::string listen = "127.0.0.1:7545";
    std::string tls_certificate;
    std::string deployer;  ///< who may register the network's rollups; empty: nobody
    std::vector<Allowed> allowed;
};

struct BlobsConfig {
    std::optional<milliseconds> keep = std::chrono::hours{18 * 24};  ///< nullopt: all
    std::string listen;  ///< Beacon REST; empty: none are served
};

struct MetricsConfig {
    std::string listen;  ///< empty: on the JSON-RPC port alone
};

enum class LogLevel : uint8_t { debug, info, warn, error };
enum class LogFormat : uint8_t { text, json };
struct LogConfig {
    LogLevel level = LogLevel::info;
    LogFormat format = LogFormat::text;
};

struct NodeConfig {
    std::string network = "network.json";
    std::set<Role> roles{Role::follower};
    std::string data = "data";
    L1Config l1;
    DatabaseConfig database;
    RpcConfig rpc;
    std::optional<BuilderConfig> builder;
    std::optional<AttesterConfig> attester;
    BlobsConfig blobs;
    MetricsConfig metrics;
    LogConfig log;

    /// The folder to which its paths are relative: that of the file.
    std::filesystem::path folder = ".";

    [[nodiscard]] bool has(Role role) const { return roles.contains(role); }
    /// Returns the path as the system takes it.
    [[nodiscard]] std::filesystem::path path_of(std::string_view path) const;
};

/// What is wrong in a configuration, and where.
struct ConfigError {
    std::string file;
    uint32_t line = 0;  ///< from 1; 0: nowhere in particular
    uint32_t column = 0;
    std::string key;  ///< "l1.poll"; empty: of none
    std::string reason;
};
/// Returns "scope.toml:3:1: l1.pol: there is no such key; is l1.poll meant?".
std::string to_string(const ConfigError& error);

using ConfigErrors = std::vector<ConfigError>;

inline constexpr size_t MAX_CONFIG_BYTES = size_t{1} << 20;

/// Parses a configuration, and returns it or all that is wrong with it, in the order of its lines.
/// @param name  The file's, for messages; its folder is the configuration's.
Result<NodeConfig, ConfigErrors> parse_node_config(std::string_view text,
                                                   const std::filesystem::path& name);
/// Reads the file.
Result<NodeConfig, ConfigErrors> read_node_config(const std::filesystem::path& file);

/// Returns the configuration as TOML, with all values, also those that are defaults, but for the paths of
/// URLs, which may hold keys: … stands for them, and is refused where it is read.
std::string print_node_config(const NodeConfig& config);
/// Returns it for a file: with what each key means above it, and with whole URLs.
std::string print_commented(const NodeConfig& config);

/// Gives one key ("l1.poll") the value that is written as on a command line: without quotation marks, a list
/// with commas between. An error says which key and why; nothing is changed then. Tables of which there
/// may be several have no such keys.
Result<void, std::string> set_key(NodeConfig& config, std::string_view key, std::string_view value);

/// Parses a member of the committee on a command line: ADDRESS=URL#sha256:FINGERPRINT, with https://.
Result<BuilderConfig::Attester, std::string> parse_attester(std::string_view text);
/// Parses who may ask an attester on a command line: NAME=sha256:FINGERPRINT.
Result<AttesterConfig::Allowed, std::string> parse_allowed(std::string_view text);

/// Returns a configuration for these roles, in which what only its user knows is left empty.
NodeConfig sample_config(const std::set<Role>& roles);

}  // namespace scope::config
