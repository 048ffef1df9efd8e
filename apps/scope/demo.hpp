#pragma once

#include "cli/command.hpp"

namespace scope::app {

/// `scope demo`: an L1 and two rollups in one process, five cross-chain stories, attacks, a
/// follower.
extern const cli::Command demo_command;

}  // namespace scope::app
