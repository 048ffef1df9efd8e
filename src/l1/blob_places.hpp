#pragma once

#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <vector>

#include "l1/blob_source.hpp"

namespace scope::l1 {

/// The places of the blobs of the blocks that were read last. May be used by several threads.
class BlobPlaces {
  public:
    static constexpr size_t MAX_PLACES = 8192;

    struct Place {
        BlobPlace at;
        std::vector<Hash> together;  ///< all of its transaction
    };

    void note(const Block& block);
    /// Returns nullopt for a blob of no block that was noted, or of one too long ago.
    [[nodiscard]] std::optional<Place> find(const Hash& versioned_hash) const;

  private:
    mutable std::mutex mutex_;
    std::map<Hash, Place> places_;
    std::deque<Hash> in_order_;
};

}  // namespace scope::l1
