#pragma once

#include "cli/signals.hpp"
#include "config/node_config.hpp"
#include "node/network_file.hpp"

namespace scope::node_app {

/// Runs a node until a signal ends it; returns the exit code. Throws what keeps it from beginning: a
/// port that is taken, a database of another network, a role that it can't take. A disk that is full, or
/// whatever else the machine gets wrong later, ends it with 1, and its log says why.
///
/// @param signals  Made before any thread.
int run(const config::NodeConfig& config, const node::NetworkFile& file,
        const cli::Signals& signals);

}  // namespace scope::node_app
