#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/tls.hpp"
#include "net/worker.hpp"

namespace scope::net {

/// A request as its handler has it.
struct HttpCall {
    std::string path;   ///< without the query
    std::string query;  ///< what follows the question mark
    std::string body;
    const TlsPeer* peer = nullptr;  ///< who asks, by their key; null: nobody is asked for one
};

struct HttpAnswer {
    unsigned status = 200;
    std::string body;
    std::string content_type = "application/json";
};
/// Between two questions whether it is time to answer a call (HttpRoute::when).
inline constexpr std::chrono::milliseconds LOOK_INTERVAL{50};
/// Returns an answer of one line of text.
HttpAnswer text_answer(unsigned status, std::string_view line);

enum class HttpMethod : uint8_t { get, post };
enum class HttpMatch : uint8_t { exact, prefix };

/// Something that a service answers.
struct HttpRoute {
    HttpMethod method = HttpMethod::get;
    std::string path;  ///< begins with a slash
    HttpMatch match = HttpMatch::exact;
    /// Answers, on the worker. What it throws is status 500, and told to HttpServiceOptions::failed.
    std::function<HttpAnswer(const HttpCall&)> handler;
    /// Looks at a call that has come, on the worker, and returns what says whether it is time to answer it.
    /// As long as it isn't, others are answered, and it is asked again every LOOK_INTERVAL, for patience
    /// at most; then the call is answered in any case. Null: it is always time. Neither may block.
    std::function<std::function<bool()>(const HttpCall&)> when;
    std::chrono::milliseconds patience{0};
    /// Runs it. Null: a thread of the service's own, for what is quick. REQUIRES: lives as long as
    /// the service.
    Worker* worker = nullptr;
    size_t max_body = 0;  ///< bytes; more is status 413
    /// Requests that run or wait for the worker, of all and of one peer; one more is status 503.
    size_t max_waiting = 64;
    size_t max_waiting_of_peer = 64;
};

/// What a service takes, and what it takes on. Together the limits bound its memory: requests to
/// input_bytes, answers to output_bytes, and some 50 KB a connection with TLS. A limit in bytes is
/// for the content; a string may have twice its size.
struct HttpServiceOptions {
    std::string host = "127.0.0.1";
    std::optional<TlsServerOptions> tls;  ///< nullopt: HTTP without TLS
    /// Is told what a handler threw, on its thread. May be null.
    std::function<void(std::string_view)> failed;

    size_t header_bytes = size_t{8} << 10;
    /// For one more the connection is closed that has waited longest for a request or for its
    /// handshake; if none does, the new one.
    size_t connections = 256;
    size_t connections_of_peer = 8;
    /// Requests of all connections, whole or not, until they are answered, and of one peer. One that
    /// comes above either is status 503.
    size_t input_bytes = size_t{256} << 20;
    size_t input_bytes_of_peer = size_t{136} << 20;
    /// Answers of all connections until they are sent. Above it the connection is closed.
    size_t output_bytes = size_t{256} << 20;

    using Milliseconds = std::chrono::milliseconds;
    Milliseconds first_byte_timeout{10'000};  ///< from accepting to the first byte of a request
    Milliseconds request_timeout{30'000};     ///< from a request's first byte to its end
    Milliseconds idle_timeout{60'000};        ///< between requests
    Milliseconds answer_timeout{60'000};      ///< to run, waiting included; then status 503
    Milliseconds write_timeout{60'000};       ///< to send an answer
    Milliseconds close_timeout{1'000};        ///< to end a connection in order
};

/// A server of HTTP/1.1, with TLS or without, for what isn't JSON-RPC: a table of routes.
///
/// Sockets live on one thread of its own, handlers on their workers; neither waits for the other.
/// Where too much waits, the answer is status 503 with Retry-After.
class HttpService {
  public:
    HttpService(HttpServiceOptions options, std::vector<HttpRoute> routes);
    /// Stops it.
    ~HttpService();
    HttpService(const HttpService&) = delete;
    HttpService& operator=(const HttpService&) = delete;

    /// Listens on @p port, and returns it: 0 takes a free one. Throws ListenError (net/server.hpp).
    /// REQUIRES: not stopped.
    uint16_t listen(uint16_t port);
    /// Ends all connections: what is being sent is sent, for close_timeout. When it returns no
    /// handler runs any more. Not from a handler; again is nothing.
    void stop();

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace scope::net
