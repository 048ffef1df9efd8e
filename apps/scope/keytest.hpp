#pragma once

#include "command.hpp"

namespace scope::app {

extern const Command keytest_command;

}  // namespace scope::app
