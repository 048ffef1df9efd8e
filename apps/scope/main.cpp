#include <array>

#include "call.hpp"
#include "chains.hpp"
#include "cli/program.hpp"
#include "close.hpp"
#include "config.hpp"
#include "demo.hpp"
#include "deploy.hpp"
#include "deposit.hpp"
#include "devnet.hpp"
#include "exit.hpp"
#include "force.hpp"
#include "keys.hpp"
#include "node.hpp"
#include "send.hpp"
#include "trace.hpp"

/// One subcommand, one row here and one file.
int main(int argc, char** argv) {
    using namespace scope::app;
    const std::array commands{devnet_command, demo_command,  chains_command,  call_command,
                              send_command,   trace_command, deposit_command, force_command,
                              close_command,  exit_command,  keys_command,    deploy_command,
                              node_command,   config_command};
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
