#pragma once

#include <signal.h>

#include <chrono>
#include <optional>

namespace scope::cli {

/// Ctrl-C and its like (SIGINT, SIGTERM, SIGHUP), taken from the process: whoever asks gets them as
/// values. To be made before any thread, for each inherits what it blocks. Writing to a pipe that
/// nobody reads is an error then, no signal.
class Signals {
  public:
    Signals();
    /// Waits for one of them, or for @p most at most; returns whether one came.
    [[nodiscard]] bool wait(std::optional<std::chrono::seconds> most = std::nullopt) const;
    /// Has wait return, from any thread.
    static void end();

  private:
    sigset_t set_{};
};

}  // namespace scope::cli
