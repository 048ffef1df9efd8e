#pragma once

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

/// Everything that makes a rollup: with L1 it determines the whole chain.
struct RollupConfig {
    chain::ChainSpec spec;  ///< REQUIRES: of an execution::ScopeRollup
    chain::Genesis genesis;
    protocol::SettlementId settlement;
    Hash program_id;  ///< the state transition's, in the registry on L1

    [[nodiscard]] ChainId chain_id() const noexcept { return spec.chain_id; }
    [[nodiscard]] const execution::SystemTransactionRule& system() const;
};

/// Returns the rules of a rollup: Osaka's, with system transactions from SYSTEM_SENDER to
/// PREDEPLOY, and without a deposit contract.
chain::ChainSpec rollup_spec(ChainId chain_id);

/// Returns the attributes of a block in a batch: what the batch does not say follows from the
/// block's L1 origin and the parent (docs/formats/batch.md).
///
/// @param all_gas  Left of what may be used in its batch (max_batch_gas).
chain::BlockAttributes attributes_of(const BatchBlock& block, uint64_t all_gas = UINT64_MAX);

}  // namespace scope::rollup
