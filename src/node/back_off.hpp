#pragma once

#include <algorithm>

#include "base/bytes.hpp"
#include "node/bounded_map.hpp"

namespace scope::node {

/// Those who wait for whole turns, since something of theirs kept a scope from settling: each time for
/// twice as many. What is well done of theirs ends it.
template <typename Key>
class BackOff {
  public:
    static constexpr uint64_t MAX_TURNS = 64;  ///< that one waits
    static constexpr size_t MAX_KEYS = 4096;   ///< then the oldest is forgotten

    /// @param first_turns  That one waits the first time, beside the rest of that turn.
    explicit BackOff(uint64_t first_turns) : first_turns_(first_turns) {}

    /// Has @p key wait for the rest of @p turn, and for whole turns after it.
    void add(const Key& key, uint64_t turn) {
        const Wait* const before = waits_.find(key);
        const uint64_t turns = before == nullptr
                                   ? first_turns_
                                   : std::clamp<uint64_t>(2 * before->turns, 1, MAX_TURNS);
        waits_.set(key, {turns, turn + turns});
    }
    void forgive(const Key& key) { waits_.erase(key); }
    /// Returns whether @p key has waited and nothing was well done since.
    [[nodiscard]] bool is_known(const Key& key) const { return waits_.find(key) != nullptr; }
    /// Returns whether @p key waits in @p turn.
    [[nodiscard]] bool holds_back(const Key& key, uint64_t turn) const {
        const Wait* const wait = waits_.find(key);
        return wait != nullptr && turn <= wait->last_turn;
    }
    [[nodiscard]] size_t size() const noexcept { return waits_.size(); }

  private:
    struct Wait {
        uint64_t turns = 0;
        uint64_t last_turn = 0;
    };
    uint64_t first_turns_;
    BoundedMap<Key, Wait> waits_{MAX_KEYS};
};

}  // namespace scope::node
