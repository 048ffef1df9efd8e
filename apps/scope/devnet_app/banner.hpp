#pragma once

#include <string>
#include <vector>

#include "devnet/dev_accounts.hpp"
#include "devnet/live_genesis.hpp"
#include "devnet_app/options.hpp"

namespace scope::devnet_app {

/// What has been started, as the user is told it.
struct Started {
    const Options& options;
    const std::vector<devnet::WalletAccount>& wallet;
    const std::vector<rpc::Network::NamedContract>& contracts;
    uint64_t timestamp_s = 0;  ///< of the genesis blocks
    struct Port {
        ChainId chain_id;
        uint16_t port = 0;
    };
    std::vector<Port> ports;  ///< L1's first
};

/// Returns the text for a person, and for the launchers that read it as anvil's: `Available
/// Accounts`, `Private Keys`, `(0) 0x…`, and behind the keys, before every other URL, the line
/// `Listening on 127.0.0.1:8545`.
std::string banner(const Started& started);
/// Returns the same as a JSON object, in one line: the file of --config-out, which has anvil's
/// members, and what --json prints first.
std::string configuration(const Started& started);

/// Returns "127.0.0.1:8545", or "[::1]:8545".
std::string host_and_port(const Options& options, uint16_t port);

}  // namespace scope::devnet_app
