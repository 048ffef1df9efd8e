#include "transactions.hpp"

#include <fmt/format.h>

#include "rlp/decode.hpp"
#include "types/signing.hpp"

namespace scope::t8n {

using json::Json;

namespace {

/// The value of the first of these fields that is there.
std::optional<Json> any_field(Json object, std::initializer_list<const char*> keys) {
    for (const char* key : keys)
        if (const auto value = json::optional_field(object, key)) return value;
    return std::nullopt;
}

uint256 number(Json object, std::initializer_list<const char*> keys) {
    const auto value = any_field(object, keys);
    return value ? json::u256(*value) : uint256{};
}

/// As the object says, or by the fields that only one type has.
TxType type_of(Json json) {
    if (const auto type = json::optional_field(json, "type")) {
        const uint64_t value = json::u64(*type);
        if (value > static_cast<uint64_t>(TxType::set_code))
            throw json::FormatError{fmt::format("no transaction type {}", value)};
        return static_cast<TxType>(value);
    }
    if (json::optional_field(json, "authorizationList")) return TxType::set_code;
    if (json::optional_field(json, "maxFeePerBlobGas")) return TxType::blob;
    if (json::optional_field(json, "maxFeePerGas")) return TxType::dynamic_fee;
    if (json::optional_field(json, "accessList")) return TxType::access_list;
    return TxType::legacy;
}

void read_signature(Json json, Transaction& tx) {
    tx.r = number(json, {"r"});
    tx.s = number(json, {"s"});
    uint256 v = number(json, {"yParity", "y_parity", "v"});
    if (tx.type == TxType::legacy) {
        v = number(json, {"v"});
        constexpr uint64_t UNPROTECTED = 27;
        constexpr uint64_t PROTECTED = 35;  // EIP-155: chain id * 2 + 35
        if (!v.fits_u64() ||
            (v < uint256{PROTECTED} && v != uint256{UNPROTECTED} && v != uint256{UNPROTECTED + 1}))
            throw json::FormatError{"v is none that a signature has"};
        tx.chain_id.reset();
        if (v >= uint256{PROTECTED}) {
            v -= uint256{PROTECTED};
            tx.chain_id = ChainId{static_cast<uint64_t>(v) / 2};
        } else {
            v -= uint256{UNPROTECTED};
        }
        tx.y_parity = (v[0] & 1) != 0;
        return;
    }
    if (v > uint256{1u}) throw json::FormatError{"y_parity is neither 0 nor 1"};
    tx.y_parity = !v.is_zero();
}

bool is_protected(Json json) {
    bool value = true;
    if (const auto field = json::optional_field(json, "protected"))
        if (field->get(value) != simdjson::SUCCESS)
            throw json::FormatError{"protected is neither true nor false"};
    return value;
}

Transaction read_transaction(Json json, ChainId chain_id, bool protect) {
    Transaction tx;
    tx.type = type_of(json);
    tx.nonce = json::u64(json::field(json, "nonce"));
    const auto gas = any_field(json, {"gas", "gasLimit"});
    tx.gas_limit = json::u64(gas ? *gas : json::field(json, "gas"));
    if (const auto to = json::optional_field(json, "to"); to && !json::bytes(*to).empty())
        tx.to = json::address(*to);
    tx.value = number(json, {"value"});
    if (const auto data = any_field(json, {"input", "data"})) tx.data = json::bytes(*data);
    if (tx.type == TxType::legacy || tx.type == TxType::access_list) {
        tx.max_fee_per_gas = json::u256(json::field(json, "gasPrice"));
        tx.max_priority_fee_per_gas = tx.max_fee_per_gas;
    } else {
        tx.max_fee_per_gas = json::u256(json::field(json, "maxFeePerGas"));
        tx.max_priority_fee_per_gas = json::u256(json::field(json, "maxPriorityFeePerGas"));
    }
    if (tx.type != TxType::legacy) {
        const auto id = json::optional_field(json, "chainId");
        tx.chain_id = id ? ChainId{json::u64(*id)} : chain_id;
        if (const auto list = json::optional_field(json, "accessList"))
            tx.access_list = json::access_list(*list);
    }
    if (tx.type == TxType::blob) {
        tx.max_fee_per_blob_gas = json::u256(json::field(json, "maxFeePerBlobGas"));
        for (const Json hash : json::array(json::field(json, "blobVersionedHashes")))
            tx.blob_versioned_hashes.push_back(json::hash(hash));
    }
    if (tx.type == TxType::set_code)
        tx.authorization_list = json::authorization_list(json::field(json, "authorizationList"));

    const bool is_signed = !number(json, {"v", "yParity", "y_parity"}).is_zero() ||
                           !number(json, {"r"}).is_zero() || !number(json, {"s"}).is_zero();
    const auto key = json::optional_field(json, "secretKey");
    if (is_signed || !key) {
        read_signature(json, tx);
        return tx;
    }
    const auto secret = crypto::SecretKey::from(json::word(*key));
    if (!secret) throw json::FormatError{"secretKey is 0 or too large"};
    if (tx.type == TxType::legacy && protect && is_protected(json)) tx.chain_id = chain_id;
    sign(tx, *secret);
    return tx;
}

std::vector<GivenTransaction> read_rlp(BytesView bytes) {
    rlp::Reader reader{bytes};
    auto list = reader.list();
    if (!list || !reader.at_end())
        throw json::FormatError{"txs: the bytes are no RLP list of transactions"};
    std::vector<GivenTransaction> result;
    while (!list->at_end()) {
        const auto item = list->item();
        if (!item)
            throw json::FormatError{
                fmt::format("txs: item {}: {}", result.size(), rlp::to_string(item.error()))};
        const auto tx = decode_transaction(item->is_list ? item->whole : item->payload);
        if (tx)
            result.emplace_back(*tx);
        else
            result.emplace_back(std::unexpect, std::string{to_string(tx.error())});
    }
    return result;
}

}  // namespace

std::vector<GivenTransaction> read_transactions(Json txs, ChainId chain_id, bool protect) {
    if (txs.is_string()) return read_rlp(json::bytes(txs));
    std::vector<GivenTransaction> result;
    if (txs.is_null()) return result;
    for (const Json entry : json::array(txs)) {
        try {
            result.emplace_back(read_transaction(entry, chain_id, protect));
        } catch (const json::FormatError& error) {
            result.emplace_back(std::unexpect, error.what());
        }
    }
    return result;
}

}  // namespace scope::t8n
