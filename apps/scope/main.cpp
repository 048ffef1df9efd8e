#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
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
    } catch (const CLI::RequiredError& error) {
        // A word that nobody knows explains what is missing, so it is what to tell.
        const auto unknown = app.remaining(true);
        if (unknown.empty())
            app.exit(error);
        else
            app.exit(CLI::ExtrasError{app.get_name(), unknown});
        return kWrongUsage;
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : kWrongUsage;
    }
    return runs.at(app.get_subcommands().front()->get_name())();
}

/// Takes the place of standard streams that are closed, lest a file that is opened gets their
/// number and what is printed: writing to standard output is then an error, what goes to standard
/// error is lost.
void occupy_standard_streams() {
    for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
        if (fcntl(stream, F_GETFD) == -1)
            (void)open("/dev/null", stream == STDERR_FILENO ? O_WRONLY : O_RDONLY);
}

int run_guarded(int argc, char** argv) {
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

}  // namespace

int main(int argc, char** argv) {
    occupy_standard_streams();
    const int status = run_guarded(argc, argv);
    if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return status;
    (void)std::fputs("scope: standard output: can't write all of it\n", stderr);
    return std::max(status, kFailed);
}
