#pragma once

#include "base/bytes.hpp"

namespace scope::keys {

/// The numbers of a derivation by scrypt: its memory is 128 * n * r bytes, its work n * r * p.
struct ScryptCost {
    uint64_t n = 0;  ///< a power of 2 above 1
    uint64_t r = 0;  ///< not 0
    uint64_t p = 0;  ///< not 0
};

/// Derives 32 bytes from a password (RFC 7914). It takes any n, unlike OpenSSL's, which refuses n from
/// 2^(16 r) on, as the test vector of keystores has it. REQUIRES: numbers that the caller has bounded.
/// Throws std::bad_alloc.
/// @param out  32 bytes.
void scrypt(BytesView password, BytesView salt, const ScryptCost& cost, uint8_t* out);

}  // namespace scope::keys
