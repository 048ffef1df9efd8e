#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/chain_id.hpp"
#include "net/json_rpc.hpp"
#include "net/message.hpp"
#include "net/worker.hpp"

namespace scope::net {

/// What a server takes, and what it takes on.
///
/// Together the limits bound its memory, whatever callers do: requests to input_bytes, parsing one
/// of them to 14 times its size, answers to output_bytes and one answer more, notifications to twice
/// output_bytes, and 10 KB a connection. A limit in bytes is for the content; a string may have twice its size.
struct ServerOptions {
    std::string host = "127.0.0.1";
    /// The origin whose pages may call (CORS): one, or "*" for all. nullopt: none may, and no CORS
    /// header is sent.
    std::optional<std::string> allow_origin = "*";
    /// The methods that /metrics counts by name; all others it counts as "other".
    std::vector<std::string> methods;

    MessageLimits message;
    size_t request_bytes = size_t{5} << 20;
    size_t header_bytes = size_t{16} << 10;
    size_t gzip_from_bytes = 4096;  ///< shorter answers are not compressed

    /// For one more the HTTP connection is closed that has waited longest for a request; if none
    /// waits for one, the new one.
    size_t connections = 1024;
    /// Messages of a WebSocket connection that are being answered or whose answers are not sent.
    /// At the limit nothing more is read from it. (HTTP has one at a time.)
    size_t messages_in_flight = 64;
    /// Notifications that wait for a WebSocket connection. One that has more is closed.
    size_t subscriber_messages = 8192;
    size_t subscriber_bytes = size_t{1} << 20;
    /// Requests of all connections, whole or not, until they are answered: also what waits for the
    /// worker. Above it the connection is closed that has the longest unfinished request.
    size_t input_bytes = size_t{256} << 20;
    /// Answers of all connections until they are sent, and notifications as well. Above either the
    /// connection is closed that has the most of it.
    size_t output_bytes = size_t{256} << 20;

    using Milliseconds = std::chrono::milliseconds;
    Milliseconds first_byte_timeout{10'000};  ///< from accepting a connection to its first byte
    Milliseconds request_timeout{30'000};     ///< from a request's first byte to its end
    Milliseconds idle_timeout{120'000};       ///< an HTTP connection between requests
    Milliseconds write_timeout{60'000};       ///< to send one answer or notification
    Milliseconds ping_interval{30'000};       ///< a WebSocket connection silent so long is pinged
    Milliseconds close_timeout{1'000};        ///< to end a connection in order
};

/// A port that can't be listened on. The message names host, port and reason.
struct ListenError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// Serves JSON-RPC over HTTP and WebSocket, one port a chain, both on each port; on the first port
/// also under the path /{chainId}. GET has /health, /ready and /metrics.
///
/// Sockets live on one thread of the server's own, the handler on the worker's. Neither waits for
/// the other: requests go over in batches, answers and notifications come back in queues. Only a
/// request that comes alone, to an idle worker, runs where it was read; if it takes more than some
/// milliseconds, another thread of the server's goes on with the sockets (Lead). What a handler
/// keeps for a thread, it therefore keeps for three.
class Server {
  public:
    /// @param worker   REQUIRES: lives until stop() has returned, and nobody replies any more.
    /// @param handler  REQUIRES: lives until stop() has returned.
    /// Throws std::invalid_argument for an origin that can't stand in a header.
    Server(ServerOptions options, Worker& worker, RpcHandler& handler);
    /// Stops it.
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    /// Listens on @p port for calls to @p chain_id, and returns the port: 0 takes a free one. Those
    /// who connect are served when it returns. Throws ListenError. REQUIRES: not stopped.
    uint16_t listen(uint16_t port, ChainId chain_id) { return listen(port, std::vector{chain_id}); }
    /// Listens on one port for calls to several chains: to the first under /, to each of them under
    /// /{chainId}. REQUIRES: one chain at least.
    uint16_t listen(uint16_t port, std::vector<ChainId> chain_ids);
    /// Sets what /ready answers: 200, as at first, or 503.
    void set_ready(bool ready);
    /// Sets the same, and the answer's content, which is JSON.
    void set_ready(bool ready, std::string json);
    /// Sets what /metrics has behind the server's own, in Prometheus' text format.
    void set_more_metrics(std::string text);
    /// Ends all connections: what is being sent is sent, for close_timeout; WebSockets are told
    /// (1001). When it returns no call is made any more. Not from the worker's thread or the
    /// handler; again is nothing.
    void stop();

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace scope::net
