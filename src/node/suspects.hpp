#pragma once

#include <cstdint>
#include <iterator>
#include <optional>
#include <set>
#include <utility>

namespace scope::node {

/// A search for the one with which scopes revert on L1: each scope is built without half of those
/// suspected.
///
/// Unlike a proof, a scope that reverts has cost gas and its turn, so what was learnt is kept from
/// turn to turn: after about log2 of their number one is found.
template <typename Key>
class Suspects {
  public:
    /// Learns that a scope with these reverted. Returns the one to blame, if no other is left; it is
    /// suspected no more.
    std::optional<Key> reverted(const std::set<Key>& with) {
        std::set<Key> still;
        for (const Key& key : suspected_)
            if (with.contains(key)) still.insert(key);
        suspected_ = still.empty() ? with : std::move(still);
        return take_last();
    }

    /// Learns that a scope with these settled. Returns as reverted does.
    std::optional<Key> settled(const std::set<Key>& with) {
        for (const Key& key : with) suspected_.erase(key);
        return take_last();
    }

    /// Returns those that a turn's scopes do without: half of those suspected, another half in the
    /// next turn, for a scope of the others may be empty.
    [[nodiscard]] std::set<Key> left_out(uint64_t turn) const {
        const auto half = static_cast<std::ptrdiff_t>(suspected_.size() / 2);
        if (turn % 2 == 0) return {suspected_.begin(), std::next(suspected_.begin(), half)};
        return {std::prev(suspected_.end(), half), suspected_.end()};
    }

  private:
    std::optional<Key> take_last() {
        if (suspected_.size() != 1) return std::nullopt;
        return std::move(suspected_.extract(suspected_.begin()).value());
    }

    std::set<Key> suspected_;
};

}  // namespace scope::node
