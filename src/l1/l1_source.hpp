#pragma once

#include "chain/store.hpp"
#include "l1/l1_error.hpp"

namespace scope::l1 {

/// A block of L1 by number and hash.
struct L1BlockId {
    uint64_t number = 0;
    Hash hash;
    friend bool operator==(const L1BlockId&, const L1BlockId&) = default;
};

/// The heads by L1's fork choice: each is the next one's descendant or the same.
struct L1Heads {
    L1BlockId latest;
    L1BlockId safe;       ///< not expected to be reorganised
    L1BlockId finalized;  ///< can't be, but by breaking L1's consensus
};

/// The first of L1's three roles: the data that a follower reads. All of it but the fork choice is
/// checked against hashes: a block by the source, a blob by who uses it. May be asked from several
/// threads.
class L1Source {
  public:
    virtual ~L1Source() = default;

    [[nodiscard]] virtual Result<L1Heads, L1Error> heads() const = 0;
    /// Returns the canonical block with its receipts, or null if there is none of this number. The
    /// header has the block's hash, transactions and receipts have the header's roots; a block of
    /// which that isn't true is L1Error::wrong.
    [[nodiscard]] virtual Result<chain::StoredBlockPtr, L1Error> block(uint64_t number) const = 0;
    /// Returns the blob, or null if it doesn't have it, or not any more.
    [[nodiscard]] virtual Result<chain::StoredBlobPtr, L1Error> blob(
        const Hash& versioned_hash) const = 0;
};

}  // namespace scope::l1
