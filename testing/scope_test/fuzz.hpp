#pragma once

#include "cli/command.hpp"

namespace scope::scope_test {

extern const cli::Command fuzz_command;

}  // namespace scope::scope_test
