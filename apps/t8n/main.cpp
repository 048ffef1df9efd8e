#include <array>

#include "cli/program.hpp"
#include "t8n.hpp"

int main(int argc, char** argv) {
    const std::array commands{scope::t8n::t8n_command};
    return scope::cli::run(
        {.name = "scope-t8n",
         .description =
             "SCOPE's state transition as a tool, as other clients have it beside their node.\n"
             "This is the binary; ./scope in the repository's root builds it and calls it.",
         .version = SCOPE_VERSION,
         .commands = commands},
        argc, argv);
}
