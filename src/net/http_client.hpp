#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.hpp"
#include "net/tls.hpp"

namespace scope::net {

class ClientSocket;
struct TlsClientContext;

/// The place of a server, and what its paths begin with.
struct HttpUrl {
    std::string host;  ///< a name or an address, without brackets
    std::string port = "80";
    std::string path;     ///< "" or "/a/b", as a prefix: without a slash at its end
    bool is_tls = false;  ///< https

    /// Returns host and port: what may be told to anybody, unlike the path, which may hold a key.
    [[nodiscard]] std::string authority() const;
};
/// Parses http://host[:port][/path], or https://, whose port is 443; an error says what is wrong.
Result<HttpUrl, std::string_view> parse_http_url(std::string_view text);

/// The reason why a request has no answer.
struct HttpError {
    enum class Rule : uint8_t {
        unreachable,  ///< no connection, or it ended before the answer did
        slow,         ///< the answer had not ended at the deadline
        malformed,    ///< what came is none of HTTP
        tls,       ///< no TLS with whom was asked for: not its key or name; it refuses ours; none
        too_long,  ///< the answer has more bytes than are taken
        refused,   ///< another status than 200 (RpcCaller; HttpClient returns it)
    };
    Rule rule{};
    std::string reason;
};

struct HttpResponse {
    unsigned status = 0;
    std::string body;
};

struct HttpOptions {
    /// From the request's begin to the answer's last byte; connecting and TLS's handshake count,
    /// looking up a name doesn't, which the system bounds.
    std::chrono::milliseconds timeout{10'000};
    size_t max_response = size_t{64} << 20;  ///< bytes of an answer's body
    size_t idle_connections = 4;             ///< that are kept for what comes next
    TlsOptions tls = {};                     ///< of https
};

/// A client of one HTTP/1.1 server: it blocks until there is an answer or the deadline is over, and
/// keeps connections for what comes next. May be used by several threads.
///
/// Nothing of an answer is believed: its bytes are bounded, and so is the time that they may take.
/// What was sent on a kept connection that the server had closed is sent again on another one, so
/// requests must be such that a second one does no harm.
class HttpClient {
  public:
    explicit HttpClient(HttpUrl url, HttpOptions options = {});
    ~HttpClient();
    HttpClient(const HttpClient&) = delete;
    HttpClient& operator=(const HttpClient&) = delete;

    [[nodiscard]] const HttpUrl& url() const noexcept { return url_; }

    /// @param path  Behind the URL's own, with its query; begins with a slash. REQUIRES: no spaces
    ///              or ends of lines.
    [[nodiscard]] Result<HttpResponse, HttpError> get(std::string_view path) const;
    /// Posts JSON to the URL's own path.
    [[nodiscard]] Result<HttpResponse, HttpError> post(std::string_view json) const;
    /// Posts something of this type (application/octet-stream) to a path, which is as get's.
    [[nodiscard]] Result<HttpResponse, HttpError> post(std::string_view path,
                                                       std::string_view content_type,
                                                       std::string_view body) const;

  private:
    using Deadline = std::chrono::steady_clock::time_point;

    /// Sends a request: its header, and behind it a body, which is not copied.
    [[nodiscard]] Result<HttpResponse, HttpError> send(std::string_view header,
                                                       std::string_view body = {}) const;
    [[nodiscard]] Result<HttpResponse, HttpError> exchange(ClientSocket& connection,
                                                           std::string_view header,
                                                           std::string_view body,
                                                           Deadline deadline) const;
    /// Returns a kept connection that the server has not closed; none if there is none.
    [[nodiscard]] ClientSocket take_idle() const;
    void keep(ClientSocket connection) const;

    HttpUrl url_;
    HttpOptions options_;
    std::unique_ptr<const TlsClientContext> tls_;  ///< null: without TLS
    mutable std::mutex mutex_;
    mutable std::vector<ClientSocket> idle_;
};

}  // namespace scope::net
