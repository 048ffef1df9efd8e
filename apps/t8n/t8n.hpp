#pragma once

#include "cli/command.hpp"

namespace scope::t8n {

/// The transition tool: applies a block's transactions to a state.
extern const cli::Command t8n_command;

}  // namespace scope::t8n
