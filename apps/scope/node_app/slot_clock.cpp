#include "node_app/slot_clock.hpp"

#include <thread>

namespace scope::node_app {

void SlotClock::begin(std::chrono::milliseconds retry) {
    std::thread{[self = shared_from_this(), retry] { self->run(retry); }}.detach();
}

void SlotClock::end() {
    const std::scoped_lock lock{mutex_};
    has_ended_ = true;
    changed_.notify_all();
}

std::optional<l1::SlotTimes> SlotClock::times() const {
    const std::scoped_lock lock{mutex_};
    return times_;
}

std::optional<l1::SlotTimes> SlotClock::ask() const {
    for (const auto& source : sources_)
        if (const auto slots = source->slots(); slots && *slots) return *slots;
    return std::nullopt;
}

void SlotClock::run(std::chrono::milliseconds retry) {
    for (;;) {
        const auto told = ask();
        std::unique_lock lock{mutex_};
        times_ = told;
        if (times_ || has_ended_) return;
        if (changed_.wait_for(lock, retry, [this] { return has_ended_; })) return;
    }
}

}  // namespace scope::node_app
