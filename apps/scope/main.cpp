#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <exception>
#include <map>
#include <vector>

#include "command.hpp"
#if __has_include("statetest.hpp")
#include "statetest.hpp"
#endif
#if __has_include("demo.hpp")
#include "demo.hpp"
#endif
#include "blockchaintest.hpp"
#if __has_include("fuzz.hpp")
#include "fuzz.hpp"
#endif
#include "keytest.hpp"
#include "rlptest.hpp"
#include "t8n.hpp"
#include "transactiontest.hpp"
#include "trietest.hpp"
#include "witnesstest.hpp"

namespace {

using namespace scope::app;

/// Every subcommand, in the order of the help text.
std::vector<Command> commands() {
    return {
#if __has_include("demo.hpp")
        demo_command,
#endif
#if __has_include("statetest.hpp")
        statetest_command,
#endif
        blockchaintest_command,
#if __has_include("fuzz.hpp")
        fuzz_command,
#endif
        transactiontest_command,
        witnesstest_command,
        trietest_command,
        rlptest_command,
        keytest_command,
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
