#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "l1/blob_places.hpp"
#include "l1/l1_source.hpp"
#include "l1/rpc_endpoint.hpp"

namespace scope::l1 {

struct RpcL1SourceOptions {
    /// The clock, in seconds, by which a head is too old; null: no head is.
    std::function<uint64_t()> now_s = {};
    uint64_t max_head_age_s = 300;  ///< L1Error::behind above it
    /// Whether a block's transactionsRoot may be that of its transactions with their blobs, as anvil
    /// 1.7 makes it: then the blobs are read with the block, and proved again, 0.3 s each.
    bool takes_roots_with_blobs = false;
};

/// L1Source over JSON-RPC, and over the Beacon REST API for blobs.
///
/// What a client says of a block is checked against its hash: the header by hashing it,
/// transactions, withdrawals and receipts by their roots, senders by their signatures, blobs by
/// their commitments. Which block is canonical is the client's word.
///
/// A block is read in one round trip, the heads in one. A stored block has no requests and no
/// total difficulty, which JSON-RPC doesn't give.
class RpcL1Source final : public L1Source {
  public:
    /// @param blobs  Sources of blobs, asked one after the other; none: no blob is there.
    explicit RpcL1Source(std::shared_ptr<const RpcEndpoint> endpoint,
                         std::vector<std::shared_ptr<const BlobSource>> blobs = {},
                         RpcL1SourceOptions options = {});

    /// Returns the heads. Where the client has no safe or finalized block yet, it is the finalized
    /// one or the genesis block; a safe block above the latest one, as after a rewind, is the latest.
    [[nodiscard]] Result<L1Heads, L1Error> heads() const override;
    [[nodiscard]] Result<chain::StoredBlockPtr, L1Error> block(uint64_t number) const override;
    /// Returns the blob, or null if no source has it. REQUIRES: block() has returned the block whose
    /// transaction carries it, among the last MAX_PLACES blobs; else it is L1Error::unknown_block.
    [[nodiscard]] Result<chain::StoredBlobPtr, L1Error> blob(
        const Hash& versioned_hash) const override;

    static constexpr size_t MAX_PLACES = BlobPlaces::MAX_PLACES;
    static constexpr size_t MAX_KEPT_BLOBS = 32;  ///< that were read with others; 4 MiB

  private:
    using Kept = std::pair<Hash, chain::StoredBlobPtr>;

    [[nodiscard]] Result<L1Heads, L1Error> read_heads() const;
    [[nodiscard]] Result<void, L1Error> check_not_behind(const L1Heads& heads,
                                                         uint64_t latest_time_s) const;
    [[nodiscard]] Result<chain::StoredBlockPtr, L1Error> read_block(uint64_t number) const;
    [[nodiscard]] Result<Hash, L1Error> root_with_blobs(const Block& block) const;
    [[nodiscard]] chain::StoredBlobPtr kept_blob(const Hash& versioned_hash) const;
    void keep(const chain::StoredBlobPtr& blob) const;

    std::shared_ptr<const RpcEndpoint> endpoint_;
    std::vector<std::shared_ptr<const BlobSource>> blob_sources_;
    RpcL1SourceOptions options_;

    mutable std::mutex mutex_;
    mutable std::optional<L1BlockId> genesis_;
    mutable std::optional<L1BlockId> finalized_;  ///< the highest that was told
    mutable BlobPlaces places_;
    mutable std::deque<Kept> kept_;
};

/// Makes the block that a client tells of, with its receipts, or says which check fails.
/// @param block     What eth_getBlockByNumber gives, with whole transactions.
/// @param receipts  What eth_getBlockReceipts gives.
/// @param other_root  Makes another root that the header may have for its transactions; null: none.
/// L1Error::reorganised: they are of different blocks.
Result<chain::StoredBlockPtr, L1Error> read_block_with_receipts(
    json::Json block, json::Json receipts,
    const std::function<Result<Hash, L1Error>(const Block&)>& other_root = {});

}  // namespace scope::l1
