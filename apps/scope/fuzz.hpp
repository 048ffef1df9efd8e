#pragma once

#include "command.hpp"

namespace scope::app {

extern const Command fuzz_command;

}  // namespace scope::app
