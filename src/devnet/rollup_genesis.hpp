#pragma once

#include <span>

#include "devnet/artifacts.hpp"
#include "devnet/genesis_state.hpp"
#include "rollup/rollup_config.hpp"

namespace scope::devnet {

/// The token bridges of a network: one on each chain, connected with all others.
struct Bridges {
    ChainId l1;
    Address on_l1;
    /// Who creates a rollup's: so its address follows from the nonce that this account has in the
    /// genesis that is given.
    Address creator;
    Address owner;  ///< of those on rollups
};

/// A rollup, and the header of its block 0.
struct RollupGenesis {
    rollup::RollupConfig config;
    BlockHeader header;
    Address bridge;
};

/// How a rollup comes to know the others: its genesis has them, where L1's does; or L1's registrations
/// say so as it goes on (protocol.md, section 12), which are refused where the genesis has said it.
enum class KnownRollups : uint8_t { in_genesis, by_registration };

/// Makes a rollup's genesis with what its users expect there: beside the predeploy and the system
/// contracts a token bridge, and the contracts of deploy_published.
///
/// @param base     Time, gas limit, base fee, coinbase, and accounts; where ours stands, ours stays.
/// @param rollups  All of the network, of which each has its bridge at the same address.
/// Throws std::runtime_error if a constructor or a call fails.
RollupGenesis make_rollup_genesis(const Artifacts& artifacts, ChainId chain_id,
                                  const protocol::SettlementId& settlement, chain::Genesis base,
                                  const Bridges& bridges, std::span<const ChainId> rollups,
                                  KnownRollups known);

/// Puts on a chain what tools expect on each (published.hpp).
/// @param caller  Who calls the deterministic deployer.
void deploy_published(GenesisState& on, const Address& caller);

/// Encodes calldata of TokenBridge.connect.
Bytes connect_bridge(ChainId remote, const Address& remote_bridge);

}  // namespace scope::devnet
