#pragma once

#include <memory>
#include <mutex>
#include <optional>

#include "l1/blob_source.hpp"
#include "store/database.hpp"

/// Blobs that a follower keeps, since L1 forgets them.
namespace scope::blobs {

/// Seconds that L1's own nodes keep blobs: 4096 epochs of 32 slots of 12 s, 18 days.
inline constexpr uint64_t DEFAULT_KEEP_S = uint64_t{4096} * 32 * 12;

/// Blobs by their versioned hashes, in a database of their own, with the block of L1 that has each.
///
/// Its rows, in which numbers are big-endian:
///
///     'B' versioned_hash(32)                         commitment(48) proof(48) blob(131072)
///     'P' versioned_hash(32)                         timestamp(8) block_number(8)
///     'T' timestamp(8) versioned_hash(32)            block_number(8)
///     'N' block_number(8) versioned_hash(32)         -
///
/// A blob that several blocks have is the one's with the latest time. May be used by several threads.
class KeptBlobs final : public l1::BlobSource {
  public:
    /// @param keep_s  Seconds behind L1's time for which a blob is kept; nullopt: for good.
    explicit KeptBlobs(std::unique_ptr<store::Database> database,
                       std::optional<uint64_t> keep_s = DEFAULT_KEEP_S);

    /// Keeps a blob of this block. REQUIRES: commitment and proof are the blob's, and the hash the
    /// commitment's.
    void keep(const l1::BlobPlace& place, const chain::StoredBlob& blob);
    /// Drops blobs that are older than may be at this time, at most MAX_PRUNED of them; returns how
    /// many it was.
    size_t prune(uint64_t now_s);
    static constexpr size_t MAX_PRUNED = 1024;

    /// Returns a blob, or null.
    [[nodiscard]] chain::StoredBlobPtr find(const Hash& versioned_hash) const;
    /// Returns those that it has of the wanted ones, whatever block they are said to be of.
    [[nodiscard]] Result<std::vector<chain::StoredBlobPtr>, l1::L1Error> fetch(
        const l1::BlobPlace& place, std::span<const Hash> wanted) const override;
    /// Returns the versioned hashes of a block's blobs, ascending, at most @p max_hashes.
    [[nodiscard]] std::vector<Hash> of_block(uint64_t number, size_t max_hashes) const;
    /// The same of all blocks from one time on to before another.
    [[nodiscard]] std::vector<Hash> between(uint64_t from_s, uint64_t to_s,
                                            size_t max_hashes) const;

  private:
    [[nodiscard]] std::optional<l1::BlobPlace> place_of(const Hash& versioned_hash) const;

    std::unique_ptr<store::Database> database_;
    std::optional<uint64_t> keep_s_;
    std::mutex mutex_;  ///< of changes
};

}  // namespace scope::blobs
