#include "devnet_app/state_file.hpp"

#include <fmt/format.h>

#include <fstream>
#include <stdexcept>

#include "json/appender.hpp"
#include "json/json.hpp"

namespace scope::devnet_app {

namespace {

constexpr uint64_t VERSION = 1;

void append_alloc(json::Appender& out, const state::GenesisAlloc& alloc) {
    out.begin_object();
    for (const auto& [address, account] : alloc) {
        out.hex_key(address).begin_object();
        out.key("nonce").quantity(account.nonce);
        out.key("balance").quantity(account.balance);
        out.key("code").hex(account.code);
        out.key("storage").begin_object();
        for (const auto& [key, value] : account.storage) out.hex_key(key).hex(value);
        out.end_object();
        out.end_object();
    }
    out.end_object();
}

void append_genesis(json::Appender& out, const devnet::LiveGenesisOptions& genesis) {
    out.begin_object();
    out.key("l1").number(genesis.l1.number());
    out.key("rollups").begin_array();
    for (const ChainId id : genesis.rollups) out.number(id.number());
    out.end_array();
    out.key("accounts").begin_array();
    for (const auto& account : genesis.accounts) out.hex(account);
    out.end_array();
    out.key("balance").quantity(genesis.balance_wei);
    out.key("timestamp").number(genesis.timestamp_s);
    out.key("gas_limit").number(genesis.gas_limit);
    out.key("base_fee").quantity(genesis.base_fee);
    out.key("attesters").number(uint64_t{genesis.attesters});
    append_alloc(out.key("init"), genesis.more_on_l1);
    out.end_object();
}

ChainId chain_id(json::Json value) {
    const uint64_t id = json::u64(value);
    if (id == 0) throw json::FormatError{"0 is no chain id"};
    return ChainId{id};
}

devnet::LiveGenesisOptions genesis_of(json::Json value) {
    devnet::LiveGenesisOptions genesis;
    genesis.l1 = json::get(value, "l1", chain_id);
    genesis.rollups =
        json::get(value, "rollups", [](json::Json ids) { return json::list(ids, chain_id); });
    genesis.accounts = json::get(
        value, "accounts", [](json::Json accounts) { return json::list(accounts, json::address); });
    genesis.balance_wei = json::get(value, "balance", json::u256);
    genesis.timestamp_s = json::get(value, "timestamp", json::u64);
    genesis.gas_limit = json::get(value, "gas_limit", json::u64);
    genesis.base_fee = json::get(value, "base_fee", json::u256);
    genesis.attesters = json::get(value, "attesters", json::u64);
    genesis.more_on_l1 = json::get(value, "init", json::alloc);
    if (const auto wrong = devnet::why_no_genesis(genesis)) throw json::FormatError{*wrong};
    return genesis;
}

/// Reads a file of this version.
template <typename Read>
auto read_versioned(const std::filesystem::path& file, Read read) {
    const auto text = json::read_file(file);
    try {
        const json::Document document{text};
        if (json::get(document.root(), "version", json::u64) != VERSION)
            throw json::FormatError{"another version of a devnet's state"};
        return read(document.root());
    } catch (const json::FormatError& error) {
        throw std::runtime_error{fmt::format("{}: {}", file.string(), error.what())};
    }
}

}  // namespace

std::filesystem::path state_file(const std::filesystem::path& path) {
    return std::filesystem::is_directory(path) ? path / "state.json" : path;
}

SavedState read_state(const std::filesystem::path& file) {
    return read_versioned(file, [](json::Json root) {
        return SavedState{.genesis = json::get(root, "genesis", genesis_of),
                          .state = json::get(root, "state", json::bytes)};
    });
}

devnet::LiveGenesisOptions read_genesis(const std::filesystem::path& file) {
    return read_versioned(file,
                          [](json::Json root) { return json::get(root, "genesis", genesis_of); });
}

void write_genesis(const std::filesystem::path& file, const devnet::LiveGenesisOptions& genesis) {
    json::Appender out;
    out.begin_object();
    out.key("version").number(VERSION);
    append_genesis(out.key("genesis"), genesis);
    out.end_object();
    write_file(file, out.view());
}

void write_state(const std::filesystem::path& file, const SavedState& saved) {
    json::Appender out;
    out.begin_object();
    out.key("version").number(VERSION);
    append_genesis(out.key("genesis"), saved.genesis);
    out.key("state").hex(saved.state);
    out.end_object();
    write_file(file, out.view());
}

void write_file(const std::filesystem::path& file, std::string_view text) {
    auto beside = file;
    beside += ".new";
    std::ofstream out{beside, std::ios::binary | std::ios::trunc};
    out.write(text.data(), static_cast<std::streamsize>(text.size()));
    out.close();
    if (!out) throw std::runtime_error{fmt::format("{}: can't be written", beside.string())};
    std::filesystem::rename(beside, file);
}

}  // namespace scope::devnet_app
