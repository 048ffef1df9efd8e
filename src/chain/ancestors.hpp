#pragma once

#include <vector>

#include "chain/store.hpp"
#include "execution/environment.hpp"

namespace scope::chain {

/// Hashes of a block's ancestors, found by walking from its parent and kept. For one thread.
class Ancestors final : public execution::BlockHashes {
  public:
    /// @p parent's store must outlive it. REQUIRES: the store has the parent.
    Ancestors(const Store& store, const Hash& parent);
    [[nodiscard]] Hash block_hash(uint64_t number) const override;

  private:
    const Store& store_;
    uint64_t parent_number_;
    mutable std::vector<Hash> hashes_;  // of the parent, its parent, ...
};

}  // namespace scope::chain
