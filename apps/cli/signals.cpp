#include "cli/signals.hpp"

#include <unistd.h>

namespace scope::cli {

Signals::Signals() {
    sigemptyset(&set_);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&set_, signal);
    pthread_sigmask(SIG_BLOCK, &set_, nullptr);
    // Who reads standard output may go: the process stays.
    signal(SIGPIPE, SIG_IGN);
}

bool Signals::wait(std::optional<std::chrono::seconds> most) const {
    if (!most) {
        int signal = 0;
        return sigwait(&set_, &signal) == 0;
    }
    const timespec time{.tv_sec = most->count(), .tv_nsec = 0};
    return sigtimedwait(&set_, nullptr, &time) > 0;
}

void Signals::end() {
    kill(getpid(), SIGTERM);
}

}  // namespace scope::cli
