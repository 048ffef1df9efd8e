#pragma once

#include <map>
#include <string>
#include <vector>

#include "devnet/artifacts.hpp"
#include "l1/l1_source.hpp"
#include "node/network_file.hpp"

namespace scope::deploy_app {

/// What is wanted: the options of `scope deploy` that say what the network is.
struct Wanted {
    std::map<ChainId, state::GenesisAlloc> rollups;  ///< with accounts of their geneses; not empty
    std::vector<Address> members;                    ///< of the committee; ascending
    size_t threshold = 0;                            ///< 1 to members
    Address owner;                                   ///< of the rollups and the bridges
    uint64_t gas_limit = rollup::MIN_GAS_LIMIT;      ///< of the rollups
    uint256 base_fee = 1'000'000'000u;               ///< of their geneses; wei
};

/// Returns what its registrations bring, in wei: a bond for each rollup and what its accounts have. At most
/// 2^256 - 1.
uint256 brought_by(const Wanted& wanted);

/// What L1 says once, as a deployment begins. With what is wanted it determines all that is made.
struct Beginning {
    Address deployer;
    uint64_t first_nonce = 0;  ///< of its first creation
    chain::ChainSpec l1_spec;
    l1::L1BlockId first_block;  ///< a block that no reorganisation takes away
    uint64_t timestamp_s = 0;   ///< of the rollups' geneses
    // Whether L1 has what tools expect on every chain (devnet/published.hpp).
    bool has_create2_deployer = false;
    bool has_multicall3 = false;
};

/// A contract that the deployer creates, with its account's next nonce.
struct Creation {
    std::string contract;
    uint64_t nonce = 0;
    Address address;
    Bytes init_code;
    Bytes code;  ///< that its constructor leaves
};

/// A whole deployment, before anything of it is sent.
struct Plan {
    Beginning beginning;
    Address owner;
    std::vector<Creation> creations;   ///< in the order of their nonces
    std::vector<BlockHeader> geneses;  ///< of the rollups in the file, in their order
    Address bridge;                    ///< on all chains
    node::NetworkFile file;
};

/// Makes the plan: constructors run on the project's own EVM, as L1's will. Throws std::runtime_error
/// for what can't be: a chain id twice, accounts that stand where ours do, or too much ether.
Plan make_plan(const devnet::Artifacts& artifacts, const Wanted& wanted,
               const Beginning& beginning);

}  // namespace scope::deploy_app
