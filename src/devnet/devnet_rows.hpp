#pragma once

#include <tuple>

#include "execution/forced.hpp"
#include "store/staging.hpp"

namespace scope::devnet {

/// The rows of a devnet beside its node's chains:
///
///     key     := 'x' chain_id(8) kind(1) rest
///     clock   := o                               [offset_ms, is_negative]; chain_id: L1's
///     change  := s block_hash(32) index(8)       change                 of each chain
///     sender  := t transaction_hash(32)          address
///     child   := c block_hash(32)                [has_base_fee, base_fee, has_gas_limit, gas_limit]
///
/// RLP: change in forced_encoding.hpp. Reading throws DatabaseError.
class DevnetRows {
  public:
    /// @param rows  Must outlive it.
    DevnetRows(store::Staging& rows, ChainId l1) : rows_(rows), l1_(l1) {}

    void put_clock(int64_t offset_ms);
    /// Returns the offset of the network's clock in ms; 0 if none was put.
    [[nodiscard]] int64_t clock() const;

    using ForcedPtr = std::shared_ptr<const execution::Forced::Contents>;
    /// Makes the rows of a chain those of @p now, if they are those of @p before.
    void put_forced(ChainId chain_id, const ForcedPtr& before, const ForcedPtr& now);
    /// Returns the changes by force of a chain.
    [[nodiscard]] ForcedPtr forced(ChainId chain_id) const;

  private:
    store::Staging& rows_;
    ChainId l1_;
};

}  // namespace scope::devnet
