#include "devnet_app/options.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

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

TEST(devnet_options, refuses_what_contradicts_itself) {
    const struct {
        std::vector<std::string> arguments;
        const char* named;
    } cases[] = {
        {{"--no-mining", "--block-time", "1"}, "--block-time"},
        {{"--mixed-mining"}, "--block-time"},
        {{"--state", "a", "--load-state", "b"}, "--state"},
        {{"--state", "a", "--dump-state", "b"}, "--state"},
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
    };
    for (const auto& [arguments, named] : cases)
        EXPECT_NE(refusal(arguments).find(named), std::string::npos) << refusal(arguments);
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

}  // namespace
}  // namespace scope::devnet_app
