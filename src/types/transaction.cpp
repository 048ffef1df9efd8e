#include "types/transaction.hpp"

#include <span>

#include "crypto/keccak.hpp"
#include "crypto/secp256k1.hpp"
#include "rlp/decode.hpp"
#include "rlp/encode.hpp"
#include "types/rlp_fields.hpp"
#include "types/signing.hpp"

namespace scope {

namespace {

/// Calls @p function with the fields that the sender signs, in the order of their RLP; a legacy
/// transaction's chain id and a signature are not among them.
template <typename Tx, typename F>
auto with_fields(Tx& tx, F&& function) {
    switch (tx.type) {
        case TxType::legacy:
            break;
        case TxType::access_list:
            return function(tx.chain_id, tx.nonce, tx.max_fee_per_gas, tx.gas_limit, tx.to,
                            tx.value, tx.data, tx.access_list);
        case TxType::dynamic_fee:
            return function(tx.chain_id, tx.nonce, tx.max_priority_fee_per_gas, tx.max_fee_per_gas,
                            tx.gas_limit, tx.to, tx.value, tx.data, tx.access_list);
        case TxType::blob:
            return function(tx.chain_id, tx.nonce, tx.max_priority_fee_per_gas, tx.max_fee_per_gas,
                            tx.gas_limit, tx.to, tx.value, tx.data, tx.access_list,
                            tx.max_fee_per_blob_gas, tx.blob_versioned_hashes);
        case TxType::set_code:
            return function(tx.chain_id, tx.nonce, tx.max_priority_fee_per_gas, tx.max_fee_per_gas,
                            tx.gas_limit, tx.to, tx.value, tx.data, tx.access_list,
                            tx.authorization_list);
        case TxType::system:
            return function(tx.chain_id, tx.nonce, tx.gas_limit, tx.to, tx.data);
    }
    return function(tx.nonce, tx.max_fee_per_gas, tx.gas_limit, tx.to, tx.value, tx.data);
}

/// The names of what with_fields gives.
std::span<const TxField> fields_of(TxType type) {
    using enum TxField;
    static constexpr std::array LEGACY{nonce, max_fee_per_gas, gas_limit, to, value, data};
    static constexpr std::array TYPE_1{chain_id, nonce, max_fee_per_gas, gas_limit, to,
                                       value,    data,  access_list};
    static constexpr std::array TYPES_2_TO_4{
        chain_id, nonce,       max_priority_fee_per_gas, max_fee_per_gas,      gas_limit, to, value,
        data,     access_list, max_fee_per_blob_gas,     blob_versioned_hashes};
    static constexpr std::array SET_CODE{
        chain_id, nonce,       max_priority_fee_per_gas, max_fee_per_gas, gas_limit, to, value,
        data,     access_list, authorization_list};
    static constexpr std::array SYSTEM{chain_id, nonce, gas_limit, to, data};
    switch (type) {
        case TxType::legacy:
            break;
        case TxType::access_list:
            return TYPE_1;
        case TxType::dynamic_fee:
            return std::span{TYPES_2_TO_4}.first(9);
        case TxType::blob:
            return TYPES_2_TO_4;
        case TxType::set_code:
            return SET_CODE;
        case TxType::system:
            return SYSTEM;
    }
    return LEGACY;
}

/// EIP-155: 35 or 36 and twice the chain id; before it, 27 or 28.
uint256 legacy_v(const Transaction& tx) {
    const uint256 parity{tx.y_parity ? 1u : 0u};
    return tx.chain_id ? uint256{*tx.chain_id} * uint256{2u} + uint256{35u} + parity
                       : uint256{27u} + parity;
}

bool in_signature_range(const uint256& number) {
    return !number.is_zero() && number < crypto::SECP256K1_N;
}

using Status = Result<void, TxDecodeFault>;

template <typename Field>
TxDecodeError error_of(rlp::RlpError error) {
    switch (error) {
        case rlp::RlpError::trailing_bytes:
            return TxDecodeError::trailing_bytes;
        case rlp::RlpError::number_too_large:
            return std::is_same_v<Field, bool> ? TxDecodeError::bad_signature_value
                                               : TxDecodeError::field_too_large;
        case rlp::RlpError::wrong_size:
            return std::is_same_v<Field, std::optional<Address>> ? TxDecodeError::bad_address
                                                                 : TxDecodeError::bad_field_length;
        default:
            return TxDecodeError::malformed_rlp;
    }
}

template <typename Field>
Status read_field(rlp::Reader& reader, TxField name, Field& field) {
    const BytesView rest = reader.rest();
    auto value = reader.read<Field>();
    if (!value)
        return std::unexpected{
            TxDecodeFault{error_of<Field>(value.error()), name, value.error(), rest}};
    field = std::move(*value);
    return {};
}
Status read_field(rlp::Reader& reader, TxField name, std::optional<ChainId>& chain_id) {
    return read_field(reader, name, chain_id.emplace());
}

template <typename... Fields>
Status read_fields(rlp::Reader& reader, std::span<const TxField> names, Fields&... fields) {
    CHECK(names.size() == sizeof...(fields));
    Status status;
    size_t index = 0;
    const auto read = [&](auto& field) {
        status = read_field(reader, names[index++], field);
        return status.has_value();
    };
    (read(fields) && ...);
    return status;
}

Status read_legacy_v(rlp::Reader& reader, Transaction& tx) {
    const BytesView rest = reader.rest();
    uint256 v;
    TRY_VOID(read_field(reader, TxField::v, v));
    if (v == uint256{27u} || v == uint256{28u}) {
        tx.y_parity = v[0] == 28;
        return {};
    }
    const auto chain_id = ChainId::from((v - uint256{35u}) >> 1);
    if (v < uint256{35u} || !chain_id)
        return std::unexpected{
            TxDecodeFault{TxDecodeError::bad_signature_value, TxField::v, std::nullopt, rest}};
    tx.chain_id = chain_id;
    tx.y_parity = v[0] % 2 == 0;
    return {};
}

Status read_signature(rlp::Reader& reader, Transaction& tx) {
    if (tx.type == TxType::legacy)
        TRY_VOID(read_legacy_v(reader, tx));
    else
        TRY_VOID(read_field(reader, TxField::v, tx.y_parity));
    const BytesView rest = reader.rest();
    TRY_VOID(read_field(reader, TxField::r, tx.r));
    TRY_VOID(read_field(reader, TxField::s, tx.s));
    if (in_signature_range(tx.r) && in_signature_range(tx.s)) return {};
    return std::unexpected{TxDecodeFault{TxDecodeError::bad_signature_value,
                                         in_signature_range(tx.r) ? TxField::s : TxField::r,
                                         std::nullopt, rest}};
}

std::optional<TxType> type_of(uint8_t byte) {
    switch (const auto type = static_cast<TxType>(byte)) {
        case TxType::legacy:
            break;  // 0 is reserved for what has no type
        case TxType::access_list:
        case TxType::dynamic_fee:
        case TxType::blob:
        case TxType::set_code:
        case TxType::system:
            return type;
    }
    return std::nullopt;
}

constexpr uint8_t SET_CODE_MAGIC = 0x05;  // EIP-7702

Hash authorization_hash(const Authorization& authorization) {
    Bytes signed_bytes{SET_CODE_MAGIC};
    rlp::encode_list_to(signed_bytes, authorization.chain_id, authorization.address,
                        authorization.nonce);
    return crypto::keccak256(signed_bytes);
}

std::optional<Address> recover(const Hash& digest, const uint256& r, const uint256& s,
                               bool y_parity, SignatureRule rule) {
    if (rule == SignatureRule::homestead && s > crypto::SECP256K1_HALF_N) return std::nullopt;
    return crypto::recover(digest, r, s, y_parity);
}

void set_signature(Transaction& tx, const crypto::Signature& signature) {
    tx.y_parity = signature.y_parity;
    tx.r = signature.r;
    tx.s = signature.s;
}

}  // namespace

std::string_view to_string(TxDecodeError error) noexcept {
    switch (error) {
        case TxDecodeError::malformed_rlp:
            return "not the RLP list of a transaction";
        case TxDecodeError::trailing_bytes:
            return "bytes after the transaction or its last field";
        case TxDecodeError::unknown_type:
            return "unknown transaction type";
        case TxDecodeError::field_too_large:
            return "number above what its field may hold";
        case TxDecodeError::bad_address:
            return "to is neither empty nor 20 bytes";
        case TxDecodeError::bad_field_length:
            return "address, key or hash of a wrong length";
        case TxDecodeError::bad_signature_value:
            return "signature value out of range";
        case TxDecodeError::missing_to:
            return "transaction of this type without to";
    }
    return "unknown error";
}

bool has_encoding(const Transaction& tx) noexcept {
    return tx.type == TxType::legacy || tx.chain_id.has_value();
}

Bytes encode(const Transaction& tx) {
    CHECK(has_encoding(tx));
    Bytes out;
    if (tx.type != TxType::legacy) out.push_back(static_cast<uint8_t>(tx.type));
    with_fields(tx, [&](const auto&... fields) {
        switch (tx.type) {
            case TxType::legacy:
                rlp::encode_list_to(out, fields..., legacy_v(tx), tx.r, tx.s);
                break;
            case TxType::system:
                rlp::encode_list_to(out, fields...);
                break;
            default:
                rlp::encode_list_to(out, fields..., tx.y_parity, tx.r, tx.s);
                break;
        }
    });
    return out;
}

Result<Transaction, TxDecodeFault> decode_or_locate_fault(BytesView bytes) {
    Transaction tx;
    const auto fault = [&](TxDecodeError error, std::optional<rlp::RlpError> rlp = std::nullopt,
                           std::optional<TxField> field = std::nullopt) {
        return std::unexpected{TxDecodeFault{error, field, rlp, bytes}};
    };
    if (bytes.empty()) return fault(TxDecodeError::malformed_rlp, rlp::RlpError::missing_item);
    if (bytes[0] < rlp::LIST_BASE) {
        const auto type = type_of(bytes[0]);
        if (!type) return fault(TxDecodeError::unknown_type);
        tx.type = *type;
        bytes = bytes.subspan(1);
    }
    rlp::Reader reader{bytes};
    auto list = reader.list();
    if (!list) return fault(TxDecodeError::malformed_rlp, list.error());
    if (!reader.at_end())
        return fault(TxDecodeError::trailing_bytes, rlp::RlpError::trailing_bytes);

    TRY_VOID(with_fields(
        tx, [&](auto&... fields) { return read_fields(*list, fields_of(tx.type), fields...); }));
    if (tx.type != TxType::system) TRY_VOID(read_signature(*list, tx));
    bytes = list->rest();
    if (!list->at_end()) return fault(TxDecodeError::trailing_bytes, rlp::RlpError::trailing_bytes);

    if (tx.type == TxType::legacy || tx.type == TxType::access_list)
        tx.max_priority_fee_per_gas = tx.max_fee_per_gas;
    for (const Authorization& authorization : tx.authorization_list)
        if (authorization.y_parity > uint256{0xffu})
            return fault(TxDecodeError::field_too_large, std::nullopt, TxField::authorization_list);
    const bool can_create = tx.type == TxType::legacy || tx.type == TxType::access_list ||
                            tx.type == TxType::dynamic_fee;
    if (!tx.to && !can_create) return fault(TxDecodeError::missing_to, std::nullopt, TxField::to);
    return tx;
}

Result<Transaction, TxDecodeError> decode_transaction(BytesView bytes) {
    auto tx = decode_or_locate_fault(bytes);
    if (!tx) return std::unexpected{tx.error().error};
    return std::move(*tx);
}

Hash hash(const Transaction& tx) {
    return crypto::keccak256(encode(tx));
}

Bytes signing_payload(const Transaction& tx) {
    CHECK(has_encoding(tx));
    Bytes out;
    if (tx.type != TxType::legacy) out.push_back(static_cast<uint8_t>(tx.type));
    with_fields(tx, [&](const auto&... fields) {
        if (tx.type == TxType::legacy && tx.chain_id)
            rlp::encode_list_to(out, fields..., *tx.chain_id, 0u, 0u);  // EIP-155
        else
            rlp::encode_list_to(out, fields...);
    });
    return out;
}

Hash signing_hash(const Transaction& tx) {
    return crypto::keccak256(signing_payload(tx));
}

std::optional<Address> recover_sender(const Transaction& tx, SignatureRule rule) {
    CHECK(tx.type != TxType::system);
    return recover(signing_hash(tx), tx.r, tx.s, tx.y_parity, rule);
}

std::optional<Address> recover_authority(const Authorization& authorization) {
    if (authorization.y_parity > uint256{1u}) return std::nullopt;
    return recover(authorization_hash(authorization), authorization.r, authorization.s,
                   authorization.y_parity[0] == 1, SignatureRule::homestead);
}

void sign(Transaction& tx, const crypto::SecretKey& key) {
    CHECK(tx.type != TxType::system);
    set_signature(tx, crypto::sign(signing_hash(tx), key));
}

Result<void, std::string> sign(Transaction& tx, const crypto::Signer& signer) {
    CHECK(tx.type != TxType::system);
    set_signature(tx, TRY(signer.sign(signing_payload(tx))));
    return {};
}

void sign(Authorization& authorization, const crypto::SecretKey& key) {
    const crypto::Signature signature = crypto::sign(authorization_hash(authorization), key);
    authorization.y_parity = uint256{signature.y_parity ? 1u : 0u};
    authorization.r = signature.r;
    authorization.s = signature.s;
}

}  // namespace scope
