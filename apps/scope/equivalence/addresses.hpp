#pragma once

#include <string>

#include "base/bytes.hpp"
#include "crypto/secp256k1.hpp"

namespace scope::equivalence {

/// A contract has the same address on one chain and on its own of many.
Address contract_address(size_t contract);
/// REQUIRES: an address of a contract.
size_t contract_number(const Address& address);

/// The one user: it signs transactions on rollups and operations on L1.
const crypto::SecretKey& user_key();
Address user_address();

/// "c3", "user", or the address.
std::string name_of(const Address& address);

}  // namespace scope::equivalence
