#pragma once

#include "base/bytes.hpp"

namespace scope::crypto {

/// Returns whether (r, s) signs @p digest under the key (x, y) on secp256r1. False for r or s out
/// of [1, n-1], coordinates not below p, the point at infinity or a point off the curve. A high s
/// is accepted. Spec: EIP-7951.
bool p256_verify(const Hash& digest, const Hash& r, const Hash& s, const Hash& x,
                 const Hash& y) noexcept;

}  // namespace scope::crypto
