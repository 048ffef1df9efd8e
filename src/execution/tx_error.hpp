#pragma once

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace scope::execution {

/// The reason why a transaction can't stand in a block. Nothing of it was executed, nothing is
/// paid.
enum class TxError : uint8_t {
    type_1_before_berlin,             // EIP-2930
    type_2_before_london,             // EIP-1559
    type_3_before_cancun,             // EIP-4844
    type_4_before_prague,             // EIP-7702
    chain_id_before_spurious_dragon,  // EIP-155
    wrong_chain_id,                   // EIP-155 and every typed transaction
    invalid_signature,                // Yellow Paper, appendix F
    high_s,                           // EIP-2, from homestead
    nonce_too_low,                    // Yellow Paper, section 6.2
    nonce_too_high,                   // Yellow Paper, section 6.2
    nonce_is_max,                     // EIP-2681
    sender_not_eoa,                   // EIP-3607, EIP-7702
    intrinsic_gas_too_low,            // Yellow Paper, section 6.2
    below_floor_gas,                  // EIP-7623
    gas_limit_above_maximum,          // EIP-7825
    block_gas_exceeded,               // Yellow Paper, section 6.2
    insufficient_funds,               // Yellow Paper, section 6.2
    gas_cost_overflow,                // gas limit times price is above 2^256
    fee_below_base_fee,               // EIP-1559
    priority_fee_above_max_fee,       // EIP-1559
    init_code_too_large,              // EIP-3860
    no_blobs,                         // EIP-4844
    too_many_blobs,                   // EIP-4844, EIP-7594: in one transaction
    block_blob_gas_exceeded,          // EIP-4844
    invalid_versioned_hash,           // EIP-4844
    blob_fee_below_base_fee,          // EIP-4844
    blob_creates,                     // EIP-4844: no `to`
    no_authorizations,                // EIP-7702
    set_code_creates,                 // EIP-7702: no `to`
    system_not_enabled,               // docs/protocol.md, section 6, and all below
    system_wrong_target,
    system_pays_or_sends,  // a value, price, list or signature
    system_failed,         // it ran and did not succeed; undone
    aborted,               // the abort precompile was called (section 7); undone
    root_without_load,     // section 12: a root that no loadRoot stands directly before
    load_without_root,     // section 12: something else directly behind a loadRoot
    block_logs_exceeded,   // section 12: the block's logs are too long with its own; undone
    block_size_exceeded,   // EIP-7934; while building only
};
inline constexpr size_t TX_ERROR_COUNT = 38;

/// Several rules; the bit of each is the enumerator's number.
using TxErrors = std::bitset<TX_ERROR_COUNT>;

/// Returns the enumerator's name.
constexpr std::string_view to_string(TxError error) noexcept {
    constexpr std::array NAMES{
        "type_1_before_berlin",
        "type_2_before_london",
        "type_3_before_cancun",
        "type_4_before_prague",
        "chain_id_before_spurious_dragon",
        "wrong_chain_id",
        "invalid_signature",
        "high_s",
        "nonce_too_low",
        "nonce_too_high",
        "nonce_is_max",
        "sender_not_eoa",
        "intrinsic_gas_too_low",
        "below_floor_gas",
        "gas_limit_above_maximum",
        "block_gas_exceeded",
        "insufficient_funds",
        "gas_cost_overflow",
        "fee_below_base_fee",
        "priority_fee_above_max_fee",
        "init_code_too_large",
        "no_blobs",
        "too_many_blobs",
        "block_blob_gas_exceeded",
        "invalid_versioned_hash",
        "blob_fee_below_base_fee",
        "blob_creates",
        "no_authorizations",
        "set_code_creates",
        "system_not_enabled",
        "system_wrong_target",
        "system_pays_or_sends",
        "system_failed",
        "aborted",
        "root_without_load",
        "load_without_root",
        "block_logs_exceeded",
        "block_size_exceeded",
    };
    static_assert(NAMES.size() == TX_ERROR_COUNT);
    static_assert(static_cast<size_t>(TxError::block_size_exceeded) + 1 == TX_ERROR_COUNT);
    return NAMES[static_cast<size_t>(error)];
}

}  // namespace scope::execution
