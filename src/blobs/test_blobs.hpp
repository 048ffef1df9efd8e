#pragma once

#include "chain/store.hpp"
#include "crypto/kzg.hpp"

namespace scope::blobs {

/// Makes a blob that begins with a number.
inline chain::StoredBlobPtr make_blob(uint64_t content) {
    auto stored = std::make_shared<chain::StoredBlob>();
    store_be32(stored->blob.data(), uint256{content});
    stored->commitment = *crypto::blob_to_commitment(stored->blob);
    stored->proof = *crypto::compute_blob_proof(stored->blob, stored->commitment);
    return stored;
}
inline Hash hash_of(const chain::StoredBlobPtr& blob) {
    return crypto::versioned_hash(blob->commitment);
}

}  // namespace scope::blobs
