#pragma once

#include <optional>
#include <string>
#include <vector>

#include "devnet/artifacts.hpp"
#include "devnet/genesis.hpp"
#include "devnet/people.hpp"
#include "node/node.hpp"
#include "rpc/network.hpp"

namespace scope::devnet {

inline constexpr ChainId DEVNET_L1{31337};
/// Of the first rollup; the next has the next id.
inline constexpr uint64_t FIRST_DEVNET_ROLLUP = 42001;
inline constexpr size_t MAX_ROLLUPS = 100;
inline constexpr size_t MAX_ATTESTERS = 16;
/// 10^9 ETH: so that all that exists on a rollup is far below the predeploy's reserve of 2^128.
inline constexpr uint256 MAX_BALANCE_WEI{0x9fd0803ce8000000, 0x33b2e3c, 0, 0};
/// Above the gas of the largest transaction (EIP-7825), as which a scope may settle.
inline constexpr uint64_t MIN_DEVNET_GAS_LIMIT = 20'000'000;

/// The parameters of the genesis of a network that people use: `scope devnet`.
struct LiveGenesisOptions {
    ChainId l1 = DEVNET_L1;
    std::vector<ChainId> rollups;   ///< ascending, none of them L1; 1 to MAX_ROLLUPS
    std::vector<Address> accounts;  ///< have `balance_wei` on every chain
    uint256 balance_wei;
    /// Accounts added to L1; where ours stands already, ours stays.
    state::GenesisAlloc more_on_l1;
    uint64_t timestamp_s = GENESIS_TIME_S;
    uint64_t gas_limit = 60'000'000;    ///< of L1; of rollups at least rollup::MIN_GAS_LIMIT
    uint256 base_fee = 1'000'000'000u;  ///< wei
    size_t attesters = 3;               ///< 1 to MAX_ATTESTERS; a majority has to sign
};

/// Returns why there is no genesis with these parameters: names the parameter and the rule; nullopt
/// if there is one.
std::optional<std::string> why_no_genesis(const LiveGenesisOptions& options);

/// The genesis of an L1 and its rollups with everything deployed, registered and connected, as if
/// it had been done by transactions: constructors and calls have run on the project's EVM before the
/// first block, so that block 0 is where a user's history begins.
struct LiveGenesis {
    chain::ChainSpec l1_spec;
    chain::Genesis l1;
    node::Network network;
    /// By chain, in the order of a person's interest.
    std::vector<rpc::Network::NamedContract> contracts;

    // Who does what. Everybody can compute their keys (Person): they are for devnets alone.
    Person deployer = make_person("devnet.deployer");  ///< owns the rollups and the bridges; no ETH
    Person submitter = make_person("devnet.submitter");  ///< settles, and pays for it
    Person proposer = make_person("devnet.proposer");    ///< coinbase of all blocks
    std::vector<Person> members;
    size_t threshold = 0;
};

/// Makes the genesis. REQUIRES: there is one (why_no_genesis). Throws std::runtime_error if a
/// constructor or a call fails, which nothing in the options but accounts of `more_on_l1` can bring
/// about.
LiveGenesis make_live_genesis(const Artifacts& artifacts, LiveGenesisOptions options);

}  // namespace scope::devnet
