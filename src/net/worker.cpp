#include "net/worker.hpp"

#include <algorithm>
#include <utility>

#include "base/check.hpp"

namespace scope::net {

Worker::Worker(FatalHook fatal) : fatal_(std::move(fatal)) {
    if (!fatal_)
        fatal_ = [](const std::exception_ptr& exception) noexcept {
            std::rethrow_exception(exception);  // out of a noexcept function: std::terminate
        };
    thread_ = std::thread{[this] { run(); }};
}

Worker::~Worker() {
    stop();
}

bool Worker::post(Task task) {
    CHECK(task);
    return queue([&] { tasks_.push_back(std::move(task)); });
}

bool Worker::post_after(std::chrono::nanoseconds delay, Task task) {
    CHECK(task);
    return queue([&] {
        timers_.push_back({Clock::now() + delay, timers_posted_++, std::move(task)});
        std::ranges::push_heap(timers_, is_later);
    });
}

template <typename Add>
bool Worker::queue(Add&& add) {
    std::unique_lock lock{mutex_};
    if (stopped_) return false;
    add();
    wanted_ = wanted_ || borrowed_;  // who has borrowed it wakes it
    const bool was_asleep = !borrowed_ && std::exchange(asleep_, false);
    lock.unlock();  // first, or the worker would wake only to wait for it
    if (was_asleep) wake_.notify_one();
    return true;
}

void Worker::stop() {
    CHECK(!is_current());
    {
        const std::scoped_lock lock{mutex_};
        stopped_ = true;
        asleep_ = false;
        wake_.notify_one();
    }
    {
        const std::scoped_lock lock{join_mutex_};
        if (thread_.joinable()) thread_.join();
    }
    // What the dropped tasks hold may post as it ends, so they end outside the lock.
    std::deque<Task> tasks;
    std::vector<Timer> timers;
    const std::scoped_lock lock{mutex_};
    tasks.swap(tasks_);
    timers.swap(timers_);
}

bool Worker::is_current() const noexcept {
    return id_.load() == std::this_thread::get_id();
}

void Worker::report(std::exception_ptr exception) const {
    fatal_(std::move(exception));
}

bool Worker::is_later(const Timer& a, const Timer& b) {
    return std::pair{a.due, a.number} > std::pair{b.due, b.number};
}

bool Worker::borrow() {
    const std::scoped_lock lock{mutex_};
    // Asleep, it has looked for timers that are due; one that became so is late by a task.
    if (stopped_ || borrowed_ || !asleep_) return false;
    borrowed_ = true;
    id_ = std::this_thread::get_id();
    return true;
}

void Worker::give_back() {
    std::unique_lock lock{mutex_};
    id_ = thread_.get_id();
    borrowed_ = false;
    const bool is_wanted = std::exchange(wanted_, false);
    if (is_wanted) asleep_ = false;
    lock.unlock();
    if (is_wanted) wake_.notify_one();
}

void Worker::run() {
    id_ = std::this_thread::get_id();
    while (Task task = next()) {
        try {
            task();
            task = nullptr;  // what it holds may throw nothing, but may run long: not in the lock
        } catch (...) {
            report(std::current_exception());
        }
    }
}

Worker::Task Worker::next() {
    std::unique_lock lock{mutex_};
    for (;;) {
        if (borrowed_) {
            wanted_ = true;
            wake_.wait(lock);
            continue;
        }
        if (stopped_) return {};
        if (!timers_.empty() && timers_.front().due <= Clock::now()) {
            std::ranges::pop_heap(timers_, is_later);
            Task task = std::move(timers_.back().task);
            timers_.pop_back();
            return task;
        }
        if (!tasks_.empty()) {
            Task task = std::move(tasks_.front());
            tasks_.pop_front();
            return task;
        }
        asleep_ = true;
        if (timers_.empty())
            wake_.wait(lock);
        else
            wake_.wait_until(lock, timers_.front().due);
        asleep_ = false;
    }
}

}  // namespace scope::net
