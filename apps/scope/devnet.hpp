#pragma once

#include "cli/command.hpp"

namespace scope::app {

/// `scope devnet`: an L1 and rollups in one process, each an ordinary Ethereum node by JSON-RPC.
extern const cli::Command devnet_command;

}  // namespace scope::app
