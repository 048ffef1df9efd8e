#include <array>

#include "cli/program.hpp"
#include "demo.hpp"

/// One subcommand, one row here and one file.
int main(int argc, char** argv) {
    const std::array commands{scope::app::demo_command};
    return scope::cli::run(
        {.name = "scope",
         .description =
             "SCOPE: contracts on different rollups and on L1 call each other inside one "
             "transaction.\n"
             "This is the binary; ./scope in the repository's root builds it and calls it.",
         .version = SCOPE_VERSION,
         .commands = commands},
        argc, argv);
}
