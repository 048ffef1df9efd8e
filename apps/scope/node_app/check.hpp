#pragma once

#include <string>
#include <vector>

#include "config/node_config.hpp"
#include "node/network_file.hpp"

namespace scope::node_app {

/// Reads the network file of a configuration; an error names the file.
Result<node::NetworkFile, std::string> read_network(const config::NodeConfig& config);

/// Compares what a configuration says of the committee with the network file. Returns what is wrong, each
/// with its key.
std::vector<std::string> compare(const config::NodeConfig& config,
                                 const node::NetworkFile& network);
/// Returns why somebody can't attest on a network; empty: it is a member of its committee.
std::string why_no_member(const Address& attester, const node::NetworkFile& network);

/// Looks at what a configuration names: reads its secrets and its files, and compares the committee
/// with the network's. Returns what is wrong, each with its key; nothing of a secret is said, and nobody
/// is asked over the network.
std::vector<std::string> check_surroundings(const config::NodeConfig& config);

}  // namespace scope::node_app
