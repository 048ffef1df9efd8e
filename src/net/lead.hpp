#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace scope::net {

/// The lead of a loop, which one of two threads has.
///
/// The one that leads may leave for what can take long. If it stays away for longer than PATIENCE, and
/// at most LOOK_AFTER more, the other one leads, which sleeps until then; who comes back too late
/// sleeps in its place. Leaving wakes nobody: at most once in LOOK_AFTER it sets a timer, which wakes
/// the one that sleeps; where nobody leaves, it sleeps on.
class Lead {
  public:
    /// So long after the other one left the thread that sleeps looks at where it is. Of a server that
    /// answers short calls all the time, waking it each millisecond took a twentieth of the CPU time.
    static constexpr std::chrono::milliseconds LOOK_AFTER{20};
    /// So long after a look that found it away, it looks again, and takes over if it is away still.
    static constexpr std::chrono::milliseconds PATIENCE{5};

    /// Throws std::system_error.
    Lead();
    ~Lead();
    Lead(const Lead&) = delete;
    Lead& operator=(const Lead&) = delete;

    /// Sleeps until the other thread stays away too long: the caller leads then. Returns false if the
    /// loop has ended.
    bool wait();

    /// Leaves. Returns the absence's number, for come_back(). REQUIRES: the caller leads.
    uint64_t leave();
    /// Comes back. Returns whether the caller still leads; if not, it has to wait().
    bool come_back(uint64_t absence) noexcept;

    /// Ends the loop: wait() returns false from here on. From any thread.
    void end() noexcept;

  private:
    void set_timer(std::chrono::nanoseconds after) const noexcept;

    int timer_;
    std::atomic<bool> has_ended_ = false;
    std::atomic<bool> is_watched_ = false;  ///< the timer is set
    std::atomic<uint64_t> absence_ = 0;     ///< the one under way; 0: who leads is there
    uint64_t absences_ = 0;                 ///< of who leads
};

}  // namespace scope::net
