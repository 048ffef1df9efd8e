#pragma once

#include "cli/command.hpp"

namespace scope::app {

/// `scope chains`: the chains of a running devnet, with their heads.
extern const cli::Command chains_command;

}  // namespace scope::app
