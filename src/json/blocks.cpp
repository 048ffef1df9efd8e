#include "json/blocks.hpp"

#include <fmt/format.h>

#include <array>

#include "base/hex.hpp"

namespace scope::json {

namespace {

constexpr size_t MAX_TOPICS = 4;

template <size_t N>
FixedBytes<N> fixed(Json value) {
    const std::string_view hex = string(value);
    const auto result = fixed_from_hex<N>(hex);
    if (!result)
        throw FormatError{fmt::format("expected {} bytes, found \"{}\"", N, shortened(hex))};
    return *result;
}

/// Refuses a header of Amsterdam (EIP-7928, EIP-7843): its hash is of more fields than we have.
void refuse_later_fields(Json object) {
    for (const char* const name : {"blockAccessListHash", "slotNumber"})
        if (optional_field(object, name))
            throw LaterFork{name, "a field of a fork that this version does not know"};
}

TxType type(Json value) {
    const uint64_t number = u64(value);
    if (number > static_cast<uint64_t>(TxType::set_code))
        throw LaterFork{fmt::format("{} is a type that this version does not know", number)};
    return static_cast<TxType>(number);
}

TxType type_of(Json object) {
    return get_optional(object, "type", type).value_or(TxType::legacy);
}

/// Sets y_parity, and chain_id where v holds it (EIP-155).
void read_v_of_legacy(Json object, Transaction& tx) {
    const uint64_t v = get(object, "v", u64);
    if (v == 27 || v == 28) {
        tx.y_parity = v == 28;
    } else if (v >= 37) {  // of chain 1 and above
        tx.chain_id = ChainId{(v - 35) / 2};
        tx.y_parity = (v - 35) % 2 == 1;
    } else {
        throw FormatError{"v", fmt::format("{} is none of a signature", v)};
    }
}

void read_signature(Json object, Transaction& tx) {
    tx.r = get(object, "r", u256);
    tx.s = get(object, "s", u256);
    if (tx.type == TxType::legacy) return read_v_of_legacy(object, tx);
    const char* const name = optional_field(object, "yParity") ? "yParity" : "v";
    const uint64_t parity = get(object, name, u64);
    if (parity > 1) throw FormatError{name, fmt::format("{} is neither 0 nor 1", parity)};
    tx.y_parity = parity == 1;
    tx.chain_id = ChainId{get(object, "chainId", u64)};
}

void read_fees(Json object, Transaction& tx) {
    if (tx.type == TxType::legacy || tx.type == TxType::access_list) {
        tx.max_fee_per_gas = tx.max_priority_fee_per_gas = get(object, "gasPrice", u256);
        return;
    }
    tx.max_fee_per_gas = get(object, "maxFeePerGas", u256);
    tx.max_priority_fee_per_gas = get(object, "maxPriorityFeePerGas", u256);
    if (tx.type == TxType::blob) tx.max_fee_per_blob_gas = get(object, "maxFeePerBlobGas", u256);
}

std::vector<Hash> hashes(Json values) {
    return list(values, hash);
}

Log log(Json object) {
    Log result;
    result.address = get(object, "address", address);
    result.topics = get(object, "topics", hashes);
    if (result.topics.size() > MAX_TOPICS)
        throw FormatError{"topics", fmt::format("{}, a log has at most 4", result.topics.size())};
    result.data = get(object, "data", bytes);
    return result;
}

Withdrawal withdrawal(Json object) {
    return {.index = get(object, "index", u64),
            .validator_index = get(object, "validatorIndex", u64),
            .address = get(object, "address", address),
            .amount_gwei = get(object, "amount", u64)};
}

}  // namespace

BlockHeader header(Json object) {
    refuse_later_fields(object);
    BlockHeader result;
    result.parent_hash = get(object, "parentHash", hash);
    result.ommers_hash = get(object, "sha3Uncles", hash);
    result.coinbase = get(object, "miner", address);
    result.state_root = get(object, "stateRoot", hash);
    result.transactions_root = get(object, "transactionsRoot", hash);
    result.receipts_root = get(object, "receiptsRoot", hash);
    result.logs_bloom = get(object, "logsBloom", fixed<256>);
    result.difficulty = get(object, "difficulty", u256);
    result.number = get(object, "number", u64);
    result.gas_limit = get(object, "gasLimit", u64);
    result.gas_used = get(object, "gasUsed", u64);
    result.timestamp_s = get(object, "timestamp", u64);
    result.extra_data = get(object, "extraData", bytes);
    result.prev_randao = get(object, "mixHash", hash);
    result.nonce = get(object, "nonce", fixed<8>);
    result.base_fee_per_gas = get_optional(object, "baseFeePerGas", u256);
    result.withdrawals_root = get_optional(object, "withdrawalsRoot", hash);
    result.blob_gas_used = get_optional(object, "blobGasUsed", u64);
    result.excess_blob_gas = get_optional(object, "excessBlobGas", u64);
    result.parent_beacon_block_root = get_optional(object, "parentBeaconBlockRoot", hash);
    result.requests_hash = get_optional(object, "requestsHash", hash);
    if (!has_encoding(result)) throw FormatError{"the optional fields are those of no fork"};
    return result;
}

Transaction transaction(Json object) {
    Transaction tx;
    tx.type = type_of(object);
    tx.nonce = get(object, "nonce", u64);
    read_fees(object, tx);
    tx.gas_limit = get(object, "gas", u64);
    tx.to = get_optional(object, "to", address);
    tx.value = get(object, "value", u256);
    tx.data = get(object, "input", bytes);
    if (tx.type != TxType::legacy) tx.access_list = get(object, "accessList", access_list);
    if (tx.type == TxType::blob)
        tx.blob_versioned_hashes = get(object, "blobVersionedHashes", hashes);
    if (tx.type == TxType::set_code)
        tx.authorization_list = get(object, "authorizationList", authorization_list);
    read_signature(object, tx);
    if (!tx.to && (tx.type == TxType::blob || tx.type == TxType::set_code))
        throw FormatError{"to", "missing"};
    return tx;
}

Receipt receipt(Json object) {
    Receipt result;
    result.type = type_of(object);
    result.cumulative_gas_used = get(object, "cumulativeGasUsed", u64);
    result.logs = get(object, "logs", [](Json logs) { return list(logs, log); });
    result.logs_bloom = optional_field(object, "logsBloom") ? get(object, "logsBloom", fixed<256>)
                                                            : bloom_of(result.logs);
    if (const auto status = get_optional(object, "status", u64)) {
        if (*status > 1) throw FormatError{"status", fmt::format("{} is neither 0 nor 1", *status)};
        result.success = *status == 1;
    } else {
        result.state_root = get(object, "root", hash);
    }
    return result;
}

std::vector<Withdrawal> withdrawals(Json values) {
    return list(values, withdrawal);
}

Block block(Json object) {
    Block result;
    result.header = header(object);
    result.transactions =
        get(object, "transactions", [](Json values) { return list(values, transaction); });
    if (result.header.ommers_hash != EMPTY_OMMERS_HASH)
        throw FormatError{"sha3Uncles", "a block with ommers is not read"};
    if (result.header.withdrawals_root)
        result.withdrawals = get(object, "withdrawals", withdrawals);
    return result;
}

}  // namespace scope::json
