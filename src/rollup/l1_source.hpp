#pragma once

#include <optional>

#include "chain/store.hpp"

namespace scope::rollup {

/// What a follower may ask of L1: canonical blocks with their receipts, and blobs. Nothing it says
/// is believed before it was checked against hashes. May be asked from several threads.
class L1Source {
  public:
    virtual ~L1Source() = default;
    [[nodiscard]] virtual std::optional<uint64_t> head_number() const = 0;
    /// Null if there is none.
    [[nodiscard]] virtual chain::StoredBlockPtr block(uint64_t number) const = 0;
    [[nodiscard]] virtual chain::StoredBlobPtr blob(const Hash& versioned_hash) const = 0;
};

/// An L1 whose store is at hand; it must outlive this.
class StoreL1Source final : public L1Source {
  public:
    explicit StoreL1Source(const chain::Store& store) noexcept : store_(store) {}
    [[nodiscard]] std::optional<uint64_t> head_number() const override;
    [[nodiscard]] chain::StoredBlockPtr block(uint64_t number) const override;
    [[nodiscard]] chain::StoredBlobPtr blob(const Hash& versioned_hash) const override;

  private:
    const chain::Store& store_;
};

}  // namespace scope::rollup
