#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/bytes.hpp"

namespace scope::terminal {

/// Encodes a call as it is typed: `transfer(address,uint256)`, and an argument for each type.
///
/// The types are address, bool, uintN, intN, bytesN, bytes and string; numbers are decimal or hex,
/// bytes hex. A signature may have spaces, names of parameters and, behind it, what is returned; uint
/// and int have 256 bits. One that begins with 0x is the calldata itself, and an empty one none.
/// @return  The calldata, or the reason why there is none, which names the argument and its type.
Result<Bytes, std::string> encode_call(std::string_view signature,
                                       std::span<const std::string> arguments);

}  // namespace scope::terminal
