#pragma once

#include "command.hpp"

namespace scope::app {

extern const Command rlptest_command;

}  // namespace scope::app
