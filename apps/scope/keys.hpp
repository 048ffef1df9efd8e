#pragma once

#include "cli/command.hpp"

namespace scope::app {

/// Makes keystores and shows their addresses: `scope keys`.
extern const cli::Command keys_command;

}  // namespace scope::app
