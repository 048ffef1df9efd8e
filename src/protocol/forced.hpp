#pragma once

#include <optional>
#include <span>

#include "protocol/request.hpp"

/// The queue of deposits and forced transactions that waits on L1 for each rollup (docs/protocol.md
/// §12; contracts/src/interfaces/ISettlement.sol, IForcedQueue.sol).
namespace scope::protocol {

/// L1 blocks from an entry's own until it is due.
inline constexpr uint64_t FORCED_DEADLINE = 64;
/// The charged gas of the entries that a batch takes, at most; one always fits. At 8 gas a byte of
/// logs they leave 512 KiB of a block's (MAX_LOG_BYTES_PER_BLOCK) to what it has to begin with.
inline constexpr uint64_t MAX_FORCED_GAS_PER_BATCH = (uint64_t{1} << 25) - (uint64_t{1} << 22);
/// The highest gas limit of an entry.
inline constexpr uint64_t MAX_FORCED_GAS_LIMIT = uint64_t{1} << 24;
/// The most bytes of an entry's data.
inline constexpr size_t MAX_FORCED_DATA_BYTES = 24'576;
/// The gas limit of a deposit that names none, in Settlement.deposit.
inline constexpr uint64_t DEFAULT_DEPOSIT_GAS = 100'000;

/// The kind of an entry: ForcedKind of IForcedQueue.sol.
enum class ForcedKind : uint8_t {
    deposit,      ///< minted on the rollup, with a call of `to`
    transaction,  ///< a rollup's transaction, whose envelope is the data
};

/// An entry as it was queued: ForcedEntry of IForcedQueue.sol.
struct ForcedEntry {
    ForcedKind kind = ForcedKind::deposit;
    Address from;            ///< who queued it on L1
    Address to;              ///< zero of a transaction
    uint256 value;           ///< wei; zero of a transaction
    uint64_t gas_limit = 0;  ///< that `to` gets, exactly; the most that a transaction may have
    Bytes data;
    friend bool operator==(const ForcedEntry&, const ForcedEntry&) = default;
};

/// Returns whether an entry is within the bounds that the queue on L1 sets.
bool is_within_bounds(const ForcedEntry& entry) noexcept;

/// Returns the gas that L1 charges for an entry, and counts toward a batch's bound.
/// REQUIRES: is_within_bounds.
uint64_t charged_gas(const ForcedEntry& entry) noexcept;

/// Returns the gas limit of the system transaction of a deposit. It covers all that is around the
/// call, whatever that does; with charged gas up to MAX_FORCED_GAS_PER_BATCH, those of a batch sum
/// up to less than 2^25 + 2^23.
/// REQUIRES: is_within_bounds.
uint64_t deposit_gas_limit(const ForcedEntry& entry) noexcept;

/// Returns the hash that the queue keeps of an entry.
Hash forced_entry_hash(const uint256& chain_id, uint64_t index, const ForcedEntry& entry);

/// The event EntryQueued.
struct EntryQueued {
    uint256 chain_id;
    uint64_t index = 0;
    ForcedEntry entry;
    friend bool operator==(const EntryQueued&, const EntryQueued&) = default;
};
Hash entry_queued_topic();
/// Decodes a log of the settlement contract; nullopt for another event, and for an entry beyond the
/// bounds, which the contract never queues.
std::optional<EntryQueued> decode_entry_queued(std::span<const Hash> topics, BytesView data);

// Calldata of Settlement. What queues returns the entry's index.

/// Encodes a deposit of the wei sent, less the fee.
Bytes deposit(ChainId chain_id, const Address& to);
/// Encodes a deposit of @p value in wei, with a call of @p to.
Bytes deposit_and_call(ChainId chain_id, const Address& to, const uint256& value,
                       uint64_t gas_limit, BytesView data);
/// Encodes the queueing of a rollup's transaction.
/// @param transaction  Its EIP-2718 envelope.
/// @param gas_limit    The transaction's own has to be at most this.
Bytes force_transaction(ChainId chain_id, BytesView transaction, uint64_t gas_limit);
/// Encodes calldata of forcedQueue, which returns the queue's address.
Bytes forced_queue();

// Calldata of ForcedQueue.

/// Encodes calldata of feeOf, which returns what an entry costs in the next transaction, in wei.
Bytes fee_of(ChainId chain_id, ForcedKind kind, uint64_t gas_limit, size_t data_bytes);
std::optional<uint256> decode_fee(BytesView output);

/// The part of an entry that the queue keeps: IForcedQueue.QueuedEntry. All zeros if there is none.
struct QueuedEntry {
    Hash hash;                    ///< see forced_entry_hash; zero of a deposit that was given back
    uint64_t queued_at = 0;       ///< L1 block
    uint64_t cumulative_gas = 0;  ///< charged, of all entries before it
    uint256 cumulative_value;     ///< wei of all deposits before it
    friend bool operator==(const QueuedEntry&, const QueuedEntry&) = default;
};
/// Encodes calldata of entryOf.
Bytes entry_of(ChainId chain_id, uint64_t index);
std::optional<QueuedEntry> decode_entry(BytesView output);

}  // namespace scope::protocol
