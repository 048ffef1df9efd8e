#pragma once

#include <optional>

#include "base/hex.hpp"
#include "chain/chain.hpp"
#include "execution/scope_rollup.hpp"
#include "protocol/settlement.hpp"
#include "rollup/batch.hpp"

namespace scope::rollup {

/// ScopedCallable on every rollup, and the only one that loads it: an address without a key.
inline constexpr Address PREDEPLOY =
    literals::fixed_literal<20>("0x5c09e00000000000000000000000000000000001");
inline constexpr Address SYSTEM_SENDER =
    literals::fixed_literal<20>("0x5c09e0000000000000000000000000000000ffff");

/// The wei of the predeploy at genesis that are nobody's, out of which it mints (docs/protocol.md,
/// section 10).
inline constexpr uint256 RESERVE = uint256{1u} << 128;
/// The least gas limit of a rollup's genesis: so the first block of a batch has room for all entries
/// of the forced queue that it may have to take.
inline constexpr uint64_t MIN_GAS_LIMIT = uint64_t{1} << 26;

/// Everything that makes a rollup: with L1 it determines the whole chain.
struct RollupConfig {
    chain::ChainSpec spec;  ///< REQUIRES: of an execution::ScopeRollup
    chain::Genesis genesis;
    protocol::SettlementId settlement;
    Hash program_id;  ///< the state transition's, in the registry on L1

    [[nodiscard]] ChainId chain_id() const noexcept { return spec.chain_id; }
    [[nodiscard]] const execution::SystemTransactionRule& system() const;
};

/// Returns the wei that a rollup has at genesis, for each of which L1 has to hold one: all balances
/// but the predeploy's RESERVE. nullopt if it is not sound: the predeploy has another balance,
/// MIN_GAS_LIMIT is not reached, or the sum passes 2^256.
std::optional<uint256> genesis_supply(const RollupConfig& config);

/// Returns the rules of a rollup: Osaka's, with system transactions from SYSTEM_SENDER to
/// PREDEPLOY, and without a deposit contract.
chain::ChainSpec rollup_spec(ChainId chain_id);

/// Returns the attributes of a block in a batch: what the batch does not say follows from the
/// block's L1 origin and the parent (docs/formats/batch.md).
///
/// @param all_gas  Left of what may be used in its batch (max_batch_gas).
chain::BlockAttributes attributes_of(const BatchBlock& block, uint64_t all_gas = UINT64_MAX);

}  // namespace scope::rollup
