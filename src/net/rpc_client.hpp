#pragma once

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "net/json_rpc.hpp"
#include "net/rpc_caller.hpp"

namespace scope::net {

/// No answer: nobody listens, or what came is none of JSON-RPC. The message names the URL.
struct ClientError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// A caller of a JSON-RPC endpoint over HTTP, for commands of the terminal: RpcCaller, with text for
/// results and exceptions for what keeps it from an answer.
class RpcClient {
  public:
    static constexpr std::chrono::seconds TIMEOUT{10};  ///< of a call
    static constexpr size_t MAX_RESPONSE = size_t{64} << 20;

    /// @param url      http://host or https://host, with a port and a path if need be. Throws
    ///                 ClientError if it is none.
    /// @param timeout  How long a call may take. REQUIRES: above 0.
    explicit RpcClient(std::string_view url, std::chrono::seconds timeout = TIMEOUT);

    /// Calls a method with @p params, a JSON array; returns the result as JSON text, or the error
    /// that the node told. Throws ClientError.
    [[nodiscard]] RpcResult call(std::string_view method, std::string_view params = "[]") const;

    [[nodiscard]] const std::string& url() const noexcept { return url_; }

  private:
    std::string url_;
    std::chrono::seconds timeout_;
    std::unique_ptr<RpcCaller> caller_;
};

}  // namespace scope::net
