#include "decode_fault_names.hpp"

#include <algorithm>
#include <array>

#include "rlp/decode.hpp"
#include "rlp/encode.hpp"

namespace scope::app::fixture {

using rlp::RlpError;

namespace {

/// A field in the tests' names: RLP_LEADING_ZEROS_x, x_OVERFLOW, RLP_INVALID_x.
struct Row {
    TxField field;
    std::string_view leading_zeros;
    std::string_view overflow;
    std::string_view invalid;
};
constexpr std::array TABLE{
    Row{TxField::chain_id, "", "", ""},
    Row{TxField::nonce, "NONCE", "NONCE", "NONCE"},
    Row{TxField::max_priority_fee_per_gas, "PRIORITY_FEE", "PRIORITY", ""},
    Row{TxField::max_fee_per_gas, "BASEFEE", "GASPRICE", "GASPRICE"},
    Row{TxField::gas_limit, "GASLIMIT", "GASLIMIT", "GASLIMIT"},
    Row{TxField::to, "", "", "TO"},
    Row{TxField::value, "VALUE", "VALUE", "VALUE"},
    Row{TxField::data, "DATA", "", "DATA"},
    Row{TxField::access_list, "", "", ""},
    Row{TxField::max_fee_per_blob_gas, "", "", ""},
    Row{TxField::blob_versioned_hashes, "", "", ""},
    Row{TxField::authorization_list, "", "", ""},
    Row{TxField::v, "V", "", "SIGNATURE_V"},
    Row{TxField::r, "R", "", "SIGNATURE_R"},
    Row{TxField::s, "S", "", "SIGNATURE_S"},
};
static_assert([] {
    for (size_t i = 0; i < TABLE.size(); ++i)
        if (static_cast<size_t>(TABLE[i].field) != i) return false;
    return TABLE.size() == static_cast<size_t>(TxField::s) + 1;
}());

std::string join(std::string_view before, std::string_view name, std::string_view after = "") {
    if (name.empty()) return {};
    return std::string{before}.append(name).append(after);
}

/// Whether bytes that begin like this are a transaction of a type that a fork has (EIP-2718).
bool has_type(evm::Revision revision, BytesView bytes) {
    if (bytes.empty() || bytes[0] >= rlp::LIST_BASE) return true;
    return (bytes[0] == 1 && revision >= evm::Revision::berlin) ||
           (bytes[0] == 2 && revision >= evm::Revision::london) ||
           (bytes[0] == 3 && revision >= evm::Revision::cancun) ||
           (bytes[0] == 4 && revision >= evm::Revision::prague);
}

size_t size_of_next(BytesView rest) {
    const auto item = rlp::Reader{rest}.item();
    return item ? item->payload.size() : 0;
}

/// Whether a legacy transaction has fewer fields than it needs: then a field stands in another's
/// place, and what is found there is not what is wrong.
bool has_too_few_fields(BytesView bytes) {
    auto fields = rlp::Reader{bytes}.list();
    if (!fields) return false;
    size_t count = 0;
    while (fields->item()) ++count;
    return fields->at_end() && count < 9;
}

/// Bytes that begin as a string does are neither a list nor, EIP-2718, of any type. Some tests say
/// the one, some the other.
std::string name_of_string(BytesView bytes) {
    const auto item = rlp::Reader{bytes}.item();
    if (!item && item.error() == RlpError::truncated) return "RLP_ERROR_EOF";
    return "TYPE_NOT_SUPPORTED|RLP_INVALID_HEADER";
}

/// Of the bytes as a whole, or of the list in them.
std::string name_of_envelope(const TxDecodeFault& fault, BytesView bytes) {
    if (fault.error == TxDecodeError::trailing_bytes) {
        const bool behind_list = fault.rest.size() + 1 >= bytes.size();  // 1: the type
        return behind_list ? "RLP_ERROR_SIZE" : "RLP_TOO_MANY_ELEMENTS";
    }
    switch (fault.rlp.value_or(RlpError::expected_list)) {
        case RlpError::truncated:
        case RlpError::too_large:
            return "RLP_ERROR_SIZE";
        case RlpError::size_zero_byte:
            return "RLP_ERROR_SIZE_LEADING_ZEROS";
        case RlpError::missing_item:
            return "RLP_ERROR_EOF";
        default:
            return "RLP_INVALID_HEADER";
    }
}

/// Which of an access list's strings has a wrong size.
std::string name_of_access_list(BytesView rest) {
    const auto name = [](const char* what, size_t size, size_t wanted) {
        return join("RLP_INVALID_ACCESS_LIST_", what, size > wanted ? "_TOO_LONG" : "_TOO_SHORT");
    };
    auto entries = rlp::Reader{rest}.list();
    while (entries && !entries->at_end()) {
        auto entry = entries->list();
        if (!entry) return {};
        const auto address = entry->string();
        if (!address) return {};
        if (address->size() != 20) return name("ADDRESS", address->size(), 20);
        auto keys = entry->list();
        while (keys && !keys->at_end()) {
            const auto key = keys->string();
            if (!key) return {};
            if (key->size() != 32) return name("STORAGE", key->size(), 32);
        }
    }
    return {};
}

std::string name_of_encoding(const Row& row, RlpError error, BytesView rest, bool has_price) {
    switch (error) {
        case RlpError::leading_zero:
            // A gas limit of more than eight bytes is too large, too.
            if (row.field == TxField::gas_limit && size_of_next(rest) > 8)
                return "GASLIMIT_OVERFLOW";
            if (row.field == TxField::max_fee_per_gas && has_price)
                return "RLP_LEADING_ZEROS_GASPRICE";
            return join("RLP_LEADING_ZEROS_", row.leading_zeros);
        case RlpError::long_form_byte:
        case RlpError::long_form_size:
        case RlpError::size_zero_byte:
            return join("RLP_LEADING_ZEROS_", row.leading_zeros, "_SIZE");
        case RlpError::number_too_large:
            if (row.field >= TxField::v) return "INVALID_SIGNATURE_VRS";
            return join("", row.overflow, "_OVERFLOW");
        case RlpError::expected_string:
            return join("RLP_INVALID_", row.invalid);
        case RlpError::missing_item:
            return "RLP_TOO_FEW_ELEMENTS";
        case RlpError::wrong_size:
            if (row.field == TxField::access_list) return name_of_access_list(rest);
            return size_of_next(rest) > 20 ? "ADDRESS_TOO_LONG" : "ADDRESS_TOO_SHORT";
        default:
            return {};
    }
}

/// EIP-155: every v but 27 and 28 names a chain, and one that is out of range none that there is;
/// but 0 and 1 don't.
std::string name_of_bad_v(BytesView rest, evm::Revision revision) {
    const auto v = rlp::Reader{rest}.u256();
    const bool names_chain = revision >= evm::Revision::spurious_dragon && v && *v > uint256{1u};
    return names_chain ? "INVALID_CHAINID" : "INVALID_SIGNATURE_VRS";
}

}  // namespace

std::string official_name(const TxDecodeFault& fault, BytesView bytes, evm::Revision revision) {
    if (fault.error == TxDecodeError::unknown_type && bytes[0] >= 0x80)
        return name_of_string(bytes);
    // These tests look at the encoding of types 1 and 2 before they look whether the fork has them,
    // and at what numbers may be after it.
    const bool is_encoding = fault.rlp && *fault.rlp != RlpError::number_too_large;
    if (!has_type(revision, bytes) && !(is_encoding && bytes[0] <= 2)) return "TYPE_NOT_SUPPORTED";
    if (!fault.field) return name_of_envelope(fault, bytes);
    if (has_too_few_fields(bytes)) return "RLP_TOO_FEW_ELEMENTS";

    const Row& row = TABLE[static_cast<size_t>(*fault.field)];
    if (fault.rlp)
        return name_of_encoding(row, *fault.rlp, fault.rest,
                                bytes[0] >= rlp::LIST_BASE || bytes[0] == 1);
    switch (fault.error) {
        case TxDecodeError::field_too_large:
            return row.field == TxField::nonce ? "NONCE_TOO_BIG" : "";
        case TxDecodeError::bad_signature_value:
            return row.field == TxField::v ? name_of_bad_v(fault.rest, revision)
                                           : "INVALID_SIGNATURE_VRS";
        default:
            return {};
    }
}

}  // namespace scope::app::fixture
