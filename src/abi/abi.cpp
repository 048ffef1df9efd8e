#include "abi/abi.hpp"

#include "crypto/keccak.hpp"

namespace scope::abi {

std::string_view to_string(AbiError error) noexcept {
    switch (error) {
        case AbiError::truncated:
            return "input ends inside a value";
        case AbiError::trailing_bytes:
            return "trailing bytes";
        case AbiError::bad_offset:
            return "offset is not where the value before it ends";
        case AbiError::length_too_large:
            return "length above what the input holds";
        case AbiError::dirty_padding:
            return "padding is not zero";
        case AbiError::bad_bool:
            return "bool is neither 0 nor 1";
        case AbiError::wrong_selector:
            return "calldata of another function";
    }
    return "unknown error";
}

Selector selector(std::string_view signature) noexcept {
    return Selector::from(BytesView{topic(signature)}.first(Selector::size()));
}

Hash topic(std::string_view signature) noexcept {
    return crypto::keccak256(as_bytes(signature));
}

}  // namespace scope::abi
