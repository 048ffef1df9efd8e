#pragma once

#include "crypto/signer.hpp"
#include "types/transaction.hpp"

namespace scope {

/// Returns the bytes of which signing_hash is the hash.
Bytes signing_payload(const Transaction& tx);

/// Sets y_parity, r and s. REQUIRES: not a system transaction.
void sign(Transaction& tx, const crypto::SecretKey& key);
/// Asks @p signer; where it doesn't sign, the transaction is as it was. REQUIRES: as above.
[[nodiscard]] Result<void, std::string> sign(Transaction& tx, const crypto::Signer& signer);
void sign(Authorization& authorization, const crypto::SecretKey& key);

}  // namespace scope
