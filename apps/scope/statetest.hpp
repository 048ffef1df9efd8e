#pragma once

#include "command.hpp"

namespace scope::app {
extern const Command statetest_command;
}
