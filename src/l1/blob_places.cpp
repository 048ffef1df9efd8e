#include "l1/blob_places.hpp"

namespace scope::l1 {

void BlobPlaces::note(const Block& block) {
    const std::lock_guard lock{mutex_};
    for (const auto& transaction : block.transactions) {
        const auto& hashes = transaction.blob_versioned_hashes;
        const Place place{{block.header.number, block.header.timestamp_s}, hashes};
        for (const Hash& hash : hashes) {
            if (places_.insert_or_assign(hash, place).second) in_order_.push_back(hash);
            if (in_order_.size() > MAX_PLACES) {
                places_.erase(in_order_.front());
                in_order_.pop_front();
            }
        }
    }
}

std::optional<BlobPlaces::Place> BlobPlaces::find(const Hash& versioned_hash) const {
    const std::lock_guard lock{mutex_};
    const auto found = places_.find(versioned_hash);
    if (found == places_.end()) return std::nullopt;
    return found->second;
}

}  // namespace scope::l1
