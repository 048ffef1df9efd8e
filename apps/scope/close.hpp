#pragma once

#include "cli/command.hpp"

namespace scope::app {

/// `scope close`: the closing of a rollup that settles nothing.
extern const cli::Command close_command;

}  // namespace scope::app
