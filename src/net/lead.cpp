#include "net/lead.hpp"

#include <sys/timerfd.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "base/check.hpp"

namespace scope::net {

// Both sides rely on one order of all that is atomic here (seq_cst): who leaves says so before it looks
// whether the timer is set, and who was woken says that it isn't before it looks who is away.

Lead::Lead() : timer_(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC)) {
    if (timer_ < 0) throw std::system_error{errno, std::generic_category(), "timerfd_create"};
}

Lead::~Lead() {
    ::close(timer_);
}

bool Lead::wait() {
    uint64_t seen = 0;
    while (!has_ended_) {
        uint64_t expirations = 0;
        if (::read(timer_, &expirations, sizeof expirations) < 0) {
            CHECK(errno == EINTR);
            continue;
        }
        is_watched_ = false;
        uint64_t absence = absence_;
        if (absence != 0 && absence == seen && absence_.compare_exchange_strong(absence, 0))
            return !has_ended_;
        seen = absence_;
        if (seen != 0 && !is_watched_.exchange(true)) set_timer(PATIENCE);
    }
    return false;
}

uint64_t Lead::leave() {
    const uint64_t absence = ++absences_;
    absence_ = absence;
    if (!is_watched_.exchange(true)) set_timer(LOOK_AFTER);
    return absence;
}

bool Lead::come_back(uint64_t absence) noexcept {
    return absence_.compare_exchange_strong(absence, 0);
}

void Lead::end() noexcept {
    has_ended_ = true;
    set_timer(std::chrono::nanoseconds{1});
}

void Lead::set_timer(std::chrono::nanoseconds after) const noexcept {
    const itimerspec once{.it_interval = {}, .it_value = {.tv_sec = 0, .tv_nsec = after.count()}};
    CHECK(::timerfd_settime(timer_, 0, &once, nullptr) == 0);
}

}  // namespace scope::net
