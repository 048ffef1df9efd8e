#include "node.hpp"

#include <memory>

#include "cli/signals.hpp"
#include "config/node_config.hpp"
#include "node_app/check.hpp"
#include "node_app/run.hpp"

namespace scope::app {

namespace {

cli::Run declare_node(CLI::App& command) {
    const auto file = std::make_shared<std::string>("scope.toml");
    command.add_option("--config", *file, "The configuration (scope config init writes one)")
        ->capture_default_str();
    command.footer(
        "Runs a node on an L1 that it is given, in the roles of its configuration, until Ctrl-C "
        "or\n"
        "SIGTERM. GET /health, /ready (with reasons) and /metrics are on its JSON-RPC port.\n"
        "docs/node.md says more.");
    return [file] {
        const cli::Signals signals;
        const auto config = config::read_node_config(*file);
        if (!config) {
            for (const auto& error : config.error()) cli::print_error(to_string(error) + "\n");
            return cli::kFailed;
        }
        const auto network = node_app::read_network(*config);
        if (!network) throw std::runtime_error{network.error()};
        return node_app::run(*config, *network, signals);
    };
}

}  // namespace

const cli::Command node_command{"node", "run a node on an L1: builder, attester, follower",
                                declare_node};

}  // namespace scope::app
