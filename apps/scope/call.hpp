#pragma once

#include "cli/command.hpp"

namespace scope::app {

/// `scope call`: a call across chains, simulated on a running devnet.
extern const cli::Command call_command;

}  // namespace scope::app
