#include "net/http_client.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/buffer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

namespace scope::net {

namespace {

namespace http = boost::beast::http;
using Rule = HttpError::Rule;
using Clock = std::chrono::steady_clock;

constexpr size_t MAX_HEADER = size_t{16} << 10;
constexpr size_t PIECE = size_t{64} << 10;

std::unexpected<HttpError> refuse(Rule rule, std::string reason) {
    return std::unexpected{HttpError{rule, std::move(reason)}};
}

std::unexpected<HttpError> refuse_errno(std::string_view what) {
    return refuse(Rule::unreachable, fmt::format("{}: {}", what, std::strerror(errno)));
}

}  // namespace

std::string HttpUrl::authority() const {
    const bool is_ip6 = host.find(':') != std::string::npos;
    return is_ip6 ? fmt::format("[{}]:{}", host, port) : fmt::format("{}:{}", host, port);
}

Result<HttpUrl, std::string_view> parse_http_url(std::string_view text) {
    constexpr std::string_view SCHEME = "http://";
    if (!text.starts_with(SCHEME)) return std::unexpected{"a URL begins with http://"};
    const auto is_graphic = [](char c) { return c > ' ' && c < '\x7f'; };
    if (!std::ranges::all_of(text, is_graphic))
        return std::unexpected{"spaces, or other than printable ASCII"};
    text.remove_prefix(SCHEME.size());
    HttpUrl url;
    const auto slash = std::min(text.find('/'), text.size());
    url.path = text.substr(slash);
    while (url.path.ends_with('/')) url.path.pop_back();
    auto authority = text.substr(0, slash);
    if (authority.find('@') != std::string_view::npos)
        return std::unexpected{"a user's name is not supported"};
    if (authority.starts_with('[')) {  // an address of IP 6
        const auto end = authority.find(']');
        if (end == std::string_view::npos) return std::unexpected{"'[' without ']'"};
        url.host = authority.substr(1, end - 1);
        authority.remove_prefix(end + 1);
    } else {
        url.host = authority.substr(0, authority.find(':'));
        authority.remove_prefix(url.host.size());
    }
    if (authority.starts_with(':')) {
        url.port = authority.substr(1);
    } else if (!authority.empty()) {
        return std::unexpected{"something between ']' and ':'"};
    }
    if (url.host.empty() || url.port.empty())
        return std::unexpected{"no host, or no port behind ':'"};
    return url;
}

/// A socket that is closed at the end.
class HttpClient::Connection {
  public:
    explicit Connection(int number = -1) noexcept : number_(number) {}
    ~Connection() {
        if (number_ >= 0) close(number_);
    }
    Connection(Connection&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
    Connection& operator=(Connection&& other) noexcept {
        std::swap(number_, other.number_);
        return *this;
    }
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    [[nodiscard]] int number() const noexcept { return number_; }

    /// Waits until one of @p events, or the deadline: an error.
    [[nodiscard]] Result<void, HttpError> wait(short events, Deadline deadline) const {
        for (;;) {
            const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
            pollfd waited{.fd = number_, .events = events, .revents = 0};
            const int found =
                left.count() <= 0 ? 0 : poll(&waited, 1, static_cast<int>(left.count()));
            if (found > 0) return {};
            if (found == 0) return refuse(Rule::slow, "no answer in time");
            if (errno != EINTR) return refuse_errno("poll");
        }
    }
    /// Returns whether nothing has come, the end neither.
    [[nodiscard]] bool is_quiet() const {
        pollfd waited{.fd = number_, .events = POLLIN, .revents = 0};
        return poll(&waited, 1, 0) == 0;
    }

  private:
    int number_;
};

HttpClient::HttpClient(HttpUrl url, HttpOptions options)
    : url_(std::move(url)), options_(options) {}
HttpClient::~HttpClient() = default;

Result<HttpResponse, HttpError> HttpClient::get(std::string_view path) const {
    return send(
        fmt::format("GET {}{} HTTP/1.1\r\nHost: {}\r\nAccept: application/json\r\n"
                    "User-Agent: scope\r\n\r\n",
                    url_.path, path, url_.authority()));
}

Result<HttpResponse, HttpError> HttpClient::post(std::string_view json) const {
    return send(
        fmt::format("POST {} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\n"
                    "User-Agent: scope\r\nContent-Length: {}\r\n\r\n{}",
                    url_.path.empty() ? "/" : url_.path, url_.authority(), json.size(), json));
}

Result<HttpResponse, HttpError> HttpClient::send(std::string_view request) const {
    const auto deadline = Clock::now() + options_.timeout;
    if (auto kept = take_idle(); kept.number() >= 0) {
        auto response = exchange(kept, request, deadline);
        // It may have been closed meanwhile: then another one tells.
        if (response || response.error().rule != Rule::unreachable) return response;
    }
    auto connection = TRY(connect(deadline));
    return exchange(connection, request, deadline);
}

Result<HttpClient::Connection, HttpError> HttpClient::connect(Deadline deadline) const {
    addrinfo wanted{};
    wanted.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (const int error = getaddrinfo(url_.host.c_str(), url_.port.c_str(), &wanted, &found);
        error != 0)
        return refuse(Rule::unreachable, gai_strerror(error));
    const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> addresses{found, freeaddrinfo};
    HttpError last{Rule::unreachable, "no address"};
    const auto connect_to = [&](const addrinfo& address) -> Result<Connection, HttpError> {
        Connection connection{socket(address.ai_family,
                                     address.ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK,
                                     address.ai_protocol)};
        const int number = connection.number();
        if (number < 0) return refuse_errno("socket");
        const int yes = 1;
        setsockopt(number, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        if (::connect(number, address.ai_addr, address.ai_addrlen) == 0) return connection;
        if (errno != EINPROGRESS) return refuse_errno("connect");
        TRY(connection.wait(POLLOUT, deadline));
        int error = 0;
        socklen_t size = sizeof error;
        if (getsockopt(number, SOL_SOCKET, SO_ERROR, &error, &size) == 0) errno = error;
        if (errno != 0) return refuse_errno("connect");
        return connection;
    };
    for (const addrinfo* address = found; address != nullptr; address = address->ai_next) {
        auto connection = connect_to(*address);
        if (connection) return connection;
        last = std::move(connection).error();
    }
    return std::unexpected{std::move(last)};
}

Result<HttpResponse, HttpError> HttpClient::exchange(Connection& connection,
                                                     std::string_view request,
                                                     Deadline deadline) const {
    const int number = connection.number();
    for (std::string_view left = request; !left.empty();) {
        const auto sent = ::send(number, left.data(), left.size(), MSG_NOSIGNAL);
        if (sent >= 0) {
            left.remove_prefix(static_cast<size_t>(sent));
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            TRY(connection.wait(POLLOUT, deadline));
        } else if (errno != EINTR) {
            return refuse_errno("send");
        }
    }
    http::response_parser<http::string_body> parser;
    parser.header_limit(MAX_HEADER);
    parser.body_limit(options_.max_response);
    parser.eager(true);
    boost::beast::flat_buffer buffer;
    while (!parser.is_done()) {
        if (Clock::now() >= deadline) return refuse(Rule::slow, "no whole answer in time");
        const auto room = buffer.prepare(PIECE);
        const auto got = recv(number, room.data(), room.size(), 0);
        boost::beast::error_code error;
        if (got < 0) {
            if (errno == EAGAIN || errno == EWOULDBLOCK) {
                TRY(connection.wait(POLLIN, deadline));
            } else if (errno != EINTR) {
                return refuse_errno("recv");
            }
            continue;
        }
        if (got == 0) {
            if (!parser.got_some()) return refuse(Rule::unreachable, "it closes the connection");
            parser.put_eof(error);
        } else {
            buffer.commit(static_cast<size_t>(got));
            buffer.consume(parser.put(buffer.data(), error));
        }
        if (error == http::error::need_more) continue;
        if (error == http::error::body_limit)
            return refuse(Rule::too_long,
                          fmt::format("the answer has more than {} bytes", options_.max_response));
        if (error == http::error::partial_message)
            return refuse(Rule::unreachable, "it closes the connection within its answer");
        if (error) return refuse(Rule::malformed, "the answer is none of HTTP");
    }
    auto& message = parser.get();
    if (parser.keep_alive() && buffer.size() == 0) keep(std::move(connection));
    return HttpResponse{message.result_int(), std::move(message.body())};
}

HttpClient::Connection HttpClient::take_idle() const {
    const std::lock_guard lock{mutex_};
    while (!idle_.empty()) {
        Connection last = std::move(idle_.back());
        idle_.pop_back();
        if (last.is_quiet()) return last;
    }
    return Connection{};
}

void HttpClient::keep(Connection connection) const {
    const std::lock_guard lock{mutex_};
    if (idle_.size() < options_.idle_connections) idle_.push_back(std::move(connection));
}

}  // namespace scope::net
