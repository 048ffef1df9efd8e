#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/chain_id.hpp"
#include "base/uint256.hpp"
#include "rlp/error.hpp"

namespace scope {

/// EIP-2718 types. 0x7d is Scope's system transaction (docs/protocol.md, section 6).
enum class TxType : uint8_t {
    legacy = 0,
    access_list = 1,  // EIP-2930
    dynamic_fee = 2,  // EIP-1559
    blob = 3,         // EIP-4844
    set_code = 4,     // EIP-7702
    system = 0x7d,
};

struct AccessListEntry {
    Address address;
    std::vector<Hash> storage_keys;
    friend bool operator==(const AccessListEntry&, const AccessListEntry&) = default;
};
using AccessList = std::vector<AccessListEntry>;

/// An authorization of EIP-7702, with the fields as signed; execution decides whether they are
/// valid.
struct Authorization {
    uint256 chain_id;
    Address address;
    uint64_t nonce = 0;
    uint256 y_parity;
    uint256 r;
    uint256 s;
    friend bool operator==(const Authorization&, const Authorization&) = default;
};

/// A transaction of any type; fields that a type lacks are empty or zero.
struct Transaction {
    TxType type = TxType::legacy;
    std::optional<ChainId> chain_id;  ///< nullopt only in a legacy transaction before EIP-155
    uint64_t nonce = 0;
    uint256 max_priority_fee_per_gas;  ///< wei; gas_price in types 0 and 1
    uint256 max_fee_per_gas;           ///< wei; gas_price in types 0 and 1
    uint64_t gas_limit = 0;
    std::optional<Address> to;  ///< nullopt: creates a contract
    uint256 value;              ///< wei
    Bytes data;
    AccessList access_list;
    uint256 max_fee_per_blob_gas;  ///< wei
    std::vector<Hash> blob_versioned_hashes;
    std::vector<Authorization> authorization_list;
    bool y_parity = false;
    uint256 r;
    uint256 s;

    friend bool operator==(const Transaction&, const Transaction&) = default;
};

/// The reason why bytes are no transaction.
enum class TxDecodeError : uint8_t {
    malformed_rlp,        ///< not the RLP list that the type has
    trailing_bytes,       ///< bytes after the transaction, or items after its last field
    unknown_type,         ///< EIP-2718: no such type
    field_too_large,      ///< a number above what the field may hold
    bad_address,          ///< to is neither empty nor 20 bytes
    bad_field_length,     ///< an address, key or hash in a list has another length than its type
    bad_signature_value,  ///< v, y_parity, r or s out of range
    missing_to,           ///< types 3 and 4 can't create
};
std::string_view to_string(TxDecodeError error) noexcept;

/// A field of a transaction's RLP list.
enum class TxField : uint8_t {
    chain_id,
    nonce,
    max_priority_fee_per_gas,
    max_fee_per_gas,  ///< gas_price in types 0 and 1
    gas_limit,
    to,
    value,
    data,
    access_list,
    max_fee_per_blob_gas,
    blob_versioned_hashes,
    authorization_list,
    v,  ///< y_parity in all types but 0
    r,
    s,
};

/// The reason why bytes are no transaction, and where that was found.
struct TxDecodeFault {
    TxDecodeError error = TxDecodeError::malformed_rlp;
    std::optional<TxField> field;      ///< nullopt: the envelope, or its list as a whole
    std::optional<rlp::RlpError> rlp;  ///< nullopt: the encoding is right, the value is not
    BytesView rest;  ///< the input from the item on whose encoding is wrong; borrowed
};

/// Returns whether it has all fields of its type.
bool has_encoding(const Transaction& tx) noexcept;
/// Encodes the EIP-2718 envelope, as in a block's transaction trie and on the wire (without a blob
/// sidecar).
Bytes encode(const Transaction& tx);
/// Decodes an envelope; accepts only what encode gives.
Result<Transaction, TxDecodeError> decode_transaction(BytesView bytes);
/// Decodes as decode_transaction does, but an error names the field and what is wrong with it.
Result<Transaction, TxDecodeFault> decode_or_locate_fault(BytesView bytes);
/// Returns keccak256 of the envelope.
Hash hash(const Transaction& tx);
/// Returns the hash that the sender signs.
Hash signing_hash(const Transaction& tx);
/// The range of s: from Homestead on, the lower half of the group's order (EIP-2).
enum class SignatureRule : uint8_t { frontier, homestead };
/// Returns the signer; nullopt if the signature is invalid. REQUIRES: not a system transaction.
std::optional<Address> recover_sender(const Transaction& tx,
                                      SignatureRule rule = SignatureRule::homestead);
/// Returns the account that authorized; nullopt if the signature is invalid (EIP-7702).
std::optional<Address> recover_authority(const Authorization& authorization);

}  // namespace scope
