#pragma once

#include <simdjson.h>

#include <atomic>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "net/http_client.hpp"
#include "net/json_rpc.hpp"

namespace scope::net {

/// A call of JSON-RPC.
struct RpcRequest {
    std::string method;
    std::string params = "[]";  ///< JSON text
};

/// The replies to some requests, in their order. The values live as long as this.
class RpcReplies {
  public:
    using Reply = Result<simdjson::dom::element, RpcError>;

    [[nodiscard]] size_t size() const noexcept { return replies_.size(); }
    [[nodiscard]] const Reply& operator[](size_t index) const { return replies_[index]; }

  private:
    friend class RpcCaller;
    std::vector<std::unique_ptr<simdjson::dom::parser>> parsers_;
    std::vector<Reply> replies_;
};

struct RpcCallerOptions {
    HttpOptions http;
    /// Calls that one HTTP request holds; more are sent in several, one after the other.
    size_t batch_calls = 100;
};

/// The calls that a caller has made.
struct RpcCounts {
    uint64_t round_trips = 0;  ///< HTTP requests
    uint64_t calls = 0;        ///< calls in them
    friend bool operator==(const RpcCounts&, const RpcCounts&) = default;
};

/// A caller of a JSON-RPC endpoint over HTTP that throws nothing for what the other side does. May
/// be used by several threads.
///
/// A call that ends with an error of JSON-RPC is a reply; an answer that is none to these requests
/// (no JSON, a reply too few, one twice, one of both result and error) is HttpError.
class RpcCaller {
  public:
    explicit RpcCaller(HttpUrl url, RpcCallerOptions options = {});

    /// Sends requests: one alone as it is, several as batches.
    [[nodiscard]] Result<RpcReplies, HttpError> call(std::span<const RpcRequest> requests) const;

    [[nodiscard]] const HttpUrl& url() const noexcept { return http_.url(); }
    [[nodiscard]] RpcCounts counts() const noexcept { return {round_trips_, calls_}; }

  private:
    [[nodiscard]] Result<void, HttpError> call_batch(std::span<const RpcRequest> requests,
                                                     RpcReplies& replies) const;

    RpcCallerOptions options_;
    HttpClient http_;
    mutable std::atomic<uint64_t> round_trips_ = 0;
    mutable std::atomic<uint64_t> calls_ = 0;
};

}  // namespace scope::net
