#pragma once

#include "base/bytes.hpp"

namespace scope::crypto {

/// Returns base^exponent mod modulus, big-endian, as many bytes as @p modulus has. All zero bytes
/// when the modulus is 0 or 1; 0^0 is 1. Spec: EIP-198.
///
/// Takes the time and memory that the lengths ask for: the caller bounds them (by gas).
Bytes modexp(BytesView base, BytesView exponent, BytesView modulus);

}  // namespace scope::crypto
