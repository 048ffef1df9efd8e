#pragma once

#include <string>
#include <vector>

#include "config/node_config.hpp"
#include "node/network_file.hpp"

namespace scope::node_app {

/// Reads the network file of a configuration; an error names the file.
Result<node::NetworkFile, std::string> read_network(const config::NodeConfig& config);

/// Looks at what a configuration names: reads its secrets and its files, and compares the committee
/// with the network's. Returns what is wrong, each with its key; nothing of a secret is said, and nobody
/// is asked over the network.
std::vector<std::string> check_surroundings(const config::NodeConfig& config);

}  // namespace scope::node_app
