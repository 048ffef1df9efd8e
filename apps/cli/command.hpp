#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <functional>
#include <string>

namespace scope::cli {

/// A subcommand's work once its options are parsed; returns the exit code.
///
/// 0: everything held; 1 (`kFailed`): the work was done and something did not hold. It throws
/// `UsageError` for arguments that can't be meant, and anything else derived from std::exception
/// for what the machine got wrong (a file that can't be read): main prints the message and exits
/// with 2 and 1.
using Run = std::function<int()>;

inline constexpr int kFailed = 1;
inline constexpr int kWrongUsage = 2;

/// Returns a check for options that count or number something: it rejects what is out of range,
/// and the help names the range. Without one a number that is too large is taken for the largest of
/// its type, -1 for 2^64 - 1, and 010 for 8.
CLI::Validator numbers(int64_t least, int64_t most);
inline CLI::Validator numbers_from(int64_t least) {
    return numbers(least, INT64_MAX);
}
inline constexpr int64_t kMostRuns = 1'000'000'000'000;

/// Prints to standard error. Text that can't be written is lost, for which no command fails:
/// fmt::print throws.
void print_error(const std::string& text);

/// One subcommand of a binary: a row of the table in its main.cpp.
///
/// Each lives in a file of its own, `<name>.cpp`, with `extern const Command <name>_command;` in
/// `<name>.hpp`.
struct Command {
    std::string name;     // as typed: "statetest"
    std::string summary;  // one line for `scope --help`
    /// Adds the options and the help text to @p options and returns what runs after parsing. The
    /// variables that the options fill live in the returned closure: keep them in a std::shared_ptr
    /// captured by value.
    Run (*declare)(CLI::App& options);
};

/// Arguments that parse but make no sense together. The message names the argument and the rule.
struct UsageError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

}  // namespace scope::cli
