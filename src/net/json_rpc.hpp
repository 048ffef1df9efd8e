#pragma once

#include <simdjson.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/chain_id.hpp"
#include "base/check.hpp"

namespace scope::net {

/// An error of JSON-RPC 2.0, section 5.1.
struct RpcError {
    int code = 0;
    std::string message;
    std::string data;  ///< JSON text; empty: the member is left out
};

// Codes of JSON-RPC 2.0, and of Ethereum's nodes (geth, EIP-1474).
inline constexpr int PARSE_ERROR = -32700;
inline constexpr int INVALID_REQUEST = -32600;
inline constexpr int METHOD_NOT_FOUND = -32601;
inline constexpr int INVALID_PARAMS = -32602;
inline constexpr int INTERNAL_ERROR = -32603;
inline constexpr int SERVER_ERROR = -32000;        ///< geth's for what has no code of its own
inline constexpr int RESPONSE_TOO_LARGE = -32003;  ///< geth's

/// The result of a call as JSON text, or an error.
using RpcResult = Result<std::string, RpcError>;

/// Answers one call. REQUIRES: called at most once; any thread may. Dropped, it answers -32603.
using Reply = std::move_only_function<void(RpcResult)>;

/// A WebSocket connection, to which notifications go.
class Subscriber {
  public:
    virtual ~Subscriber() = default;
    /// Queues a message for it; from any thread. Returns false if the connection has ended: one
    /// whose peer reads too slowly is closed.
    virtual bool send(std::shared_ptr<const std::string> message) = 0;
};

/// One call as it came, borrowed for the time of RpcHandler::call.
struct RpcCall {
    ChainId chain_id;  ///< of the port or the path that was asked
    std::string_view method;
    std::optional<simdjson::dom::element> params;  ///< an array or an object; nullopt: none
    std::shared_ptr<Subscriber> subscriber;        ///< null over HTTP
};

/// What answers the calls that a server takes. Its functions run one at a time: on the worker's
/// thread or, while that is idle, on one of the server's.
class RpcHandler {
  public:
    virtual ~RpcHandler() = default;
    /// Is told of a batch before its first call: what can be prepared on other threads may begin.
    virtual void batch_begins(ChainId /*chain_id*/, const simdjson::dom::array& /*calls*/) {}
    /// Answers by @p reply, at once or later.
    virtual void call(const RpcCall& call, Reply reply) = 0;
    /// Forgets a connection that has ended, with its subscriptions.
    virtual void closed(const Subscriber& subscriber) = 0;
};

}  // namespace scope::net
