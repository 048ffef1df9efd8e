#include "protocol/forced.hpp"

#include <algorithm>

#include "crypto/keccak.hpp"
#include "protocol/abi_fields.hpp"

namespace scope::protocol {

namespace {

constexpr uint64_t CHARGED_GAS_PER_BYTE = 16;
/// The least that a byte is charged: the 2^25 gas of an L1 block are so 131,072 bytes at most.
constexpr uint64_t MIN_CHARGED_GAS_PER_BYTE = 256;
constexpr uint64_t CHARGED_GAS_OF_DEPOSIT = 600'000;
constexpr uint64_t CHARGED_GAS_OF_TRANSACTION = 100'000;

/// A byte of calldata costs 16 gas, and less than 4 to hand on to the alias and by it to the target.
constexpr uint64_t DEPOSIT_GAS_PER_BYTE = 20;
/// The rest: intrinsic gas, deploying the alias (the first one's code too), the calls' own costs,
/// leaving the value with the alias after a failure, the event.
constexpr uint64_t DEPOSIT_GAS = 550'000;
/// A 16th of the target's gas is more than the three calls on the way to it keep back (EIP-150).
constexpr uint64_t KEPT_BACK_DIVISOR = 16;

}  // namespace

bool is_within_bounds(const ForcedEntry& entry) noexcept {
    return entry.gas_limit <= MAX_FORCED_GAS_LIMIT && entry.data.size() <= MAX_FORCED_DATA_BYTES;
}

uint64_t charged_gas(const ForcedEntry& entry) noexcept {
    const uint64_t gas =
        entry.gas_limit + CHARGED_GAS_PER_BYTE * entry.data.size() +
        (entry.kind == ForcedKind::deposit ? CHARGED_GAS_OF_DEPOSIT : CHARGED_GAS_OF_TRANSACTION);
    return std::max(gas, MIN_CHARGED_GAS_PER_BYTE * entry.data.size());
}

uint64_t deposit_gas_limit(const ForcedEntry& entry) noexcept {
    return entry.gas_limit + entry.gas_limit / KEPT_BACK_DIVISOR + DEPOSIT_GAS +
           DEPOSIT_GAS_PER_BYTE * entry.data.size();
}

Hash forced_entry_hash(const uint256& chain_id, uint64_t index, const ForcedEntry& entry) {
    return crypto::keccak256(abi::encode(chain_id, index, entry));
}

Hash entry_queued_topic() {
    static const Hash TOPIC =
        abi::topic("EntryQueued(uint256,uint256,(uint8,address,address,uint256,uint256,bytes))");
    return TOPIC;
}

std::optional<EntryQueued> decode_entry_queued(std::span<const Hash> topics, BytesView data) {
    if (topics.size() != 3 || topics[0] != entry_queued_topic()) return std::nullopt;
    const uint256 index = from_be(topics[2]);
    auto entry = abi::decode<ForcedEntry>(data);
    if (!index.fits_u64() || !entry || !is_within_bounds(std::get<0>(*entry))) return std::nullopt;
    return EntryQueued{from_be(topics[1]), uint64_t{index}, std::get<0>(std::move(*entry))};
}

Bytes deposit(ChainId chain_id, const Address& to) {
    return abi::call("deposit(uint256,address)", uint256{chain_id}, to);
}

Bytes deposit_and_call(ChainId chain_id, const Address& to, const uint256& value,
                       uint64_t gas_limit, BytesView data) {
    return abi::call("depositAndCall(uint256,address,uint256,uint256,bytes)", uint256{chain_id}, to,
                     value, gas_limit, data);
}

Bytes force_transaction(ChainId chain_id, BytesView transaction, uint64_t gas_limit) {
    return abi::call("forceTransaction(uint256,bytes,uint256)", uint256{chain_id}, transaction,
                     gas_limit);
}

Bytes forced_queue() {
    return abi::call("forcedQueue()");
}

Bytes fee_of(ChainId chain_id, ForcedKind kind, uint64_t gas_limit, size_t data_bytes) {
    return abi::call("feeOf(uint256,uint8,uint256,uint256)", uint256{chain_id}, kind, gas_limit,
                     uint64_t{data_bytes});
}

std::optional<uint256> decode_fee(BytesView output) {
    return decode_one<uint256>(output);
}

Bytes entry_of(ChainId chain_id, uint64_t index) {
    return abi::call("entryOf(uint256,uint256)", uint256{chain_id}, index);
}

std::optional<QueuedEntry> decode_entry(BytesView output) {
    return decode_one<QueuedEntry>(output);
}

}  // namespace scope::protocol
