#pragma once

#include "command.hpp"

namespace scope::app {

extern const Command transactiontest_command;

}  // namespace scope::app
