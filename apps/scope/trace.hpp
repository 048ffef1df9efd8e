#pragma once

#include "cli/command.hpp"

namespace scope::app {

/// `scope trace`: the calls of a root or a scope that a running devnet settled, or of one that it refused.
extern const cli::Command trace_command;

}  // namespace scope::app
