#include "devnet_app/banner.hpp"

#include <fmt/format.h>

#include "base/hex.hpp"
#include "devnet/published.hpp"
#include "json/appender.hpp"
#include "rollup/rollup_config.hpp"
#include "rpc/errors.hpp"

namespace scope::devnet_app {

namespace {

constexpr std::string_view LINE = "==================";

std::string section(std::string_view title) {
    return fmt::format("\n{}\n{}\n", title, LINE);
}

std::string path_of(const Options& options) {
    const auto& path = options.derivation_path;
    return path + (path.ends_with('/') ? "" : "/");
}

std::string accounts(const Started& started) {
    std::string out = section("Available Accounts") + "\n";
    for (size_t i = 0; i < started.wallet.size(); ++i)
        out += fmt::format("({}) {} ({}.000000000000000000 ETH)\n", i,
                           rpc::checksum_hex(started.wallet[i].address),
                           started.options.balance_ether);
    out += section("Private Keys") + "\n";
    for (size_t i = 0; i < started.wallet.size(); ++i)
        out += fmt::format("({}) {}\n", i, to_hex(started.wallet[i].private_key));
    out += section("Wallet");
    out += fmt::format("Mnemonic:          {}\nDerivation path:   {}\n\n", started.options.mnemonic,
                       path_of(started.options));
    return out;
}

std::string numbers(const Started& started) {
    const auto& options = started.options;
    std::string out;
    const auto add = [&](std::string_view title, uint64_t number) {
        out += section(title) + fmt::format("\n{}\n", number);
    };
    add("Chain ID", options.chain_id);
    add("Base Fee", options.base_fee_wei);
    add("Gas Limit", options.gas_limit);
    add("Genesis Timestamp", started.timestamp_s);
    add("Genesis Number", 0);
    return out;
}

std::string name_of(const Options& options, ChainId chain_id) {
    return chain_id == ChainId{options.chain_id} ? "L1" : "rollup";
}

std::string url(const Options& options, uint16_t port) {
    return "http://" + host_and_port(options, port);
}

std::string chains(const Started& started) {
    std::string out;
    for (const auto& [chain_id, port] : started.ports)
        out += fmt::format("{:<7} {:<8} {}   (WebSocket too)\n", name_of(started.options, chain_id),
                           to_decimal(uint256{chain_id}), url(started.options, port));
    return out;
}

/// Those of L1, and those that every rollup has.
std::string contracts(const Started& started) {
    std::string out = section("Contracts") + "\n";
    const ChainId first_rollup{started.options.rollup_chain_ids.front()};
    for (const auto& [chain_id, name, address] : started.contracts)
        if (chain_id == ChainId{started.options.chain_id} || chain_id == first_rollup)
            out +=
                fmt::format("{:<13} {:<21} {}\n", chain_id == first_rollup ? "every rollup" : "L1",
                            name, rpc::checksum_hex(address));
    return out;
}

/// Two lines. The first has a rollup ask L1 for its block number: getBlockNumber() of Multicall3.
std::string to_try(const Started& started) {
    return fmt::format(
        "{}\n"
        "A rollup asks L1:   cast call {} \"scopedStaticCall(uint256,address,(address,uint256,"
        "uint256,bytes))(bytes)\" {} {} \"({},0,100000,0x42cbb15c)\" --rpc-url {}\n"
        "A contract of yours: docs/first-contract.md; what happened across chains: ./scope trace "
        "HASH\n",
        section("Try"), to_hex(rollup::PREDEPLOY), started.options.chain_id, to_hex(Address{}),
        to_hex(devnet::MULTICALL3), url(started.options, started.ports.back().port));
}

void append_contracts(json::Appender& json, const Started& started) {
    json.key("contracts").begin_array();
    for (const auto& [chain_id, name, address] : started.contracts) {
        json.begin_object();
        json.key("chain_id").number(uint256{chain_id}[0]);
        json.key("name").string(name);
        json.key("address").string(rpc::checksum_hex(address));
        json.end_object();
    }
    json.end_array();
}

void append_chains(json::Appender& json, const Started& started) {
    json.key("chains").begin_array();
    for (const auto& [chain_id, port] : started.ports) {
        const auto at = host_and_port(started.options, port);
        json.begin_object();
        json.key("chain_id").number(uint256{chain_id}[0]);
        json.key("name").string(name_of(started.options, chain_id));
        json.key("http").string("http://" + at);
        json.key("websocket").string("ws://" + at);
        json.end_object();
    }
    json.end_array();
}

}  // namespace

std::string host_and_port(const Options& options, uint16_t port) {
    const bool is_v6 = options.host.find(':') != std::string::npos;
    return fmt::format("{}{}{}:{}", is_v6 ? "[" : "", options.host, is_v6 ? "]" : "", port);
}

std::string banner(const Started& started) {
    const auto listening = host_and_port(started.options, started.ports.front().port);
    return accounts(started) + numbers(started) + fmt::format("\nListening on {}\n\n", listening) +
           chains(started) + contracts(started) + to_try(started) + "\n";
}

std::string configuration(const Started& started) {
    const auto& options = started.options;
    json::Appender json;
    json.begin_object();
    json.key("event").string("listening");
    json.key("available_accounts").begin_array();
    for (const auto& account : started.wallet) json.hex(account.address);
    json.end_array();
    json.key("private_keys").begin_array();
    for (const auto& account : started.wallet) json.hex(account.private_key);
    json.end_array();
    json.key("wallet").begin_object();
    json.key("derivation_path").string(path_of(options));
    json.key("mnemonic").string(options.mnemonic);
    json.end_object();
    json.key("base_fee").string(fmt::to_string(options.base_fee_wei));
    json.key("gas_limit").string(fmt::to_string(options.gas_limit));
    json.key("genesis_timestamp").string(fmt::to_string(started.timestamp_s));
    append_chains(json, started);
    append_contracts(json, started);
    json.end_object();
    return json.take();
}

}  // namespace scope::devnet_app
