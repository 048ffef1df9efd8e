#pragma once

#include <vector>

#include "builder/unsettled.hpp"
#include "store/staging.hpp"

namespace scope::node {

/// The unsettled blocks of a node as rows, so that one that starts again has them:
///
///     key   := 'w' chain_id(8) block_number(8)
///     value := [block, l1_origin_number, l1_origin_hash]      RLP; block: the string of its RLP
///
/// Only what a block was built of is kept: whoever reads it builds it again.
class UnsettledRows {
  public:
    /// @param rows  Must outlive it.
    explicit UnsettledRows(store::Staging& rows) : rows_(rows) {}

    /// Makes the rows those of @p blocks, from those of the last call.
    void save(const builder::UnsettledBlocks& blocks);

    struct Saved {
        Block block;
        l1::L1BlockId l1_origin;
    };
    /// Returns a rollup's, parents before children. Throws DatabaseError, bad_row.
    [[nodiscard]] std::vector<Saved> load(ChainId chain_id) const;

  private:
    store::Staging& rows_;
    builder::UnsettledBlocks saved_;
};

}  // namespace scope::node
