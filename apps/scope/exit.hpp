#pragma once

#include "cli/command.hpp"

namespace scope::app {

/// `scope exit`: the way out of a closed rollup, by proofs.
extern const cli::Command exit_command;

}  // namespace scope::app
