#pragma once

#include <atomic>
#include <functional>
#include <memory>

#include "blobs/kept_blobs.hpp"
#include "l1/blob_places.hpp"
#include "l1/l1_source.hpp"

namespace scope::blobs {

/// A source that keeps the blobs that it was asked for, and drops those that are old by the time of
/// the blocks that it was asked for. What is kept it doesn't ask for again.
class KeepingSource final : public l1::L1Source {
  public:
    /// @param now_s  The clock, in seconds: no block that claims a later time makes a blob old. Null:
    ///               L1's word counts.
    KeepingSource(std::shared_ptr<const l1::L1Source> source, std::shared_ptr<KeptBlobs> kept,
                  std::function<uint64_t()> now_s = {});

    [[nodiscard]] Result<l1::L1Heads, l1::L1Error> heads() const override {
        return source_->heads();
    }
    [[nodiscard]] Result<chain::StoredBlockPtr, l1::L1Error> block(uint64_t number) const override;
    /// Returns the blob, kept if it is that of its hash and of a block that was read before.
    [[nodiscard]] Result<chain::StoredBlobPtr, l1::L1Error> blob(
        const Hash& versioned_hash) const override;

    /// L1's time goes so far between two looks at what is old.
    static constexpr uint64_t PRUNE_INTERVAL_S = 384;

  private:
    void prune(uint64_t timestamp_s) const;

    std::shared_ptr<const l1::L1Source> source_;
    std::shared_ptr<KeptBlobs> kept_;
    std::function<uint64_t()> now_s_;
    mutable l1::BlobPlaces places_;
    mutable std::atomic<uint64_t> pruned_at_s_ = 0;
};

}  // namespace scope::blobs
