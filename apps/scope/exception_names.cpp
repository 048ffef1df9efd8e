#include "exception_names.hpp"

#include <array>

namespace scope::app::fixture {

using execution::TxError;

namespace {

struct Row {
    TxError error;
    std::string_view name;
};

/// In the order of the enum, names without "TransactionException.".
constexpr std::array TABLE{
    Row{TxError::type_1_before_berlin, "TYPE_1_TX_PRE_FORK"},
    Row{TxError::type_2_before_london, "TYPE_2_TX_PRE_FORK"},
    Row{TxError::type_3_before_cancun, "TYPE_3_TX_PRE_FORK"},
    Row{TxError::type_4_before_prague, "TYPE_4_TX_PRE_FORK"},
    Row{TxError::chain_id_before_spurious_dragon, "INVALID_SIGNATURE_VRS"},
    Row{TxError::wrong_chain_id, "INVALID_CHAINID"},
    Row{TxError::invalid_signature, "INVALID_SIGNATURE_VRS"},
    Row{TxError::high_s, "INVALID_SIGNATURE_VRS"},
    Row{TxError::nonce_too_low, "NONCE_MISMATCH_TOO_LOW"},
    Row{TxError::nonce_too_high, "NONCE_MISMATCH_TOO_HIGH"},
    Row{TxError::nonce_is_max, "NONCE_IS_MAX"},
    Row{TxError::sender_not_eoa, "SENDER_NOT_EOA"},
    Row{TxError::intrinsic_gas_too_low, "INTRINSIC_GAS_TOO_LOW"},
    Row{TxError::below_floor_gas, "INTRINSIC_GAS_BELOW_FLOOR_GAS_COST"},
    Row{TxError::gas_limit_above_maximum, "GAS_LIMIT_EXCEEDS_MAXIMUM"},
    Row{TxError::block_gas_exceeded, "GAS_ALLOWANCE_EXCEEDED"},
    Row{TxError::insufficient_funds, "INSUFFICIENT_ACCOUNT_FUNDS"},
    Row{TxError::gas_cost_overflow, "GASLIMIT_PRICE_PRODUCT_OVERFLOW"},
    Row{TxError::fee_below_base_fee, "INSUFFICIENT_MAX_FEE_PER_GAS"},
    Row{TxError::priority_fee_above_max_fee, "PRIORITY_GREATER_THAN_MAX_FEE_PER_GAS"},
    Row{TxError::init_code_too_large, "INITCODE_SIZE_EXCEEDED"},
    Row{TxError::no_blobs, "TYPE_3_TX_ZERO_BLOBS"},
    Row{TxError::too_many_blobs, "TYPE_3_TX_BLOB_COUNT_EXCEEDED"},
    Row{TxError::block_blob_gas_exceeded, "TYPE_3_TX_MAX_BLOB_GAS_ALLOWANCE_EXCEEDED"},
    Row{TxError::invalid_versioned_hash, "TYPE_3_TX_INVALID_BLOB_VERSIONED_HASH"},
    Row{TxError::blob_fee_below_base_fee, "INSUFFICIENT_MAX_FEE_PER_BLOB_GAS"},
    Row{TxError::blob_creates, "TYPE_3_TX_CONTRACT_CREATION"},
    Row{TxError::no_authorizations, "TYPE_4_EMPTY_AUTHORIZATION_LIST"},
    Row{TxError::set_code_creates, "TYPE_4_TX_CONTRACT_CREATION"},
    Row{TxError::system_not_enabled, ""},
    Row{TxError::system_wrong_target, ""},
    Row{TxError::system_pays_or_sends, ""},
    Row{TxError::system_failed, ""},
    Row{TxError::block_size_exceeded, ""},
};
static_assert(TABLE.size() == execution::TX_ERROR_COUNT);
static_assert([] {
    for (size_t i = 0; i < TABLE.size(); ++i)
        if (static_cast<size_t>(TABLE[i].error) != i) return false;
    return true;
}());

}  // namespace

std::string_view official_name(TxError error) {
    return TABLE[static_cast<size_t>(error)].name;
}

bool is_expected(std::string_view expected, TxError error) {
    constexpr std::string_view PREFIX = "TransactionException.";
    while (!expected.empty()) {
        const size_t end = expected.find('|');
        std::string_view name = expected.substr(0, end);
        if (name.starts_with(PREFIX)) name.remove_prefix(PREFIX.size());
        if (!name.empty() && name == official_name(error)) return true;
        expected = end == std::string_view::npos ? "" : expected.substr(end + 1);
    }
    return false;
}

}  // namespace scope::app::fixture
