#pragma once

#include <array>
#include <bitset>
#include <optional>
#include <string>
#include <string_view>

#include "execution/tx_error.hpp"
#include "types/block.hpp"

namespace scope::chain {

/// The reason why a block is refused; nothing is kept of it. Header rules are those of the Yellow
/// Paper, section 4.3.4, where no other source stands.
enum class BlockError : uint8_t {
    malformed,      // the bytes are no block (types/block.hpp)
    already_known,  // imported before
    unknown_parent,
    parent_state_not_kept,  // it is too far behind the head (store::PruneDepth)
    wrong_number,
    timestamp_not_after_parent,
    extra_data_too_long,
    gas_limit_too_big,        // above 2^63 - 1
    gas_limit_out_of_bounds,  // also EIP-1559 at its first block
    gas_used_above_limit,
    wrong_base_fee,    // EIP-1559; present before London or absent after
    wrong_difficulty,  // EIP-3675: zero from Paris
    wrong_pow_nonce,   // EIP-3675: zero from Paris
    wrong_ommers,      // EIP-3675: none from Paris; before: count, kinship, headers
    wrong_ommers_hash,
    wrong_transactions_root,
    missing_withdrawals,       // EIP-4895: absent from Shanghai or present before
    wrong_withdrawals_root,    // EIP-4895
    wrong_blob_fields,         // EIP-4844: absent from Cancun or present before
    wrong_excess_blob_gas,     // EIP-4844
    wrong_blob_gas_used,       // EIP-4844
    blob_gas_above_limit,      // EIP-4844
    wrong_parent_beacon_root,  // EIP-4788: absent from Cancun or present before
    wrong_requests_hash,       // EIP-7685
    too_large,                 // EIP-7934
    invalid_transaction,       // with its TxError
    system_contract_missing,   // EIP-7002, EIP-7251
    system_contract_failed,    // EIP-7002, EIP-7251
    bad_deposit_event,         // EIP-6110
    wrong_gas_used,
    wrong_receipts_root,
    wrong_logs_bloom,
    wrong_state_root,
};
inline constexpr size_t BLOCK_ERROR_COUNT = 33;
/// Returns the enumerator's name.
constexpr std::string_view to_string(BlockError error) noexcept {
    constexpr std::array NAMES{
        "malformed",
        "already_known",
        "unknown_parent",
        "parent_state_not_kept",
        "wrong_number",
        "timestamp_not_after_parent",
        "extra_data_too_long",
        "gas_limit_too_big",
        "gas_limit_out_of_bounds",
        "gas_used_above_limit",
        "wrong_base_fee",
        "wrong_difficulty",
        "wrong_pow_nonce",
        "wrong_ommers",
        "wrong_ommers_hash",
        "wrong_transactions_root",
        "missing_withdrawals",
        "wrong_withdrawals_root",
        "wrong_blob_fields",
        "wrong_excess_blob_gas",
        "wrong_blob_gas_used",
        "blob_gas_above_limit",
        "wrong_parent_beacon_root",
        "wrong_requests_hash",
        "too_large",
        "invalid_transaction",
        "system_contract_missing",
        "system_contract_failed",
        "bad_deposit_event",
        "wrong_gas_used",
        "wrong_receipts_root",
        "wrong_logs_bloom",
        "wrong_state_root",
    };
    static_assert(NAMES.size() == BLOCK_ERROR_COUNT);
    static_assert(static_cast<size_t>(BlockError::wrong_state_root) + 1 == BLOCK_ERROR_COUNT);
    return NAMES[static_cast<size_t>(error)];
}

/// All rules that a block breaks, as far as one can tell in spite of the others: the bit of each is
/// the enumerator's number. Of its transactions, those of the first that can't stand in it.
struct BrokenRules {
    std::bitset<BLOCK_ERROR_COUNT> block;
    execution::TxErrors transaction;
};

struct BlockRefusal {
    BlockError error{};
    size_t transaction_index = 0;                         ///< invalid_transaction only
    std::optional<execution::TxError> transaction_error;  ///< invalid_transaction only

    friend bool operator==(const BlockRefusal&, const BlockRefusal&) = default;
};
/// Returns it human-readable: "invalid_transaction 3: nonce_too_low".
inline std::string to_string(const BlockRefusal& refusal) {
    std::string text{to_string(refusal.error)};
    if (refusal.transaction_error)
        text += " " + std::to_string(refusal.transaction_index) + ": " +
                std::string{execution::to_string(*refusal.transaction_error)};
    return text;
}

}  // namespace scope::chain
