#pragma once

#include "command.hpp"

namespace scope::app {

extern const Command trietest_command;

}  // namespace scope::app
