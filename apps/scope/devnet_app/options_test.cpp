#include "devnet_app/options.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>
#include <set>

namespace scope::devnet_app {
namespace {

/// Parses a command line as the binary does, and completes it.
Options parsed(const std::vector<std::string>& arguments) {
    Options options;
    CLI::App app;
    declare(*app.add_subcommand("devnet"), options);
    app.require_subcommand(1);
    std::vector<std::string> reversed{arguments.rbegin(), arguments.rend()};
    reversed.emplace_back("devnet");
    app.parse(reversed);
    complete(options);
    return options;
}

/// Returns what is said of a command line that is refused.
std::string refusal(const std::vector<std::string>& arguments) {
    try {
        parsed(arguments);
    } catch (const cli::UsageError& error) {
        return error.what();
    } catch (const CLI::ParseError& error) {
        return error.what();
    }
    return "taken";
}

TEST(devnet_options, defaults_are_those_of_every_development_node) {
    const auto options = parsed({});
    EXPECT_EQ(options.host, "127.0.0.1");
    EXPECT_EQ(options.port, 8545u);
    EXPECT_EQ(options.chain_id, 31337u);
    EXPECT_EQ(options.accounts, 10u);
    EXPECT_EQ(options.balance_ether, 10'000u);
    EXPECT_EQ(options.mnemonic, "test test test test test test test test test test test junk");
    EXPECT_EQ(options.rollup_chain_ids, (std::vector<uint64_t>{42001, 42002}));
    EXPECT_EQ(options.attesters, 3u);
}

TEST(devnet_options, rollups_have_ids_from_42001_on) {
    EXPECT_EQ(parsed({"--rollups", "3"}).rollup_chain_ids,
              (std::vector<uint64_t>{42001, 42002, 42003}));
    EXPECT_EQ(parsed({"--rollup-chain-ids", "7,5,6"}).rollup_chain_ids,
              (std::vector<uint64_t>{5, 6, 7}));
    EXPECT_EQ(parsed({"--rollups", "100"}).rollup_chain_ids.back(), 42100u);
}

TEST(devnet_options, aliases_of_anvil_are_known) {
    EXPECT_EQ(parsed({"-p", "1", "-a", "2"}).accounts, 2u);
    EXPECT_TRUE(parsed({"--no-mine"}).no_mining);
    EXPECT_TRUE(parsed({"-q"}).silent);
    EXPECT_TRUE(parsed({"--quiet"}).silent);
    EXPECT_EQ(parsed({"-b", "0.5"}).block_time_s, 0.5);
    EXPECT_EQ(parsed({"--block-base-fee-per-gas", "7"}).base_fee_wei, 7u);
    EXPECT_EQ(parsed({"-vvv"}).verbosity, 3);
}

TEST(devnet_options, refuses_what_is_out_of_range) {
    const std::vector<std::vector<std::string>> wrong{
        {"--port", "65536"},         {"--port", "-1"},           {"--port", "0x"},
        {"--rollups", "0"},          {"--rollups", "101"},       {"--attesters", "0"},
        {"--attesters", "17"},       {"--accounts", "1001"},     {"--balance", "1.5"},
        {"--balance", "-1"},         {"--chain-id", "0"},        {"--block-time", "0"},
        {"--block-time", "1e3"},     {"--block-time", "-1"},     {"--gas-limit", "1000"},
        {"--timestamp", "0"},        {"--order", "random"},      {"--data", "paper"},
        {"--hardfork", "homestead"}, {"--color", "green"},       {"--rollup-chain-ids", "0"},
        {"--state-interval", "0"},   {"--init", "/no/such/file"}};
    for (const auto& arguments : wrong) {
        const auto said = refusal(arguments);
        EXPECT_NE(said.find(arguments[0]), std::string::npos) << arguments[1] << ": " << said;
    }
}

TEST(devnet_options, refuses_limits_that_are_none) {
    for (const auto* const option : {"--max-connections", "--max-batch", "--max-request-size",
                                     "--max-response-size", "--max-buffered", "--idle-timeout"})
        for (const auto* const value : {"0", "-1", "5MB", "99999999999999"})
            EXPECT_NE(refusal({option, value}).find(option), std::string::npos)
                << option << " " << value;
}

TEST(devnet_options, refuses_an_empty_host) {
    EXPECT_NE(refusal({"--host", ""}).find("--host"), std::string::npos);
}

TEST(devnet_options, refuses_what_contradicts_itself) {
    const struct {
        std::vector<std::string> arguments;
        const char* named;
    } cases[] = {
        {{"--no-mining", "--block-time", "1"}, "--block-time"},
        {{"--mixed-mining"}, "--block-time"},
        {{"--state", "a", "--load-state", "b"}, "--state"},
        {{"--state", "a.json", "--dump-state", "b"}, "--state"},
        {{"--state-interval", "1"}, "--dump-state"},
        {{"--dump-state", "/no/such/folder/state.json"}, "--dump-state"},
        {{"--state", "/no/such/folder/state.json"}, "--state"},
        {{"--no-cors", "--allow-origin", "http://a"}, "--no-cors"},
        {{"--silent", "--json"}, "--json"},
        {{"--rollups", "2", "--rollup-chain-ids", "5,6,7"}, "--rollup-chain-ids"},
        {{"--rollup-chain-ids", "5,5"}, "twice"},
        {{"--rollup-chain-ids", "31337"}, "31337"},
        {{"--chain-id", "42002"}, "42002"},
        {{"--port", "65000"}, "--port"},
        {{"--max-request-size", "2000", "--max-buffered", "1999"}, "--max-buffered"},
        {{"--max-response-size", "300000000"}, "--max-buffered"},
    };
    for (const auto& [arguments, named] : cases)
        EXPECT_NE(refusal(arguments).find(named), std::string::npos) << refusal(arguments);
}

TEST(devnet_options, limits_are_the_servers) {
    const net::ServerOptions without;
    const auto by_default = server_options(parsed({}));
    EXPECT_EQ(by_default.host, without.host);
    EXPECT_EQ(by_default.allow_origin, without.allow_origin);
    EXPECT_EQ(by_default.connections, without.connections);
    EXPECT_EQ(by_default.message.batch_calls, without.message.batch_calls);
    EXPECT_EQ(by_default.message.response_bytes, without.message.response_bytes);
    EXPECT_EQ(by_default.request_bytes, without.request_bytes);
    EXPECT_EQ(by_default.input_bytes, without.input_bytes);
    EXPECT_EQ(by_default.output_bytes, without.output_bytes);
    EXPECT_EQ(by_default.idle_timeout, without.idle_timeout);

    setenv("SCOPE_RPC_BATCH_REQUEST_LIMIT", "7", 1);
    const auto server = server_options(
        parsed({"--max-connections", "5", "--max-request-size", "2000", "--max-response-size",
                "3000", "--max-buffered", "4000", "--idle-timeout", "9"}));
    unsetenv("SCOPE_RPC_BATCH_REQUEST_LIMIT");
    EXPECT_EQ(server.connections, 5u);
    EXPECT_EQ(server.message.batch_calls, 7u);
    EXPECT_EQ(server.request_bytes, 2000u);
    EXPECT_EQ(server.message.response_bytes, 3000u);
    EXPECT_EQ(server.input_bytes, 4000u);
    EXPECT_EQ(server.output_bytes, 4000u);
    EXPECT_EQ(server.idle_timeout, std::chrono::seconds{9});
    EXPECT_EQ(parsed({"--rpc.max-connections", "6"}).max_connections, 6u);
    EXPECT_EQ(parsed({"--rpc.batch-response-max-size", "6000"}).max_response_bytes, 6000u);
    EXPECT_FALSE(server_options(parsed({"--no-cors"})).allow_origin);
}

TEST(devnet_options, are_read_from_the_environment) {
    setenv("SCOPE_PORT", "4321", 1);
    setenv("SCOPE_NO_MINING", "true", 1);
    setenv("SCOPE_ROLLUP_CHAIN_IDS", "8,9", 1);
    const auto options = parsed({});
    EXPECT_EQ(options.port, 4321u);
    EXPECT_TRUE(options.no_mining);
    EXPECT_EQ(options.rollup_chain_ids, (std::vector<uint64_t>{8, 9}));
    // The command line goes first.
    EXPECT_EQ(parsed({"--port", "1"}).port, 1u);
    setenv("SCOPE_PORT", "many", 1);
    EXPECT_NE(refusal({}).find("--port"), std::string::npos) << refusal({});
    setenv("SCOPE_PORT", "1", 1);
    setenv("SCOPE_QUIET", "1", 1);
    EXPECT_TRUE(parsed({}).silent);  // by its other name
    for (const auto* const name :
         {"SCOPE_PORT", "SCOPE_NO_MINING", "SCOPE_ROLLUP_CHAIN_IDS", "SCOPE_QUIET"})
        unsetenv(name);
}

TEST(devnet_options, another_subcommand_does_not_read_the_environment) {
    setenv("SCOPE_PORT", "many", 1);
    Options options;
    CLI::App app;
    declare(*app.add_subcommand("devnet"), options);
    app.add_subcommand("demo");
    std::vector<std::string> arguments{"demo"};
    EXPECT_NO_THROW(app.parse(arguments));
    unsetenv("SCOPE_PORT");
}

/// Returns the flags that a text names: "--host", "-v".
std::set<std::string> flags_in(const std::string& text) {
    static const std::regex FLAG{R"((?:^|\s)(--?[a-z][a-z.-]*))"};
    std::set<std::string> flags;
    for (std::sregex_iterator found{text.begin(), text.end(), FLAG}, end; found != end; ++found)
        flags.insert((*found)[1]);
    return flags;
}

TEST(devnet_options, are_those_of_the_design) {
    const auto file =
        std::filesystem::path{SCOPE_SOURCE_DIR}.parent_path() / "shared" / "design" / "rpc.md";
    std::ifstream in{file};
    if (!in) GTEST_SKIP() << file << " is not there";
    std::set<std::string> wanted;
    for (std::string line; std::getline(in, line);)
        if (line.starts_with("--")) wanted.merge(flags_in(line));
    EXPECT_GT(wanted.size(), 25u);
    // Beyond the design's list, which has no limits and no database.
    wanted.merge(std::set<std::string>{"--max-connections", "--max-batch", "--max-request-size",
                                       "--max-response-size", "--max-buffered", "--idle-timeout",
                                       "--archive", "--state-cache"});

    Options options;
    CLI::App app;
    declare(app, options);
    const auto help = app.help();
    for (const auto& flag : wanted) {
        EXPECT_NE(app.get_option_no_throw(flag), nullptr) << flag;
        EXPECT_NE(help.find(flag), std::string::npos) << flag;
    }
    for (const auto* const option : app.get_options()) {
        std::vector<std::string> names;
        for (const auto& name : option->get_lnames()) names.push_back("--" + name);
        for (const auto& name : option->get_snames()) names.push_back("-" + name);
        const bool is_wanted = std::ranges::any_of(
            names, [&](const std::string& name) { return wanted.contains(name); });
        EXPECT_TRUE(is_wanted || names.front() == "--help") << names.front();
    }
}

}  // namespace
}  // namespace scope::devnet_app
