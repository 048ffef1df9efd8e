#pragma once

#include "base/bytes.hpp"
#include "node/bounded_map.hpp"

namespace scope::node {

/// The senders whose roots wait longer, since one of theirs kept a scope from sealing: for one turn
/// the first time, then for twice as many each time. A root of theirs that settles ends it.
class BackOff {
  public:
    static constexpr uint64_t MAX_TURNS = 64;    ///< that one waits
    static constexpr size_t MAX_SENDERS = 4096;  ///< then the oldest is forgotten

    /// Has the sender wait for the rest of @p turn, and for whole turns after it.
    void add(const Address& sender, uint64_t turn);
    void forgive(const Address& sender) { senders_.erase(sender); }
    /// Returns whether the sender's roots are passed over in @p turn.
    [[nodiscard]] bool holds_back(const Address& sender, uint64_t turn) const;
    [[nodiscard]] size_t size() const noexcept { return senders_.size(); }

  private:
    struct Wait {
        uint64_t turns = 0;
        uint64_t last_turn = 0;
    };
    BoundedMap<Address, Wait> senders_{MAX_SENDERS};
};

}  // namespace scope::node
