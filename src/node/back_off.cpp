#include "node/back_off.hpp"

namespace scope::node {

void BackOff::add(const Address& sender, uint64_t turn) {
    const Wait* const before = senders_.find(sender);
    const uint64_t turns = before == nullptr ? 1 : std::min(2 * before->turns, MAX_TURNS);
    senders_.set(sender, {turns, turn + turns});
}

bool BackOff::holds_back(const Address& sender, uint64_t turn) const {
    const Wait* const wait = senders_.find(sender);
    return wait != nullptr && turn <= wait->last_turn;
}

}  // namespace scope::node
