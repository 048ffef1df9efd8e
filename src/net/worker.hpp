#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace scope::net {

/// One thread that does what is posted to it, one after the other, in the order of posting.
///
/// What is due by time goes before what waits, so a long queue delays a timer by one task at most.
class Worker {
  public:
    using Clock = std::chrono::steady_clock;
    using Task = std::move_only_function<void()>;
    /// Is told, on the thread where it happened, of an exception that a task ended with.
    using FatalHook = std::function<void(std::exception_ptr)>;

    /// Starts the thread.
    ///
    /// @param fatal  If it returns, the worker goes on with the next task. Default: std::terminate,
    ///               which names the exception.
    explicit Worker(FatalHook fatal = {});
    /// Stops it.
    ~Worker();
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    /// Queues a task; from any thread. Returns false, and drops it, if the worker has been stopped.
    bool post(Task task);
    /// Queues a task that is due @p delay from the call on, by a clock that nobody sets.
    bool post_after(std::chrono::nanoseconds delay, Task task);
    /// Runs @p task at once on the caller's thread, in the worker's place, if the worker has nothing
    /// to do. Returns false if it has: nothing is done then.
    template <typename Task>
    bool run_if_idle(Task&& task) {
        if (!borrow()) return false;
        try {
            task();
        } catch (...) {
            report(std::current_exception());
        }
        give_back();
        return true;
    }
    /// Ends the thread after the task that it is at, and drops all others, timers too. From any
    /// thread but its own; again is nothing.
    void stop();

    /// Whether the caller runs on the worker's thread, or in its place.
    [[nodiscard]] bool is_current() const noexcept;
    /// Hands an exception to the hook.
    void report(std::exception_ptr exception) const;

  private:
    struct Timer {
        Clock::time_point due;
        uint64_t number;  ///< of posting: of two that are due at once, the first posted goes first
        Task task;
    };
    static bool is_later(const Timer& a, const Timer& b);

    /// Adds to what waits, unless stopped; wakes the thread if it sleeps.
    template <typename Add>
    bool queue(Add&& add);
    bool borrow();
    void give_back();
    void run();
    /// Takes the next task, waiting for it; an empty one: stopped.
    Task next();

    FatalHook fatal_;
    std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<Task> tasks_;
    std::vector<Timer> timers_;  ///< a heap, the next one first
    uint64_t timers_posted_ = 0;
    bool stopped_ = false;
    bool asleep_ = false;  ///< so that nobody calls into the kernel to wake who is awake
    bool borrowed_ = false;
    bool wanted_ = false;  ///< by the thread or for it, while borrowed
    std::atomic<std::thread::id> id_;
    std::mutex join_mutex_;
    std::thread thread_;
};

}  // namespace scope::net
