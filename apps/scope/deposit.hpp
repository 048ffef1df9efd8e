#pragma once

#include "cli/command.hpp"

namespace scope::app {

/// `scope deposit`: ETH or tokens brought to a rollup by its forced queue.
extern const cli::Command deposit_command;

}  // namespace scope::app
