#pragma once

#include <string>
#include <vector>

#include "cli/command.hpp"
#include "deploy_app/genesis_word.hpp"
#include "deploy_app/plan.hpp"

namespace scope::deploy_app {

/// The options of `scope deploy`, as they are typed.
struct Options {
    std::string l1;
    std::string key;
    std::string password;
    std::vector<uint64_t> rollups;
    std::vector<std::string> attesters;
    std::vector<std::string> attester_keys;
    std::string attester_password;
    std::string tls_certificate;  ///< by which attesters know the deployer
    uint64_t threshold = 0;       ///< 0: a majority
    std::string owner;
    std::vector<std::string> funds;
    std::vector<std::string> account_files;
    uint64_t gas_limit = rollup::MIN_GAS_LIMIT;
    uint64_t base_fee_wei = 1'000'000'000;
    std::string l1_fork;
    std::string out = "network.json";
    bool propose = false;  ///< write the network file, and send nothing
    uint64_t steps = UINT64_MAX;
    uint64_t confirmations = 1;
    uint64_t max_fee_gwei = 500;
    uint64_t timeout_s = 600;

    void declare(CLI::App& command);
};

/// Reads an amount of ETH with at most 18 decimals, below 2^128 wei; nullopt for other text.
std::optional<uint256> wei_of_ether(std::string_view text);

// What the options say. Each throws cli::UsageError that names the option.

/// Returns the committee, ascending: of addresses, of members to be asked over HTTPS, and of keys at hand,
/// which give their word.
std::vector<Member> members_of(const Options& options);
/// @param deployer  The owner, where the options name none.
Wanted wanted_of(const Options& options, const std::vector<Member>& members,
                 const Address& deployer);
/// Returns the rules of L1 by the name of their fork; the name as the option has it, in any case.
chain::ChainSpec l1_spec_of(const std::string& fork, ChainId chain_id);

}  // namespace scope::deploy_app
