#include "interchange/exception_names.hpp"

#include <fmt/format.h>

#include <array>

namespace scope::interchange {

using chain::BlockError;
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
    Row{TxError::aborted, ""},
    Row{TxError::root_without_load, ""},
    Row{TxError::load_without_root, ""},
    Row{TxError::block_logs_exceeded, ""},
    Row{TxError::block_size_exceeded, ""},
};
static_assert(TABLE.size() == execution::TX_ERROR_COUNT);
static_assert([] {
    for (size_t i = 0; i < TABLE.size(); ++i)
        if (static_cast<size_t>(TABLE[i].error) != i) return false;
    return true;
}());

/// The official tests' names of a rule of blocks, "A|B" if they know several; in the order of the
/// enum, without "BlockException.".
struct BlockRow {
    BlockError error;
    std::string_view names;
};
constexpr std::array BLOCK_TABLE{
    BlockRow{BlockError::malformed,
             "RLP_STRUCTURES_ENCODING|INCORRECT_BLOCK_FORMAT|RLP_INVALID_FIELD_OVERFLOW_64"},
    BlockRow{BlockError::already_known, ""},
    BlockRow{BlockError::unknown_parent, "UNKNOWN_PARENT|UNKNOWN_PARENT_ZERO"},
    BlockRow{BlockError::parent_state_not_kept, ""},
    BlockRow{BlockError::wrong_number, "INVALID_BLOCK_NUMBER"},
    BlockRow{BlockError::timestamp_not_after_parent, "INVALID_BLOCK_TIMESTAMP_OLDER_THAN_PARENT"},
    BlockRow{BlockError::extra_data_too_long, "EXTRA_DATA_TOO_BIG"},
    BlockRow{BlockError::gas_limit_too_big, "GASLIMIT_TOO_BIG"},
    BlockRow{BlockError::gas_limit_out_of_bounds, "INVALID_GASLIMIT"},
    BlockRow{BlockError::gas_used_above_limit, "GAS_USED_OVERFLOW"},
    BlockRow{BlockError::wrong_base_fee, "INVALID_BASEFEE_PER_GAS"},
    BlockRow{BlockError::wrong_difficulty, "IMPORT_IMPOSSIBLE_DIFFICULTY_OVER_PARIS"},
    BlockRow{BlockError::wrong_pow_nonce, ""},
    BlockRow{BlockError::wrong_ommers, "IMPORT_IMPOSSIBLE_UNCLES_OVER_PARIS"},
    BlockRow{BlockError::wrong_ommers_hash, "INVALID_UNCLES_HASH"},
    BlockRow{BlockError::wrong_transactions_root, "INVALID_TRANSACTIONS_ROOT"},
    BlockRow{BlockError::missing_withdrawals, "INCORRECT_BLOCK_FORMAT|RLP_WITHDRAWALS_NOT_READ"},
    BlockRow{BlockError::wrong_withdrawals_root, "INVALID_WITHDRAWALS_ROOT"},
    BlockRow{BlockError::wrong_blob_fields, "INCORRECT_BLOCK_FORMAT"},
    BlockRow{BlockError::wrong_excess_blob_gas, "INCORRECT_EXCESS_BLOB_GAS"},
    BlockRow{BlockError::wrong_blob_gas_used, "INCORRECT_BLOB_GAS_USED"},
    BlockRow{BlockError::blob_gas_above_limit, "BLOB_GAS_USED_ABOVE_LIMIT"},
    BlockRow{BlockError::wrong_parent_beacon_root, "INCORRECT_BLOCK_FORMAT"},
    BlockRow{BlockError::wrong_requests_hash, "INVALID_REQUESTS|INCORRECT_BLOCK_FORMAT"},
    BlockRow{BlockError::too_large, "RLP_BLOCK_LIMIT_EXCEEDED"},
    BlockRow{BlockError::invalid_transaction, ""},
    BlockRow{BlockError::system_contract_missing, "SYSTEM_CONTRACT_EMPTY"},
    BlockRow{BlockError::system_contract_failed, "SYSTEM_CONTRACT_CALL_FAILED"},
    BlockRow{BlockError::bad_deposit_event, "INVALID_DEPOSIT_EVENT_LAYOUT"},
    BlockRow{BlockError::wrong_gas_used, "INVALID_GAS_USED"},
    BlockRow{BlockError::wrong_receipts_root, "INVALID_RECEIPTS_ROOT"},
    BlockRow{BlockError::wrong_logs_bloom, "INVALID_LOG_BLOOM"},
    BlockRow{BlockError::wrong_state_root, "INVALID_STATE_ROOT"},
};
static_assert(BLOCK_TABLE.size() == chain::BLOCK_ERROR_COUNT);
static_assert([] {
    for (size_t i = 0; i < BLOCK_TABLE.size(); ++i)
        if (static_cast<size_t>(BLOCK_TABLE[i].error) != i) return false;
    return true;
}());

/// Calls visit(name) for each of "A|B" until it returns true; whether it did.
template <typename Visit>
bool any_of_names(std::string_view names, Visit visit) {
    while (!names.empty()) {
        const size_t end = names.find('|');
        if (visit(names.substr(0, end))) return true;
        names = end == std::string_view::npos ? "" : names.substr(end + 1);
    }
    return false;
}

bool is_named(std::string_view expected, std::string_view prefix, std::string_view found) {
    return !found.empty() && any_of_names(expected, [&](std::string_view name) {
        if (name.starts_with(prefix)) name.remove_prefix(prefix.size());
        return name == found;
    });
}

}  // namespace

std::string_view official_name(TxError error) {
    return TABLE[static_cast<size_t>(error)].name;
}

std::string_view official_names(BlockError error) {
    return BLOCK_TABLE[static_cast<size_t>(error)].names;
}

bool has_name(std::string_view expected, std::string_view name) {
    return is_named(expected, "TransactionException.", name);
}

std::string describe(TxError error) {
    const std::string_view name = official_name(error);
    std::string text{execution::to_string(error)};
    if (!name.empty()) text += fmt::format(" (TransactionException.{})", name);
    if (error == TxError::block_blob_gas_exceeded)
        text +=
            fmt::format(" (BlockException.{})", official_names(BlockError::blob_gas_above_limit));
    return text;
}

bool is_expected(std::string_view expected, TxError error) {
    // More blobs than a block may have: of one transaction or of all, the block breaks its rule.
    if (error == TxError::block_blob_gas_exceeded &&
        is_named(expected, "BlockException.", official_names(BlockError::blob_gas_above_limit)))
        return true;
    return has_name(expected, official_name(error));
}

bool is_expected(std::string_view expected, const chain::BlockRefusal& refusal) {
    if (refusal.transaction_error) return is_expected(expected, *refusal.transaction_error);
    if (refusal.error == BlockError::blob_gas_above_limit &&
        has_name(expected, official_name(TxError::block_blob_gas_exceeded)))
        return true;
    return any_of_names(official_names(refusal.error), [&](std::string_view name) {
        return is_named(expected, "BlockException.", name);
    });
}

bool is_expected(std::string_view expected, const execution::TxErrors& broken) {
    for (size_t i = 0; i < broken.size(); ++i)
        if (broken[i] && is_expected(expected, static_cast<TxError>(i))) return true;
    return false;
}

bool is_expected(std::string_view expected, const chain::BrokenRules& broken) {
    for (size_t i = 0; i < broken.block.size(); ++i)
        if (broken.block[i] &&
            is_expected(expected, chain::BlockRefusal{.error = static_cast<BlockError>(i)}))
            return true;
    return is_expected(expected, broken.transaction);
}

}  // namespace scope::interchange
