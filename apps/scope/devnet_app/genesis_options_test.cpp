#include "devnet_app/genesis_options.hpp"

#include <gtest/gtest.h>

namespace scope::devnet_app {
namespace {

Options by_default() {
    Options options;
    options.mnemonic = devnet::DEFAULT_MNEMONIC;
    options.derivation_path = devnet::DEFAULT_DERIVATION_PATH;
    complete(options);
    return options;
}

/// A genesis in which nothing is as it is by default but what @p change leaves.
devnet::LiveGenesisOptions saved(void (*change)(Options&)) {
    Options options = by_default();
    change(options);
    return genesis_options(options, 1'700'000'000);
}

/// Returns what is said of options that are refused.
std::string refusal(const devnet::LiveGenesisOptions& genesis, void (*change)(Options&)) {
    Options options = by_default();
    change(options);
    try {
        take_over(options, genesis);
    } catch (const cli::UsageError& error) {
        return error.what();
    }
    return "taken";
}

void other(Options& options) {
    options.chain_id = 5;
    options.attesters = 2;
    options.gas_limit = 70'000'000;
    options.base_fee_wei = 7;
    options.balance_ether = 12;
    options.accounts = 3;
}

TEST(take_over, fills_in_what_was_left_as_it_is) {
    Options options = by_default();
    take_over(options, saved(other));
    EXPECT_EQ(options.chain_id, 5u);
    EXPECT_EQ(options.attesters, 2u);
    EXPECT_EQ(options.gas_limit, 70'000'000u);
    EXPECT_EQ(options.base_fee_wei, 7u);
    EXPECT_EQ(options.balance_ether, 12u);
    EXPECT_EQ(options.accounts, 3u);
}

TEST(take_over, takes_the_same_options_again) {
    EXPECT_EQ(refusal(saved(other), other), "taken");
    const auto phrase = [](Options& options) {
        options.mnemonic =
            "legal winner thank year wave sausage worth useful legal winner thank "
            "yellow";
    };
    EXPECT_EQ(refusal(saved(phrase), phrase), "taken");
}

TEST(take_over, refuses_what_was_given_and_is_not_so_and_names_it) {
    const struct {
        const char* option;
        void (*change)(Options&);
    } cases[] = {
        {"--chain-id", [](Options& options) { options.chain_id = 6; }},
        {"--attesters", [](Options& options) { options.attesters = 4; }},
        {"--gas-limit", [](Options& options) { options.gas_limit = 80'000'000; }},
        {"--base-fee", [](Options& options) { options.base_fee_wei = 8; }},
        {"--balance", [](Options& options) { options.balance_ether = 13; }},
        {"--accounts", [](Options& options) { options.accounts = 4; }},
        {"--timestamp", [](Options& options) { options.timestamp_s = 1'700'000'001; }},
        {"--timestamp", [](Options& options) { options.timestamp_s = 0; }},
        {"--rollups",
         [](Options& options) {
             options.names_rollups = true;
             options.rollup_chain_ids = {42001};
         }},
        {"--derivation-path", [](Options& options) { options.derivation_path = "m/44'/60'/1'/0"; }},
        {"--mnemonic",
         [](Options& options) {
             options.mnemonic =
                 "legal winner thank year wave sausage worth useful legal winner "
                 "thank yellow";
         }},
    };
    for (const auto& [option, change] : cases) {
        const auto said = refusal(saved(other), change);
        EXPECT_NE(said.find(option), std::string::npos) << option << ": " << said;
    }
    // Also where the phrase is not given that the state was saved with.
    EXPECT_NE(refusal(saved(cases[10].change), [](Options&) {}).find("--mnemonic"),
              std::string::npos);
}

}  // namespace
}  // namespace scope::devnet_app
