#pragma once

#include "command.hpp"

namespace scope::app {

extern const Command basictest_command;

}  // namespace scope::app
