#pragma once

#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "l1/blob_source.hpp"
#include "net/http_client.hpp"

namespace scope::l1 {

/// A source of blobs by the Beacon REST API: a beacon node, an archive, a follower that keeps them,
/// or anvil. May be used by several threads.
///
/// A beacon node is asked by slot, which follows from the block's time (its /eth/v1/beacon/genesis
/// and /eth/v1/config/spec); who has no /eth/v1/config/spec, as anvil, by the block's number.
class BeaconBlobs final : public BlobSource {
  public:
    explicit BeaconBlobs(net::HttpUrl url, net::HttpOptions options = default_options());
    /// Returns the options that an answer with all blobs of a block needs.
    static net::HttpOptions default_options();

    /// Returns those of the wanted blobs that it has, in any order, each with the commitment of its
    /// versioned hash and a proof made here; nothing else that it sends is kept.
    [[nodiscard]] Result<std::vector<chain::StoredBlobPtr>, L1Error> fetch(
        const BlobPlace& place, std::span<const Hash> wanted) const override;
    /// Returns the times of its slots; nullopt if it names blocks by number. What it tells is kept: the
    /// times, and that there are none once it has had a blob by number.
    [[nodiscard]] Result<std::optional<SlotTimes>, L1Error> slots() const;

  private:
    [[nodiscard]] Result<uint64_t, L1Error> block_id(const BlobPlace& place,
                                                     const std::optional<SlotTimes>& slots) const;
    [[nodiscard]] L1Error named(L1Error error) const;

    net::HttpClient http_;
    mutable std::mutex mutex_;
    /// Once it has told of them, or has had a blob by number.
    mutable std::optional<std::optional<SlotTimes>> slots_;
};

}  // namespace scope::l1
