#pragma once

#include <cstdint>
#include <string_view>

#include "base/check.hpp"

namespace scope::abi {

/// The reason why bytes are not the ABI encoding of the types that were asked for.
enum class AbiError : uint8_t {
    truncated,         ///< the input ends inside a value
    trailing_bytes,    ///< bytes after the last value
    bad_offset,        ///< an offset that is not where the value before it ends
    length_too_large,  ///< a length that the input can't hold
    dirty_padding,     ///< padding that is not zero, or not the sign of a signed number
    bad_bool,          ///< neither 0 nor 1
    wrong_selector,    ///< calldata of another function
};
std::string_view to_string(AbiError error) noexcept;

template <typename T>
using AbiResult = Result<T, AbiError>;

}  // namespace scope::abi
