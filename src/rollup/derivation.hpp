#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "l1/l1_source.hpp"
#include "protocol/forced.hpp"
#include "protocol/registry.hpp"
#include "protocol/settlement.hpp"
#include "rollup/batch.hpp"

namespace scope::rollup {

/// A batch as derived from L1: what was claimed, as it settled, and its blocks.
struct DerivedBatch {
    protocol::BatchClaim claim;  ///< as decode_settled_scope gives it
    Batch batch;
};
/// The reason why L1 gives no batches where it should. But for `unreachable`, none of it can come
/// from a settlement contract, its verifiers and an L1 that keep to their rules.
enum class DerivationRule : uint8_t {
    indirect_settlement,  // ScopeSettled in a transaction that does not call the contract itself
    malformed_event,
    malformed_calldata,
    wrong_event,       // calldata and ScopeSettled differ
    missing_blob,      // L1's blobs don't include it any more
    wrong_blob,        // it does not have the versioned hash
    unreachable,       // L1 gives no answer: nothing is known
    malformed_data,    // with its BatchError: the blobs are not one payload
    wrong_commitment,  // the bytes are not what was committed
    bad_slice,         // a batch's bytes are not inside the scope's
    malformed_batch,   // with its BatchError
    wrong_batch,       // a field of the batch differs from the claim's
};
inline constexpr size_t DERIVATION_RULE_COUNT = 12;
/// Returns the enumerator's name.
std::string_view to_string(DerivationRule rule) noexcept;

struct DerivationError {
    DerivationRule rule{};
    std::optional<size_t> transaction_index;
    std::optional<ChainId> chain_id;
    std::optional<BatchError> batch_error;
    std::string field;  ///< that differs

    friend bool operator==(const DerivationError&, const DerivationError&) = default;
};
std::string to_string(const DerivationError& error);

/// One successful executeScope.
struct DerivedScope {
    uint256 scope_number;
    size_t transaction_index = 0;  ///< in the L1 block
    Hash transaction_hash;
    Hash data_commitment;
    /// Batches of wanted chains, ascending chain id; an error names its chain. One of the scope's
    /// data, which all batches share, is each one's; another stops no other batch.
    std::vector<Result<DerivedBatch, DerivationError>> batches;
};

/// Returns the versioned hash computed from the blob; nullopt if its bytes are no blob.
std::optional<Hash> versioned_hash_of(const crypto::Blob& blob);

/// Derives the scopes that an L1 block settles, in order: from successful executeScope transactions
/// only. An error is one of the block as a whole.
///
/// @param l1_block  As L1Source::block gives it, checked; its blobs are checked here.
/// The data of a scope are read once for all its batches.
///
/// @param wanted  Selects the chains whose batches to derive; empty: all that have a ChainId.
///                The data of a scope without one are not looked at, nor are others' slices: they
///                are between them and their verifiers, and stop nobody else.
Result<std::vector<DerivedScope>, DerivationError> derive_scopes(
    const l1::L1Source& l1, const chain::StoredBlock& l1_block,
    const protocol::SettlementId& settlement, const std::function<bool(ChainId)>& wanted = {});

/// The events of the settlement contract in an L1 block that are about rollups by themselves, each
/// in their order.
struct RollupEvents {
    std::vector<ChainId> registered;
    std::vector<ChainId> closed;
    std::vector<protocol::PredeployUpgraded> upgrades;  ///< of wanted chains
    std::vector<protocol::EntryQueued> queued;          ///< of wanted chains
};

/// Returns the events in an L1 block that is as derive_scopes demands. Ids above 64 bits, which the
/// contract doesn't register, and what it never emits are left out.
///
/// @param wanted  Selects the chains whose upgrades and entries to read; empty: all.
RollupEvents rollup_events(const chain::StoredBlock& l1_block,
                           const protocol::SettlementId& settlement,
                           const std::function<bool(ChainId)>& wanted = {});

}  // namespace scope::rollup
