#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "net/message.hpp"

namespace scope::net {

/// What is to be sent to a connection: the answer to one of its messages, or a notification.
struct Delivery;

/// A connection, as the network's thread has it, where all of this runs.
class Connection : public std::enable_shared_from_this<Connection> {
  public:
    using TimePoint = std::chrono::steady_clock::time_point;

    Connection() = default;
    virtual ~Connection() = default;
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    virtual void deliver(Delivery&& delivery) = 0;
    /// Ends it if something takes too long.
    virtual void tick(TimePoint now) = 0;
    /// Ends it in order.
    virtual void leave() = 0;
    /// Ends it at once.
    virtual void abort() = 0;
    /// Since when it has waited for a request's first byte; nullopt: it is at work, or may be told
    /// something at any time.
    [[nodiscard]] virtual std::optional<TimePoint> idle_since() const { return std::nullopt; }

    // Bytes held for it; Network counts them together.
    size_t receiving = 0;  ///< of a request whose end hasn't come
    size_t sending = 0;    ///< of answers that are not sent
};

struct Delivery {
    enum class Kind {
        answer,        ///< to one of its messages; may be empty
        notification,  ///< to a subscriber
        too_slow,      ///< no notification, for there are too many: close it
        dropped,       ///< no answer: nobody waits for it
    };
    Kind kind = Kind::answer;
    std::weak_ptr<Connection> to;
    Answer answer;
    std::shared_ptr<const std::string> notification;
    std::shared_ptr<const std::atomic<bool>> has_ended;  ///< of a notification: who is notified
    size_t request_bytes = 0;  ///< that the message held, which has ended with this
    Connection::TimePoint received;
};

}  // namespace scope::net
