#include "types/blob.hpp"

#include "crypto/sha256.hpp"

namespace scope {

Hash kzg_to_versioned_hash(const KzgCommitment& commitment) noexcept {
    Hash hash = crypto::sha256(commitment);
    hash[0] = crypto::VERSIONED_HASH_VERSION_KZG;
    return hash;
}

std::vector<Hash> versioned_hashes(const BlobSidecar& sidecar) {
    std::vector<Hash> hashes;
    hashes.reserve(sidecar.commitments.size());
    for (const KzgCommitment& commitment : sidecar.commitments)
        hashes.push_back(kzg_to_versioned_hash(commitment));
    return hashes;
}

}  // namespace scope
