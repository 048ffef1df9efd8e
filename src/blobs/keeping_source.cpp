#include "blobs/keeping_source.hpp"

#include <algorithm>

namespace scope::blobs {

KeepingSource::KeepingSource(std::shared_ptr<const l1::L1Source> source,
                             std::shared_ptr<KeptBlobs> kept, std::function<uint64_t()> now_s)
    : source_(std::move(source)), kept_(std::move(kept)), now_s_(std::move(now_s)) {}

Result<chain::StoredBlockPtr, l1::L1Error> KeepingSource::block(uint64_t number) const {
    auto block = TRY(source_->block(number));
    if (block == nullptr) return block;
    places_.note(block->block);
    prune(block->header().timestamp_s);
    return block;
}

void KeepingSource::prune(uint64_t timestamp_s) const {
    const uint64_t now_s = now_s_ ? std::min(timestamp_s, now_s_()) : timestamp_s;
    if (now_s < pruned_at_s_ + PRUNE_INTERVAL_S) return;
    // What is too much for once, the next look takes.
    if (kept_->prune(now_s) < KeptBlobs::MAX_PRUNED) pruned_at_s_ = now_s;
}

Result<chain::StoredBlobPtr, l1::L1Error> KeepingSource::blob(const Hash& versioned_hash) const {
    auto blob = kept_->find(versioned_hash);
    const bool is_kept = blob != nullptr;
    if (!is_kept) blob = TRY(source_->blob(versioned_hash));
    if (blob == nullptr) return blob;
    const auto place = places_.find(versioned_hash);
    if (!place) return blob;
    if (is_kept || (crypto::versioned_hash(blob->commitment) == versioned_hash &&
                    crypto::verify_blob_proof(blob->blob, blob->commitment, blob->proof)))
        kept_->keep(place->at, *blob);
    return blob;
}

}  // namespace scope::blobs
