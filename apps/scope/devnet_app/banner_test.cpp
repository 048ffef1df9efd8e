#include "devnet_app/banner.hpp"

#include <gtest/gtest.h>
#include <simdjson.h>

namespace scope::devnet_app {
namespace {

struct Fixture {
    Options options = [] {
        Options made;
        made.mnemonic = devnet::DEFAULT_MNEMONIC;
        made.derivation_path = devnet::DEFAULT_DERIVATION_PATH;
        made.rollup_chain_ids = {42001, 42002};
        return made;
    }();
    std::vector<devnet::WalletAccount> wallet =
        devnet::derive_accounts(options.mnemonic, options.derivation_path, 2).value();
    std::vector<rpc::Network::NamedContract> contracts{
        {ChainId{31337}, "Settlement", Address{}},
        {ChainId{42001}, "ScopedCallable", Address{}},
        {ChainId{42002}, "ScopedCallable", Address{}}};
    Started started{
        .options = options,
        .wallet = wallet,
        .contracts = contracts,
        .timestamp_s = 1'800'000'000,
        .ports = {{ChainId{31337}, 8545}, {ChainId{42001}, 9545}, {ChainId{42002}, 9546}}};
};

/// The lines that launchers look for, as anvil prints them, in this order.
TEST(devnet_banner, has_the_lines_of_anvil_in_their_order) {
    const Fixture fixture;
    const auto text = banner(fixture.started);
    size_t at = 0;
    for (const auto* const line :
         {"Available Accounts\n==================\n\n",
          "(0) 0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266 (10000.000000000000000000 ETH)\n",
          "(1) 0x70997970C51812dc3A010C7d01b50e0d17dc79C8 (10000.000000000000000000 ETH)\n",
          "\nPrivate Keys\n==================\n\n",
          "(0) 0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80\n",
          "(1) 0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d\n",
          "\nWallet\n==================\nMnemonic:          test test test test test test test "
          "test "
          "test test test junk\nDerivation path:   m/44'/60'/0'/0/\n\n",
          "\nChain ID\n==================\n\n31337\n",
          "\nBase Fee\n==================\n\n1000000000\n",
          "\nGas Limit\n==================\n\n60000000\n",
          "\nGenesis Timestamp\n==================\n\n1800000000\n",
          "\nGenesis Number\n==================\n\n0\n", "\nListening on 127.0.0.1:8545\n",
          "42001    http://127.0.0.1:9545", "42002    http://127.0.0.1:9546", "Settlement",
          "cast call"}) {
        const auto found = text.find(line, at);
        ASSERT_NE(found, std::string::npos) << line << "\nin\n" << text.substr(at);
        at = found;
    }
    // One such line: what launchers wait for.
    EXPECT_EQ(text.find("Listening on"), text.rfind("Listening on"));
    EXPECT_EQ(text.find("http://"), text.find("http://", text.find("Listening on")));
}

TEST(devnet_banner, configuration_is_one_object_in_a_line) {
    const Fixture fixture;
    const auto text = configuration(fixture.started);
    EXPECT_EQ(text.find('\n'), std::string::npos);
    simdjson::dom::parser parser;
    const auto json = parser.parse(text);
    EXPECT_EQ(json["available_accounts"].at(0).get_string().value(),
              "0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266");
    EXPECT_EQ(json["private_keys"].get_array().size(), 2u);
    EXPECT_EQ(json["wallet"]["derivation_path"].get_string().value(), "m/44'/60'/0'/0/");
    EXPECT_EQ(json["chains"].at(2)["http"].get_string().value(), "http://127.0.0.1:9546");
    EXPECT_EQ(json["chains"].at(0)["name"].get_string().value(), "L1");
    EXPECT_EQ(json["contracts"].get_array().size(), 3u);
}

TEST(devnet_banner, addresses_of_ip_6_stand_in_brackets) {
    Options options;
    options.host = "::1";
    EXPECT_EQ(host_and_port(options, 8545), "[::1]:8545");
    options.host = "0.0.0.0";
    EXPECT_EQ(host_and_port(options, 1), "0.0.0.0:1");
}

}  // namespace
}  // namespace scope::devnet_app
