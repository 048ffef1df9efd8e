#pragma once

#include "command.hpp"

namespace scope::app {
extern const Command blockchaintest_command;
}
