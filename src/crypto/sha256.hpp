#pragma once

#include "base/bytes.hpp"

namespace scope::crypto {

/// Returns SHA-256 (FIPS 180-4).
Hash sha256(BytesView data) noexcept;

}  // namespace scope::crypto
