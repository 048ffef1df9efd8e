#include "devnet_app/genesis_options.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "json/json.hpp"

namespace scope::devnet_app {

namespace {

constexpr uint256 WEI_PER_ETHER{1'000'000'000'000'000'000};

/// Returns the accounts of a genesis.json, as geth and anvil have it.
state::GenesisAlloc init_accounts(const Options& options) {
    if (options.init.empty()) return {};
    const auto text = json::read_file(options.init);
    try {
        const json::Document document{text};
        return json::get(document.root(), "alloc", json::alloc);
    } catch (const json::FormatError& error) {
        throw std::runtime_error{
            fmt::format("--init: {}: {}", options.init.string(), error.what())};
    }
}

void require_saved(uint64_t given, const uint256& saved, const char* option) {
    if (uint256{given} != saved)
        throw cli::UsageError{fmt::format("{} is {}, and the state that is loaded has {}", option,
                                          given, to_decimal(saved))};
}

/// Takes over a number, unless another one than the default was given.
void take_number(uint64_t& number, uint64_t by_default, const uint256& saved, const char* option) {
    if (number != by_default) require_saved(number, saved, option);
    if (saved.fits_u64()) number = saved[0];
}

void take_rollups(Options& options, const std::vector<ChainId>& saved) {
    std::vector<uint64_t> rollups;
    for (const ChainId id : saved) rollups.push_back(id.number());
    if (options.names_rollups && options.rollup_chain_ids != rollups)
        throw cli::UsageError{
            "the state that is loaded has other rollups than were asked for: "
            "leave out --rollups and --rollup-chain-ids"};
    options.rollup_chain_ids = std::move(rollups);
}

/// A state has the accounts' addresses, and not their keys: the phrase has to be the one it was
/// saved with.
void take_wallet(Options& options, const std::vector<Address>& saved) {
    take_number(options.accounts, Options{}.accounts, uint256{saved.size()}, "--accounts");
    const auto wallet = wallet_of(options);
    if (!std::ranges::equal(wallet, saved, {}, &devnet::WalletAccount::address))
        throw cli::UsageError{
            "the state that is loaded has other accounts: give the --mnemonic and the "
            "--derivation-path that it was saved with"};
}

}  // namespace

std::vector<devnet::WalletAccount> wallet_of(const Options& options) {
    auto wallet =
        devnet::derive_accounts(options.mnemonic, options.derivation_path, options.accounts);
    if (!wallet)
        throw cli::UsageError{fmt::format("--mnemonic, --derivation-path: {}", wallet.error())};
    return std::move(*wallet);
}

devnet::LiveGenesisOptions genesis_options(const Options& options, uint64_t now_s) {
    devnet::LiveGenesisOptions genesis{
        .l1 = ChainId{options.chain_id},
        .rollups = {},
        .accounts = {},
        .balance_wei = uint256{options.balance_ether} * WEI_PER_ETHER,
        .more_on_l1 = init_accounts(options),
        .timestamp_s = options.timestamp_s.value_or(now_s),
        .gas_limit = options.gas_limit,
        .base_fee = uint256{options.base_fee_wei},
        .attesters = options.attesters};
    for (const uint64_t id : options.rollup_chain_ids) genesis.rollups.emplace_back(id);
    for (const auto& account : wallet_of(options)) genesis.accounts.push_back(account.address);
    return genesis;
}

void take_over(Options& options, const devnet::LiveGenesisOptions& saved) {
    const Options without;
    take_number(options.chain_id, without.chain_id, uint256{saved.l1}, "--chain-id");
    take_rollups(options, saved.rollups);
    take_number(options.attesters, without.attesters, uint256{saved.attesters}, "--attesters");
    take_number(options.gas_limit, without.gas_limit, uint256{saved.gas_limit}, "--gas-limit");
    take_number(options.base_fee_wei, without.base_fee_wei, saved.base_fee, "--base-fee");
    take_number(options.balance_ether, without.balance_ether, saved.balance_wei / WEI_PER_ETHER,
                "--balance");
    take_wallet(options, saved.accounts);
    if (options.timestamp_s)
        require_saved(*options.timestamp_s, uint256{saved.timestamp_s}, "--timestamp");
    if (!options.init.empty() && init_accounts(options) != saved.more_on_l1)
        throw cli::UsageError{
            "--init has other accounts than the state that is loaded: leave it out"};
}

}  // namespace scope::devnet_app
