#pragma once

#include "cli/command.hpp"

namespace scope::t8n {

/// The transition tool: what a block's transactions make of a state.
extern const cli::Command t8n_command;

}  // namespace scope::t8n
