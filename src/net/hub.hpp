#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_set>
#include <vector>

#include "net/connection.hpp"
#include "net/message.hpp"
#include "net/metrics.hpp"
#include "net/worker.hpp"

namespace scope::net {

class QueuedSubscriber;

/// What the network's thread and the worker hand each other. Lives as long as the last reply or
/// subscriber that refers to it.
///
/// A handover costs a system call only if the other side sleeps, and it is made once for many: the
/// network gives what one turn of its loop has read, and takes what has been answered meanwhile.
class Hub : public std::enable_shared_from_this<Hub> {
  public:
    using Clock = std::chrono::steady_clock;

    /// @param max_notification_bytes  Of all that waits for subscribers.
    /// @param wake  Makes the network call take() soon; until close().
    Hub(Worker& worker, RpcHandler& handler, MessageLimits limits, size_t max_notification_bytes,
        std::shared_ptr<Metrics> metrics, std::function<void()> wake);

    // --- For the network's thread.

    /// What goes to the worker: a message, or that a subscriber's connection has ended.
    struct Incoming {
        Message message;
        bool has_ended = false;  ///< of message.subscriber
    };
    /// Hands over @p batch, and empties it.
    void submit(std::vector<Incoming>& batch);
    /// Runs what came at once, in the worker's place, if that is idle; returns false, and leaves it, if
    /// it isn't. What is to be sent then waits for take(), and wakes nobody.
    /// REQUIRES: all that came before it has been handed over.
    /// @param before  Called first if it runs.
    template <typename Before>
    bool run_here(Incoming& incoming, Before&& before) {
        return worker_.run_if_idle([&] {
            before();
            run_as_drain(incoming);
        });
    }
    /// Takes what is to be sent, into @p out, which is empty.
    void take(std::vector<Delivery>& out);
    /// Cuts both ways: drops what waits for the worker and what comes from it. When it returns the
    /// handler is not called any more. Not on the worker's thread.
    void close();
    /// Returns what notifications took most at any time since the last call, in bytes.
    size_t take_most_notification_bytes();

    // --- For any thread.

    void deliver(Delivery&& delivery);
    /// Wakes the network if there is anything to take that it has not been woken for.
    void wake_if_needed();
    /// Queues a notification; returns false if @p to has ended. Who has too much waiting is given
    /// up; where all together have, it is who has most. Counted here, on the side of who notifies,
    /// because the network's thread may be far behind.
    bool notify(QueuedSubscriber& to, std::shared_ptr<const std::string> message);
    /// Counts a notification as sent.
    void notified(QueuedSubscriber& to, const std::string& message);
    void add(QueuedSubscriber& subscriber);
    /// Counts what waits for a subscriber, which has ended, no more.
    void remove(QueuedSubscriber& subscriber);
    /// Returns what waits for subscribers until it is sent, in bytes.
    [[nodiscard]] size_t notification_bytes();
    /// Whether close() has been called.
    [[nodiscard]] const std::atomic<bool>& is_closed() const { return is_closed_; }

  private:
    class Draining;
    void drain();
    bool has_work();
    void drain_later();
    void run(Incoming& incoming);
    void run_as_drain(Incoming& incoming);
    void wake();
    // With outgoing_mutex_ held:
    size_t forget(QueuedSubscriber& subscriber);
    void give_up(QueuedSubscriber& subscriber);
    void drop_given_up();

    Worker& worker_;
    RpcHandler& handler_;
    const std::shared_ptr<Metrics> metrics_;  // here for replies that outlive the network
    std::atomic<bool> is_closed_ = false;

    std::mutex incoming_mutex_;
    std::vector<Incoming> incoming_;
    bool drain_posted_ = false;

    std::mutex outgoing_mutex_;
    std::vector<Delivery> outgoing_;
    bool wake_called_ = false;
    const size_t max_notification_bytes_;
    std::unordered_set<QueuedSubscriber*> subscribers_;  ///< that have not ended
    size_t notification_bytes_ = 0;                      ///< that wait for them
    size_t most_notification_bytes_ = 0;
    size_t given_up_bytes_ = 0;  ///< at most so many in outgoing_ are for those given up

    std::mutex wake_mutex_;
    std::function<void()> wake_;  ///< empty: closed

    // The worker's.
    std::deque<Incoming> work_;
    bool draining_ = false;
    MessageRunner runner_;
};

/// Takes the answer to a message of a connection, and tells the network's thread if there is none,
/// so that what the message held is given back in any case.
class AnswerOnce {
  public:
    AnswerOnce(std::shared_ptr<Hub> hub, std::weak_ptr<Connection> connection, size_t request_bytes,
               Hub::Clock::time_point received);
    AnswerOnce(AnswerOnce&&) noexcept = default;
    AnswerOnce& operator=(AnswerOnce&&) = delete;
    ~AnswerOnce();

    void operator()(Answer&& answer);

  private:
    std::shared_ptr<Hub> hub_;
    std::weak_ptr<Connection> connection_;
    size_t request_bytes_;
    Hub::Clock::time_point received_;
};

/// A WebSocket connection as the handler has it, with what waits for it.
class QueuedSubscriber final : public Subscriber {
  public:
    /// @param max_messages, max_bytes  One for which more waits is given up.
    QueuedSubscriber(std::shared_ptr<Hub> hub, std::weak_ptr<Connection> connection,
                     size_t max_messages, size_t max_bytes);
    ~QueuedSubscriber() override;
    QueuedSubscriber(const QueuedSubscriber&) = delete;
    QueuedSubscriber& operator=(const QueuedSubscriber&) = delete;

    bool send(std::shared_ptr<const std::string> message) override;

    /// Counts a notification as sent.
    void sent(const std::string& message) { hub_->notified(*this, message); }
    /// Takes nothing from here on.
    void end();
    [[nodiscard]] const std::atomic<bool>& ended() const { return *ended_; }

  private:
    friend class Hub;

    const std::shared_ptr<Hub> hub_;
    const std::weak_ptr<Connection> connection_;
    const size_t max_messages_;
    const size_t max_bytes_;
    size_t messages_ = 0;  ///< the hub's, under its lock, as the next
    size_t bytes_ = 0;
    const std::shared_ptr<std::atomic<bool>> ended_ = std::make_shared<std::atomic<bool>>(false);
};

}  // namespace scope::net
