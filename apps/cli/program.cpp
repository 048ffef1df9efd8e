#include "cli/program.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <map>

namespace scope::cli {

namespace {

int parse_and_run(const Program& program, int argc, char** argv) {
    CLI::App app{program.description, program.name};
    app.set_version_flag("--version", fmt::format("{} {}", program.name, program.version));
    app.set_help_flag("-h,--help", "Print this help and exit");
    app.failure_message(CLI::FailureMessage::simple);
    app.require_subcommand(1);

    std::map<std::string, Run> runs;
    for (const Command& command : program.commands)
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

int run_guarded(const Program& program, int argc, char** argv) {
    try {
        return parse_and_run(program, argc, argv);
    } catch (const UsageError& error) {
        fmt::print(stderr, "{}: {}\n", program.name, error.what());
        return kWrongUsage;
    } catch (const std::exception& error) {
        fmt::print(stderr, "{}: {}\n", program.name, error.what());
        return kFailed;
    }
}

}  // namespace

int run(const Program& program, int argc, char** argv) {
    occupy_standard_streams();
    const int status = run_guarded(program, argc, argv);
    if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return status;
    fmt::print(stderr, "{}: standard output: can't write all of it\n", program.name);
    return std::max(status, kFailed);
}

}  // namespace scope::cli
