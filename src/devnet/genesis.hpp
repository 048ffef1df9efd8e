#pragma once

#include "chain/chain.hpp"
#include "devnet/artifacts.hpp"
#include "rollup/rollup_config.hpp"

namespace scope::devnet {

inline constexpr uint64_t GENESIS_TIME_S = 1'800'000'000;
inline constexpr uint64_t SLOT_S = 12;

/// Returns the id of the state transition with which the rollups of a devnet are registered.
Hash program_id();

chain::ChainSpec l1_spec(ChainId chain_id);
/// Returns an L1 with the system contracts and @p alloc, and no contract of ours.
chain::Genesis l1_genesis(state::GenesisAlloc alloc);

/// Returns the code that ScopedCallableL2's constructor leaves, run as the rollup's own EVM would.
Bytes predeploy_code(const Artifacts& artifacts, const chain::ChainSpec& rollup,
                     const protocol::SettlementId& settlement);
/// Returns the accounts of every rollup's genesis: the system contracts and the predeploy with its
/// reserve.
state::GenesisAlloc rollup_alloc(const Bytes& predeploy_code);
rollup::RollupConfig rollup_config(ChainId chain_id, const protocol::SettlementId& settlement,
                                   state::GenesisAlloc alloc);

}  // namespace scope::devnet
