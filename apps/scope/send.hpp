#pragma once

#include "cli/command.hpp"

namespace scope::app {

/// `scope send`: a transaction across chains, sent to a running devnet.
extern const cli::Command send_command;

}  // namespace scope::app
