#include "config.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <set>

#include "config/node_config.hpp"
#include "node_app/check.hpp"

namespace scope::app {

namespace {

struct Options {
    std::string file = "scope.toml";
    std::vector<std::string> roles;
    std::vector<std::string> attesters;
    std::vector<std::string> allowed;
    std::vector<std::string> settings;
};

/// Returns what the texts of an option are parsed to. Throws cli::UsageError.
template <typename T, typename Parse>
std::vector<T> parsed(std::string_view option, const std::vector<std::string>& texts,
                      const Parse& parse) {
    std::vector<T> result;
    for (const auto& text : texts) {
        auto read = parse(text);
        if (!read) throw cli::UsageError{fmt::format("{}: {}", option, read.error())};
        result.push_back(std::move(*read));
    }
    return result;
}

void fill(config::NodeConfig& config, const Options& options) {
    if (!options.attesters.empty()) {
        if (!config.builder) throw cli::UsageError{"--attester: it is for --role builder"};
        config.builder->attesters = parsed<config::BuilderConfig::Attester>(
            "--attester", options.attesters, config::parse_attester);
    }
    if (!options.allowed.empty()) {
        if (!config.attester) throw cli::UsageError{"--allow: it is for --role attester"};
        config.attester->allowed = parsed<config::AttesterConfig::Allowed>(
            "--allow", options.allowed, config::parse_allowed);
    }
    for (const auto& text : options.settings) {
        const auto at = text.find('=');
        if (at == std::string::npos)
            throw cli::UsageError{fmt::format("--set: '{}' has no '='", text)};
        const std::string_view all = text;
        if (const auto done = config::set_key(config, all.substr(0, at), all.substr(at + 1)); !done)
            throw cli::UsageError{"--set: " + done.error()};
    }
}

/// Writes a file that was not there.
void write_new(const std::string& file, const std::string& text) {
    const int out = open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (out < 0)
        throw std::runtime_error{fmt::format(
            "{}: {}", file, errno == EEXIST ? "there is one already" : std::strerror(errno))};
    const auto written = write(out, text.data(), text.size());
    const bool is_whole = written == static_cast<ssize_t>(text.size());
    if (close(out) != 0 || !is_whole)
        throw std::runtime_error{fmt::format("{}: can't write all of it", file)};
}

int init(const Options& options) {
    std::set<config::Role> roles;
    for (const auto role : {config::Role::builder, config::Role::attester, config::Role::follower})
        for (const auto& name : options.roles)
            if (name == to_string(role)) roles.insert(role);
    if (roles.empty()) roles.insert(config::Role::follower);
    auto config = config::sample_config(roles);
    fill(config, options);
    const auto text = print_commented(config);
    if (options.file == "-")
        fmt::print("{}", text);
    else
        write_new(options.file, text);
    return 0;
}

/// Returns the configuration; nullopt, and prints why, if it is none.
std::optional<config::NodeConfig> read(const Options& options) {
    auto config = config::read_node_config(options.file);
    if (config) return std::move(*config);
    for (const auto& error : config.error()) cli::print_error(to_string(error) + "\n");
    return std::nullopt;
}

int check(const Options& options) {
    const auto config = read(options);
    if (!config) return cli::kFailed;
    const auto problems = node_app::check_surroundings(*config);
    for (const auto& problem : problems)
        cli::print_error(fmt::format("{}: {}\n", options.file, problem));
    return problems.empty() ? 0 : cli::kFailed;
}

int print(const Options& options) {
    const auto config = read(options);
    if (!config) return cli::kFailed;
    fmt::print("{}", print_node_config(*config));
    return 0;
}

cli::Run declare_config(CLI::App& command) {
    const auto options = std::make_shared<Options>();
    auto* const to_init =
        command.add_subcommand("init", "write a configuration with what each key means");
    to_init->add_option("--role", options->roles, "What the node is to be; may stand several times")
        ->allow_extra_args(false)
        ->check(CLI::IsMember({"builder", "attester", "follower"}));
    to_init
        ->add_option("--set", options->settings,
                     "KEY=VALUE, as l1.rpc=http://127.0.0.1:8545; may stand several times")
        ->allow_extra_args(false);
    to_init
        ->add_option("--attester", options->attesters,
                     "A member of a builder's committee: ADDRESS=URL#sha256:FINGERPRINT; once for "
                     "each")
        ->allow_extra_args(false);
    to_init
        ->add_option("--allow", options->allowed,
                     "Who may ask an attester: NAME=sha256:FINGERPRINT; once for each")
        ->allow_extra_args(false);
    to_init->add_option("file", options->file, "The file to write; - is standard output")
        ->capture_default_str();
    auto* const to_check = command.add_subcommand(
        "check", "say all that is wrong with a configuration, its secrets and files included");
    to_check->add_option("file", options->file, "The configuration")->capture_default_str();
    auto* const to_print =
        command.add_subcommand("print", "print all values of a configuration, and no secret");
    to_print->add_option("file", options->file, "The configuration")->capture_default_str();
    command.require_subcommand(1);
    command.footer(
        "The configuration of scope node. Keys and passwords don't stand in it: it says where "
        "they\n"
        "are, as env:NAME or file:PATH. docs/node.md has every key.");
    return [options, to_init, to_check] {
        if (to_init->parsed()) return init(*options);
        return to_check->parsed() ? check(*options) : print(*options);
    };
}

}  // namespace

const cli::Command config_command{"config", "write, check and print the configuration of a node",
                                  declare_config};

}  // namespace scope::app
