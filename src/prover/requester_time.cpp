#include "prover/requester_time.hpp"

#include <algorithm>

namespace scope::prover {

RequesterTime::Clock::duration RequesterTime::used_now(const Used& used,
                                                       Clock::time_point now) const {
    using std::chrono::milliseconds;
    const auto waited = std::chrono::duration_cast<milliseconds>(now - used.until);
    const milliseconds forgiven{waited.count() * limits_.time.count() / limits_.window.count()};
    return std::max<Clock::duration>(used.time - forgiven, Clock::duration{});
}

RequesterTime::Clock::duration RequesterTime::left(const Address& requester,
                                                   Clock::time_point now) const {
    const auto found = used_.find(requester);
    const auto used = found == used_.end() ? Clock::duration{} : used_now(found->second, now);
    return std::max<Clock::duration>(limits_.time - used, Clock::duration{});
}

void RequesterTime::add(const Address& requester, Clock::duration used, Clock::time_point now) {
    if (!used_.contains(requester)) make_room(now);
    auto& entry = used_[requester];
    entry = {used_now(entry, now) + used, now};
}

void RequesterTime::make_room(Clock::time_point now) {
    if (used_.size() < limits_.max_requesters) return;
    used_.erase(std::ranges::min_element(
        used_, {}, [&](const auto& entry) { return used_now(entry.second, now); }));
}

}  // namespace scope::prover
