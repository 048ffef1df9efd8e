#pragma once

#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <string_view>

namespace scope::demo {

/// A reporter of progress on standard error.
class Progress {
  public:
    using Clock = std::chrono::steady_clock;

    /// Prints one line: seconds since the start, and @p what.
    void say(std::string_view what) const {
        // Not fmt::print, which throws where standard error can't be written.
        (void)std::fputs(fmt::format("{:6.2f} s  {}\n", elapsed_ms() / 1000, what).c_str(), stderr);
    }
    [[nodiscard]] double elapsed_ms() const {
        return std::chrono::duration<double, std::milli>(Clock::now() - start_).count();
    }

  private:
    Clock::time_point start_ = Clock::now();
};

/// A watch that counts milliseconds since it was made.
class StopWatch {
  public:
    [[nodiscard]] double ms() const {
        return std::chrono::duration<double, std::milli>(Progress::Clock::now() - start_).count();
    }

  private:
    Progress::Clock::time_point start_ = Progress::Clock::now();
};

}  // namespace scope::demo
