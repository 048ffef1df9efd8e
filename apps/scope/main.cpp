#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <exception>
#include <map>
#include <vector>

#include "basictest.hpp"
#include "blockchaintest.hpp"
#include "command.hpp"
#include "demo.hpp"
#include "fuzz.hpp"
#include "keytest.hpp"
#include "rlptest.hpp"
#include "statetest.hpp"
#include "t8n.hpp"
#include "transactiontest.hpp"
#include "trietest.hpp"
#include "witnesstest.hpp"

namespace {

using namespace scope::app;

/// Every subcommand, in the order of the help text.
std::vector<Command> commands() {
    return {
        demo_command,
        statetest_command,
        blockchaintest_command,
        fuzz_command,
        transactiontest_command,
        witnesstest_command,
        trietest_command,
        rlptest_command,
        keytest_command,
        basictest_command,
        t8n_command,
    };
}

int run(int argc, char** argv) {
    CLI::App app{
        "SCOPE: contracts on different rollups and on L1 call each other inside one transaction.\n"
        "This is the binary; ./scope in the repository's root builds it and calls it.",
        "scope"};
    app.set_version_flag("--version", "scope " SCOPE_VERSION);
    app.set_help_flag("-h,--help", "Print this help and exit");
    app.failure_message(CLI::FailureMessage::simple);
    app.require_subcommand(1);

    std::map<std::string, Run> runs;
    for (const Command& command : commands())
        runs[command.name] = command.declare(*app.add_subcommand(command.name, command.summary));

    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : kWrongUsage;
    }
    return runs.at(app.get_subcommands().front()->get_name())();
}

}  // namespace

int main(int argc, char** argv) {
    try {
        return run(argc, argv);
    } catch (const UsageError& error) {
        fmt::print(stderr, "scope: {}\n", error.what());
        return kWrongUsage;
    } catch (const std::exception& error) {
        fmt::print(stderr, "scope: {}\n", error.what());
        return kFailed;
    }
}
