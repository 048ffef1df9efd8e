#pragma once

#include "cli/command.hpp"

namespace scope::app {

/// `scope deploy`: the contracts on an L1 of others, the rollups registered, the network file.
extern const cli::Command deploy_command;

}  // namespace scope::app
