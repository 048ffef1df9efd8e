#pragma once

#include <chrono>
#include <string_view>

namespace scope::demo {

/// Tells on standard error what is being done.
class Progress {
  public:
    using Clock = std::chrono::steady_clock;

    /// One line: seconds since the start, and @p what.
    void say(std::string_view what) const;
    [[nodiscard]] double elapsed_ms() const;

  private:
    Clock::time_point start_ = Clock::now();
};

/// Milliseconds since it was made.
class StopWatch {
  public:
    [[nodiscard]] double ms() const {
        return std::chrono::duration<double, std::milli>(Progress::Clock::now() - start_).count();
    }

  private:
    Progress::Clock::time_point start_ = Progress::Clock::now();
};

}  // namespace scope::demo
