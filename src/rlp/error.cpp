#include "rlp/error.hpp"

namespace scope::rlp {

std::string_view to_string(RlpError error) noexcept {
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

}  // namespace scope::rlp
