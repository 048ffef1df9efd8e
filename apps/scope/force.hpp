#pragma once

#include "cli/command.hpp"

namespace scope::app {

/// `scope force`: a transaction of a rollup, queued on L1.
extern const cli::Command force_command;

}  // namespace scope::app
