#pragma once

#include "crypto/secp256k1.hpp"
#include "types/transaction.hpp"

namespace scope {

/// Sets y_parity, r and s. REQUIRES: not a system transaction.
void sign(Transaction& tx, const crypto::SecretKey& key);
void sign(Authorization& authorization, const crypto::SecretKey& key);

}  // namespace scope
