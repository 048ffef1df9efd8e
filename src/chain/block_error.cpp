#include "chain/block_error.hpp"

#include <fmt/format.h>

#include <array>

namespace scope::chain {

namespace {
constexpr std::array NAMES{
    "malformed",
    "already_known",
    "unknown_parent",
    "wrong_number",
    "timestamp_not_after_parent",
    "extra_data_too_long",
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
}  // namespace

std::string_view to_string(BlockError error) noexcept {
    return NAMES[static_cast<size_t>(error)];
}

std::string to_string(const BlockRefusal& refusal) {
    std::string text{to_string(refusal.error)};
    if (refusal.transaction_error)
        text += fmt::format(" {}: {}", refusal.transaction_index,
                            execution::to_string(*refusal.transaction_error));
    return text;
}

}  // namespace scope::chain
