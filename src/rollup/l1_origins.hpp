#pragma once

#include <optional>
#include <vector>

#include "base/bytes.hpp"
#include "base/chain_id.hpp"

namespace scope::rollup {

/// The part of L1 that the rules of batches look at: its canonical blocks, as far as they are
/// known, and which rollups the settlement contract registered in them.
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
    /// Returns the ids of the chains that were registered in the blocks from @p after (not
    /// included) to @p up_to (included), ascending. REQUIRES: the last one is known.
    [[nodiscard]] virtual std::vector<ChainId> registered(uint64_t after, uint64_t up_to) const = 0;
};

/// Returns the chains that a block has to make known by addChains (docs/protocol.md, section 12):
/// those of the registrations between the origins of the block before and its own, but for itself.
///
/// @param origin_before  Number of the L1 origin of the block before, in the batch before for the
///                       first; 0 before any batch.
std::vector<uint256> chains_to_add(const L1Origins& l1, ChainId own, uint64_t origin_before,
                                   uint64_t origin);

}  // namespace scope::rollup
