#include "cli/program.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <exception>
#include <iostream>
#include <map>
#include <optional>
#include <span>
#include <sstream>
#include <string_view>

#include "base/nearest.hpp"

namespace scope::cli {

namespace {

/// A message in which no word is longer than a person reads, whatever was typed.
std::string without_long_words(std::string_view text) {
    constexpr size_t LONGEST = 200;
    constexpr size_t SHOWN = 32;
    std::string result;
    while (!text.empty()) {
        const size_t end = std::min(text.find_first_of(" \n"), text.size() - 1) + 1;
        const std::string_view word = text.substr(0, end);
        if (word.size() <= LONGEST)
            result += word;
        else
            result +=
                fmt::format("{}...{}", word.substr(0, SHOWN), word.substr(word.size() - SHOWN));
        text.remove_prefix(end);
    }
    return result;
}

/// Decimal without zeros before it, or hex.
std::optional<int64_t> parse_number(std::string_view text) {
    const bool is_hex = text.starts_with("0x");
    const std::string_view digits = is_hex ? text.substr(2) : text;
    int64_t value = 0;
    const char* const end = digits.data() + digits.size();
    const auto [parsed, error] = std::from_chars(digits.data(), end, value, is_hex ? 16 : 10);
    if (error != std::errc{} || parsed != end || (is_hex && digits.starts_with('-')))
        return std::nullopt;
    if (!is_hex && fmt::to_string(value) != text) return std::nullopt;
    return value;
}

/// Refuses "--option=": it would take the next argument, an option or not, for its value.
void check_values(std::span<char* const> arguments) {
    for (const std::string_view argument : arguments) {
        if (argument == "--") return;
        if (argument.starts_with("--") && argument.find('=') == argument.size() - 1)
            throw UsageError{fmt::format("{} has no value", argument)};
    }
}

/// The subcommand that was named, or the program itself.
const CLI::App& chosen(const CLI::App& app) {
    const auto parsed = app.get_subcommands();
    return parsed.empty() ? app : *parsed.front();
}

/// Says which name is near to the one that nobody knows: of an option, or of a subcommand.
std::string suggestion(const CLI::App& app, const std::vector<std::string>& unknown) {
    // Of an unknown option its value is left over, too.
    const auto option = std::ranges::find_if(
        unknown, [](const std::string& word) { return word.starts_with('-'); });
    const std::string_view word = option != unknown.end() ? *option : unknown.front();
    std::vector<std::string> names;
    if (option != unknown.end()) {
        for (const auto* const known : chosen(app).get_options())
            for (const auto& name : known->get_lnames()) names.push_back("--" + name);
    } else if (app.get_subcommands().empty()) {
        for (const auto* const command : app.get_subcommands(nullptr))
            names.push_back(command->get_name());
    }
    const auto near = nearest(word.substr(0, word.find('=')), names);
    return near.empty() ? "" : fmt::format("Did you mean {}?\n", near);
}

int parse_and_run(const Program& program, int argc, char** argv) {
    check_values({argv, static_cast<size_t>(argc)});
    CLI::App app{program.description, program.name};
    app.set_version_flag("--version", fmt::format("{} {}", program.name, program.version));
    app.set_help_flag("-h,--help", "Print this help and exit");
    app.failure_message([](const CLI::App* failed, const CLI::Error& error) {
        return without_long_words(CLI::FailureMessage::simple(failed, error));
    });
    app.require_subcommand(1);

    std::map<std::string, Run> runs;
    for (const Command& command : program.commands)
        runs[command.name] = command.declare(*app.add_subcommand(command.name, command.summary));

    const auto exit = [&](const CLI::Error& error) {
        std::ostringstream errors;
        const int status = app.exit(error, std::cout, errors);
        const auto unknown = app.remaining(true);
        if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::ExtrasError) &&
            !unknown.empty())
            errors << without_long_words(suggestion(app, unknown));
        print_error(errors.str());
        return status;
    };
    try {
        app.parse(argc, argv);
    } catch (const CLI::RequiredError& error) {
        // A word that nobody knows explains what is missing, so it is what to tell.
        const auto unknown = app.remaining(true);
        if (unknown.empty())
            exit(error);
        else
            exit(CLI::ExtrasError{app.get_name(), unknown});
        return kWrongUsage;
    } catch (const CLI::ParseError& error) {
        return exit(error) == 0 ? 0 : kWrongUsage;
    }
    return runs.at(app.get_subcommands().front()->get_name())();
}

/// Takes the place of standard streams that are closed, lest a file that is opened gets their
/// number and what is printed. Writing to them is then an error.
void occupy_standard_streams() {
    for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
        if (fcntl(stream, F_GETFD) == -1) (void)open("/dev/null", O_RDONLY);
}

int run_guarded(const Program& program, int argc, char** argv) {
    try {
        return parse_and_run(program, argc, argv);
    } catch (const UsageError& error) {
        print_error(without_long_words(fmt::format("{}: {}\n", program.name, error.what())));
        return kWrongUsage;
    } catch (const std::exception& error) {
        print_error(without_long_words(fmt::format("{}: {}\n", program.name, error.what())));
        return kFailed;
    }
}

}  // namespace

CLI::Validator numbers(int64_t least, int64_t most) {
    const std::string range = fmt::format("[{} - {}]", least, most);
    return {[=](const std::string& text) -> std::string {
                const auto value = parse_number(text);
                if (value && *value >= least && *value <= most) return {};
                return fmt::format("{} is no number in {}", text, range);
            },
            "INT in " + range};
}

void print_error(const std::string& text) {
    (void)std::fflush(stdout);  // what was printed before comes before
    (void)std::fputs(text.c_str(), stderr);
}

int run(const Program& program, int argc, char** argv) {
    occupy_standard_streams();
    int status = run_guarded(program, argc, argv);
    if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
        print_error(fmt::format("{}: standard output: can't write all of it\n", program.name));
        status = std::max(status, kFailed);
    }
    return status;
}

}  // namespace scope::cli
