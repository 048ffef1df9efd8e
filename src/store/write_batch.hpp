#pragma once

#include <absl/container/btree_map.h>

#include <optional>

#include "store/key_compare.hpp"

namespace scope::store {

/// Changes of rows that become true together. Of a key that is changed twice the last change
/// counts.
class WriteBatch {
  public:
    /// The last change of each key, in the order of the keys; nullopt: erased.
    using Changes = absl::btree_map<Bytes, std::optional<Bytes>, KeyLess>;

    void put(Bytes key, Bytes value) {
        changes_.insert_or_assign(std::move(key), std::move(value));
    }
    void erase(Bytes key) { changes_.insert_or_assign(std::move(key), std::nullopt); }
    void clear() { changes_.clear(); }

    [[nodiscard]] bool empty() const noexcept { return changes_.empty(); }
    [[nodiscard]] const Changes& changes() const noexcept { return changes_; }

  private:
    Changes changes_;
};

}  // namespace scope::store
