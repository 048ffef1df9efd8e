#pragma once

#include <span>

#include "cli/command.hpp"

namespace scope::cli {

/// A binary that has subcommands.
struct Program {
    const char* name;         // as in its messages
    const char* description;  // for --help
    const char* version;
    std::span<const Command> commands;  // in the order of the help text
};

/// Runs the whole of main: parses, runs the subcommand, prints what went wrong as "NAME: ...", and
/// checks that standard output was written. Returns the exit code.
int run(const Program& program, int argc, char** argv);

}  // namespace scope::cli
