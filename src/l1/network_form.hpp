#pragma once

#include <span>
#include <vector>

#include "chain/store.hpp"

namespace scope::l1 {

/// The proofs of a blob's cells, CELL_PROOFS_PER_BLOB of them (EIP-7594).
using CellProofs = std::vector<KzgProof>;

/// Encodes a transaction of type 3 as nodes take it from Osaka on: with its blobs and the proofs of
/// their cells (EIP-7594, wrapper_version 1). REQUIRES: one list of proofs for each blob.
Bytes encode_network_form(const Transaction& transaction,
                          std::span<const chain::StoredBlobPtr> blobs,
                          std::span<const CellProofs> cell_proofs);

}  // namespace scope::l1
