#pragma once

#include "command.hpp"

namespace scope::app {

extern const Command witnesstest_command;

}  // namespace scope::app
