#pragma once

#include "cli/command.hpp"

namespace scope::app {

extern const cli::Command config_command;

}  // namespace scope::app
