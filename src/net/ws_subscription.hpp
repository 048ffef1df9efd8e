#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "net/http_client.hpp"

namespace scope::net {

/// Parses ws://host[:port][/path], or wss://, whose port is 443; an error says what is wrong.
Result<HttpUrl, std::string_view> parse_ws_url(std::string_view text);

struct WsSubscriptionOptions {
    std::string request;  ///< what is sent first: a call of JSON-RPC that subscribes
    /// Is called after a message, on a thread of its own; once in `at_most_every`, for all that came.
    std::function<void()> on_message;
    /// Is told why there is no subscription, when that changes; nullopt: there is one. Null: nobody is.
    std::function<void(const std::optional<std::string>& why_not)> on_change;

    using Milliseconds = std::chrono::milliseconds;
    Milliseconds at_most_every{100};
    Milliseconds timeout{10'000};       ///< to connect, and of the handshake
    Milliseconds idle_timeout{60'000};  ///< a server that is silent, also to a ping, is gone
    Milliseconds first_retry{500};      ///< then twice as long each time
    Milliseconds last_retry{30'000};
    size_t max_message = size_t{1} << 20;  ///< bytes; the connection ends with a longer one
    TlsOptions tls = {};                   ///< of wss
};

/// A WebSocket connection by which a server tells that something is new, and no more: what its
/// messages say is not used. One that ends, or that nobody answers, is made again.
class WsSubscription {
  public:
    /// Connects, on a thread of its own.
    WsSubscription(HttpUrl url, WsSubscriptionOptions options);
    /// Ends it. Nobody is called any more.
    ~WsSubscription();
    WsSubscription(const WsSubscription&) = delete;
    WsSubscription& operator=(const WsSubscription&) = delete;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace scope::net
