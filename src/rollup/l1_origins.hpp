#pragma once

#include <optional>
#include <vector>

#include "base/bytes.hpp"
#include "base/chain_id.hpp"
#include "protocol/forced.hpp"

namespace scope::rollup {

/// An entry in the queue that L1 has for a rollup.
struct QueuedEntry {
    uint64_t index = 0;      ///< in the queue, from 0 on
    uint64_t queued_at = 0;  ///< number of the L1 block
    protocol::ForcedEntry entry;
    friend bool operator==(const QueuedEntry&, const QueuedEntry&) = default;
};

/// The part of L1 that the rules of batches look at: its canonical blocks, as far as they are
/// known, and what the settlement contract said in them of rollups.
///
/// An origin's hash commits to all of it up to that block: a batch that names the same origins is
/// held against the same rollups, upgrades and entries.
class L1Origins {
  public:
    /// A block that a rollup's block may name as its origin.
    struct Origin {
        Hash hash;
        uint64_t timestamp_s = 0;
    };

    virtual ~L1Origins() = default;

    /// Returns nullopt for a block that is not known, or not canonical any more.
    [[nodiscard]] virtual std::optional<Origin> l1_origin(uint64_t number) const = 0;

    // In the blocks from `after` (not included) to `up_to` (included). REQUIRES: the last one is
    // known.

    /// Returns the ids of the chains that were registered there, ascending.
    [[nodiscard]] virtual std::vector<ChainId> registered(uint64_t after, uint64_t up_to) const = 0;
    /// Returns the ids of the chains that were closed there, ascending.
    [[nodiscard]] virtual std::vector<ChainId> closed(uint64_t after, uint64_t up_to) const = 0;
    /// Returns the code to which a chain's predeploy was upgraded there last; nullopt if it wasn't.
    /// REQUIRES: the chain is one whose queue is known (forced_entry).
    [[nodiscard]] virtual std::optional<Bytes> upgrade(ChainId chain_id, uint64_t after,
                                                       uint64_t up_to) const = 0;

    /// Returns an entry in the queue of a chain; null beyond its end as far as L1 is known, for a
    /// chain whose queue is not, and for one that no batch can take any more. Borrowed, until more
    /// of L1 is read.
    [[nodiscard]] virtual const QueuedEntry* forced_entry(ChainId chain_id,
                                                          uint64_t index) const = 0;
};

/// Returns the chains that a block has to make known by addChains (docs/protocol.md, section 12):
/// those of the registrations between the origins of the block before and its own, but for itself.
///
/// @param origin_before  Number of the L1 origin of the block before, in the batch before for the
///                       first; 0 before any batch.
std::vector<uint256> chains_to_add(const L1Origins& l1, ChainId own, uint64_t origin_before,
                                   uint64_t origin);
/// Returns the chains that a block has to forget by removeChains: those of the closings there, but
/// for itself.
std::vector<uint256> chains_to_remove(const L1Origins& l1, ChainId own, uint64_t origin_before,
                                      uint64_t origin);
/// Returns the code that a block has to give its predeploy by upgrade; nullopt if there is none.
std::optional<Bytes> upgrade_to(const L1Origins& l1, ChainId own, uint64_t origin_before,
                                uint64_t origin);

/// The positions in the queue to which a batch may go: from at_least to at_most. Where both are the
/// position before it, it takes nothing.
struct ForcedRange {
    uint64_t at_least = 0;  ///< behind the entries that are due
    uint64_t at_most = 0;   ///< behind those that are queued, as far as the bound of gas allows
    friend bool operator==(const ForcedRange&, const ForcedRange&) = default;
};
/// Returns the positions to which a batch may go that finds the queue at @p position.
/// @param origin  Number of its first block's L1 origin.
ForcedRange forced_range(const L1Origins& l1, ChainId own, uint64_t position, uint64_t origin);

/// Returns the entries from one position to another; nullopt if one is not known. Borrowed.
std::optional<std::vector<const QueuedEntry*>> entries_between(const L1Origins& l1, ChainId own,
                                                               uint64_t from, uint64_t to);

}  // namespace scope::rollup
