#pragma once

#include "cli/command.hpp"

namespace scope::app {

extern const cli::Command node_command;

}  // namespace scope::app
