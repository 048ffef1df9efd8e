#pragma once

#include <span>
#include <vector>

#include "chain/store.hpp"
#include "l1/l1_error.hpp"

namespace scope::l1 {

/// The place of a blob: the block whose transaction carries it.
struct BlobPlace {
    uint64_t block_number = 0;
    uint64_t timestamp_s = 0;  ///< of the block
    friend bool operator==(const BlobPlace&, const BlobPlace&) = default;
};

/// The times of a beacon chain's slots.
struct SlotTimes {
    uint64_t genesis_s = 0;
    uint64_t slot_ms = 0;  ///< above 0
    /// Returns the slot at a time. REQUIRES: not before the genesis, and below 2^50.
    [[nodiscard]] uint64_t slot_at(uint64_t timestamp_s) const noexcept {
        return (timestamp_s - genesis_s) * 1000 / slot_ms;
    }
};

/// Somebody who may have blobs. May be used by several threads.
class BlobSource {
  public:
    virtual ~BlobSource() = default;
    /// Returns those of the wanted blobs that it has, in any order, each with the commitment of its
    /// versioned hash and a proof that holds.
    [[nodiscard]] virtual Result<std::vector<chain::StoredBlobPtr>, L1Error> fetch(
        const BlobPlace& place, std::span<const Hash> wanted) const = 0;
};

}  // namespace scope::l1
