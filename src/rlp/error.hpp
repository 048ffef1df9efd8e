#pragma once

#include <cstdint>
#include <string_view>

#include "base/check.hpp"

namespace scope::rlp {

/// The reason why bytes are not the RLP that the reader asked for. Spec: Yellow Paper, appendix B.
enum class RlpError : uint8_t {
    truncated,         ///< an item says it is longer than the bytes that are left
    missing_item,      ///< the list, or the input, ends where an item must be
    trailing_bytes,    ///< bytes or items after the last one that belongs there
    long_form_byte,    ///< 0x81 before a byte below 0x80, which stands for itself
    long_form_size,    ///< a size below 56 that is not in the first byte
    size_zero_byte,    ///< a size that starts with a zero byte
    too_large,         ///< a size above MAX_PAYLOAD_SIZE
    too_deep,          ///< lists nested deeper than MAX_DEPTH
    expected_string,   ///< a list where a string must be
    expected_list,     ///< a string where a list must be
    leading_zero,      ///< a number that starts with a zero byte
    number_too_large,  ///< a number that the type can't hold
    wrong_size,        ///< a string of another size than the field has
};
/// Returns the error in human-readable words.
constexpr std::string_view to_string(RlpError error) noexcept {
    switch (error) {
        case RlpError::truncated:
            return "item longer than the input";
        case RlpError::missing_item:
            return "missing item";
        case RlpError::trailing_bytes:
            return "trailing bytes";
        case RlpError::long_form_byte:
            return "single byte with a header";
        case RlpError::long_form_size:
            return "size below 56 in long form";
        case RlpError::size_zero_byte:
            return "size with a leading zero byte";
        case RlpError::too_large:
            return "item too large";
        case RlpError::too_deep:
            return "lists nested too deep";
        case RlpError::expected_string:
            return "list instead of a string";
        case RlpError::expected_list:
            return "string instead of a list";
        case RlpError::leading_zero:
            return "number with a leading zero byte";
        case RlpError::number_too_large:
            return "number too large";
        case RlpError::wrong_size:
            return "string of a wrong size";
    }
    return "unknown error";
}

template <typename T>
using RlpResult = Result<T, RlpError>;

}  // namespace scope::rlp
