#include "transactions.hpp"

#include <fmt/format.h>

#include "crypto/secp256k1.hpp"
#include "rlp/decode.hpp"
#include "types/signing.hpp"

namespace scope::t8n {

using json::FormatError;
using json::Json;

namespace {

/// Reads the first of these fields that is there; nullopt without any.
template <typename Read>
auto get_any(Json object, std::initializer_list<const char*> keys, Read read) {
    decltype(json::get_optional(object, "", read)) result;
    for (const char* key : keys)
        if (!result) result = json::get_optional(object, key, read);
    return result;
}
/// One of them must be there: else the first is what is missing.
template <typename Read>
auto need_any(Json object, std::initializer_list<const char*> keys, Read read) {
    auto result = get_any(object, keys, read);
    return result ? *result : json::get(object, *keys.begin(), read);
}

TxType read_type(Json json) {
    const uint64_t value = json::u64(json);
    if (value > static_cast<uint64_t>(TxType::set_code))
        throw FormatError{fmt::format("no transaction type {}", value)};
    return static_cast<TxType>(value);
}

/// Returns the type that the object names, or the one that alone has its fields.
TxType type_of(Json json) {
    if (const auto type = json::get_optional(json, "type", read_type)) return *type;
    if (json::optional_field(json, "authorizationList")) return TxType::set_code;
    if (json::optional_field(json, "maxFeePerBlobGas")) return TxType::blob;
    if (json::optional_field(json, "maxFeePerGas")) return TxType::dynamic_fee;
    if (json::optional_field(json, "accessList")) return TxType::access_list;
    return TxType::legacy;
}

/// EIP-155: 35 or 36 and twice the chain id; before it, 27 or 28.
void read_legacy_v(Json json, Transaction& tx) {
    const uint256 v = json::u256(json);
    tx.chain_id.reset();
    tx.y_parity = v[0] % 2 == 0;
    if (v == uint256{27u} || v == uint256{28u}) return;
    const uint256 chain_id = (v - uint256{35u}) >> 1;
    if (v < uint256{35u} || !chain_id.fits_u64())
        throw FormatError{fmt::format("{} is none that a signature has", to_quantity(v))};
    tx.chain_id = ChainId{static_cast<uint64_t>(chain_id)};
}

void read_y_parity(Json json, Transaction& tx) {
    const auto y_parity = get_any(json, {"yParity", "y_parity"}, json::u256);
    const auto v = json::get_optional(json, "v", json::u256);
    if (!y_parity && !v) throw FormatError{"yParity", "missing"};
    if (y_parity && v && *y_parity != *v) throw FormatError{"yParity", "v is another number"};
    const uint256 value = y_parity ? *y_parity : *v;
    if (value > uint256{1u}) throw FormatError{y_parity ? "yParity" : "v", "neither 0 nor 1"};
    tx.y_parity = !value.is_zero();
}

void read_signature(Json json, Transaction& tx) {
    if (tx.type == TxType::legacy)
        json::get(json, "v", [&](Json v) { return read_legacy_v(v, tx), true; });
    else
        read_y_parity(json, tx);
    tx.r = json::get(json, "r", json::u256);
    tx.s = json::get(json, "s", json::u256);
    for (const auto& [name, number] : {std::pair{"r", tx.r}, std::pair{"s", tx.s}})
        if (number.is_zero() || number >= crypto::SECP256K1_N)
            throw FormatError{name, "not from 1 to the order of secp256k1 - 1"};
}

bool is_signed(Json json) {
    for (const char* key : {"v", "yParity", "y_parity", "r", "s"})
        if (!json::get_optional(json, key, json::u256).value_or(uint256{}).is_zero()) return true;
    return false;
}

crypto::SecretKey secret_key(Json json) {
    const auto secret = crypto::SecretKey::from(json::word(json));
    if (!secret) throw FormatError{"0 or too large"};
    return *secret;
}

std::optional<Address> read_to(Json json) {
    if (json::bytes(json).empty()) return std::nullopt;
    return json::address(json);
}

Transaction read_transaction(Json json, ChainId chain_id, bool protect) {
    json::object(json);
    Transaction tx;
    tx.type = type_of(json);
    tx.nonce = json::get(json, "nonce", json::u64);
    tx.gas_limit = need_any(json, {"gas", "gasLimit"}, json::u64);
    tx.to = json::get_optional(json, "to", read_to).value_or(std::nullopt);
    tx.value = json::get(json, "value", json::u256);
    tx.data = need_any(json, {"input", "data"}, json::bytes);
    if (tx.type == TxType::legacy || tx.type == TxType::access_list) {
        tx.max_fee_per_gas = json::get(json, "gasPrice", json::u256);
        tx.max_priority_fee_per_gas = tx.max_fee_per_gas;
    } else {
        tx.max_fee_per_gas = json::get(json, "maxFeePerGas", json::u256);
        tx.max_priority_fee_per_gas = json::get(json, "maxPriorityFeePerGas", json::u256);
    }
    if (tx.type != TxType::legacy) {
        const auto id = json::get_optional(json, "chainId", json::u64);
        tx.chain_id = id ? ChainId{*id} : chain_id;
        if (auto list = json::get_optional(json, "accessList", json::access_list))
            tx.access_list = std::move(*list);
    }
    if (tx.type == TxType::blob) {
        tx.max_fee_per_blob_gas = json::get(json, "maxFeePerBlobGas", json::u256);
        tx.blob_versioned_hashes = json::get(
            json, "blobVersionedHashes", [](Json list) { return json::list(list, json::hash); });
    }
    if (tx.type == TxType::set_code)
        tx.authorization_list = json::get(json, "authorizationList", json::authorization_list);

    const auto secret = json::get_optional(json, "secretKey", secret_key);
    if (is_signed(json) || !secret) {
        read_signature(json, tx);
        return tx;
    }
    const bool wants_protection =
        json::get_optional(json, "protected", json::boolean).value_or(true);
    if (tx.type == TxType::legacy && protect && wants_protection) tx.chain_id = chain_id;
    sign(tx, *secret);
    return tx;
}

/// EIP-2718: a legacy transaction stands in a block as its list, any other as a string.
GivenTransaction decode_item(const rlp::Item& item) {
    auto tx = decode_transaction(item.is_list ? item.whole : item.payload);
    if (!tx) return std::unexpected{std::string{to_string(tx.error())}};
    if (!item.is_list && tx->type == TxType::legacy)
        return std::unexpected{"a legacy transaction in a string, where its list should stand"};
    return std::move(*tx);
}

std::vector<GivenTransaction> read_rlp(BytesView bytes) {
    rlp::Reader reader{bytes};
    auto list = reader.list();
    if (!list || !reader.at_end()) throw FormatError{"the bytes are no RLP list of transactions"};
    std::vector<GivenTransaction> result;
    while (!list->at_end()) {
        const auto item = list->item();
        if (!item)
            throw FormatError{fmt::format("[{}]", result.size()),
                              std::string{rlp::to_string(item.error())}};
        result.push_back(decode_item(*item));
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
        } catch (const FormatError& error) {
            result.emplace_back(std::unexpect, error.what());
        }
    }
    return result;
}

}  // namespace scope::t8n
