#pragma once

#include "rpc/params.hpp"

namespace scope::rpc {

/// Returns the hash that the signer of typed data signs (EIP-712), as eth_signTypedData_v4 has it:
/// keccak256(0x1901 ‖ hash of the domain ‖ hash of the message).
///
/// Arrays and nested structs count as MetaMask's V4 has them: an element that is an array is hashed
/// for itself, a struct that is null is 32 zero bytes. Where `types` has no EIP712Domain, it is made
/// of the members that `domain` has. Throws BadValue that names the member.
///
/// @param typed_data  {types, primaryType, domain, message}
Hash typed_data_hash(Json typed_data);

/// Returns the hash that the signer of a text signs (EIP-191, version 0x45).
Hash personal_message_hash(BytesView message);

}  // namespace scope::rpc
