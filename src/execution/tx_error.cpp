#include "execution/tx_error.hpp"

#include <array>

namespace scope::execution {

namespace {
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
    "block_size_exceeded",
};
static_assert(NAMES.size() == TX_ERROR_COUNT);
static_assert(static_cast<size_t>(TxError::block_size_exceeded) + 1 == TX_ERROR_COUNT);
}  // namespace

std::string_view to_string(TxError error) noexcept {
    return NAMES[static_cast<size_t>(error)];
}

}  // namespace scope::execution
