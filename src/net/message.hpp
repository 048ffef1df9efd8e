#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "net/json_rpc.hpp"

namespace scope::net {

/// What one message may be and cause.
struct MessageLimits {
    size_t batch_calls = 1000;
    size_t depth = 64;  ///< of arrays and objects in each other
    /// Bytes of result, summed over a batch. An answer has beside them what its envelopes take: the
    /// ids, which are parts of the request, and 200 bytes a call.
    size_t response_bytes = 25'000'000;
};

/// The text that answers a message, in two parts so that nobody has to copy a long result.
struct Answer {
    std::string head;
    std::string body;  ///< follows head

    [[nodiscard]] size_t size() const noexcept { return head.size() + body.size(); }
    /// Whether nothing is to be said: all was notifications.
    [[nodiscard]] bool empty() const noexcept { return head.empty() && body.empty(); }
};

/// One text of JSON-RPC: a request, or a batch of them.
struct Message {
    ChainId chain_id;  ///< of the port or the path it came by
    std::string text;
    std::shared_ptr<Subscriber> subscriber;  ///< null if it takes no notifications
    /// Set once nobody waits for the answer: what has not begun by then is left out. Null: never.
    /// Lives as long as the answer's function.
    const std::atomic<bool>* is_abandoned = nullptr;
    /// Takes the answer: once, on any thread.
    std::move_only_function<void(Answer)> answer;
};

/// Counts calls.
class CallObserver {
  public:
    virtual ~CallObserver() = default;
    /// A call of a method, which may be any text. On the handler's thread.
    virtual void called(std::string_view method) = 0;
    /// A request was answered with an error. On any thread.
    virtual void failed() = 0;
};

/// Runs messages against a handler, by JSON-RPC 2.0; where that leaves something open, as geth.
///
/// - An id is echoed byte for byte: a string, a number or null. A request without one is a
///   notification, which gets no answer; one with another type of id is no request (-32600).
/// - The fields of a request must not be there twice: which of two holds is a matter of the parser.
/// - The calls of a batch run one after the other, so that each sees what those before it did.
/// - A reply that the handler drops is -32603.
///
/// All functions run on the handler's thread.
class MessageRunner {
  public:
    using Task = std::move_only_function<void()>;
    /// Queues a task for the handler's thread, from any thread. Never runs it at once.
    using Post = std::function<void(Task)>;

    /// @param handler   REQUIRES: lives until this has ended, and every task that it posted.
    /// @param observer  Null, or lives as long.
    MessageRunner(RpcHandler& handler, MessageLimits limits, Post post,
                  CallObserver* observer = nullptr);
    ~MessageRunner();

    /// Runs a message. A batch gives way to other tasks after each 10 ms.
    void run(Message&& message);

  private:
    class State;
    class Run;
    class ReplyOnce;
    std::shared_ptr<State> state_;
};

/// Runs one message without sockets, and returns the answer; empty if there is none. Blocks until
/// the handler has replied to all calls; the handler runs on the caller's thread.
std::string run_message(RpcHandler& handler, ChainId chain_id, std::string text,
                        MessageLimits limits = {});

}  // namespace scope::net
