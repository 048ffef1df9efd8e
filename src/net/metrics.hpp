#pragma once

#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "net/message.hpp"

namespace scope::net {

/// What a server counts, for Prometheus. All functions are for any thread, but those that are said to
/// be the network's: for the thread that has its connections.
///
/// Labels are bounded: a method that isn't among those given is counted as "other", whatever a
/// caller sends.
class Metrics final : public CallObserver {
  public:
    enum class Transport { http, websocket };
    enum class Event {
        connection_refused,  ///< one was closed, because there were too many
        request_refused,     ///< HTTP's own errors, and requests there was no room for
        slow_reader,         ///< closed because it doesn't read what it is sent
        timeout,             ///< closed because it took too long
    };

    explicit Metrics(std::span<const std::string> methods);
    ~Metrics() override;

    void called(std::string_view method) override;
    void failed() override;
    void connected(Transport transport);
    void disconnected(Transport transport);
    void count(Event event);
    /// Sets what requests that are not answered, and answers that are not sent, take.
    void set_held(size_t input_bytes, size_t output_bytes);

    // --- The network's. What each request counts is counted here, and told to Prometheus at once.

    void answered(std::chrono::nanoseconds after);
    void received(size_t bytes);
    void sent(size_t bytes);
    /// Returns all in Prometheus' text format.
    [[nodiscard]] std::string text();

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace scope::net
