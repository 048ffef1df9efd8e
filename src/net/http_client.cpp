#include "net/http_client.hpp"

#include <fmt/format.h>

#include <boost/asio/buffer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <algorithm>
#include <charconv>
#include <utility>

#include "net/client_socket.hpp"

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

}  // namespace

std::string HttpUrl::authority() const {
    const bool is_ip6 = host.find(':') != std::string::npos;
    return is_ip6 ? fmt::format("[{}]:{}", host, port) : fmt::format("{}:{}", host, port);
}

Result<HttpUrl, std::string_view> parse_http_url(std::string_view text) {
    constexpr std::string_view SCHEME = "http://";
    constexpr std::string_view TLS_SCHEME = "https://";
    const bool is_tls = text.starts_with(TLS_SCHEME);
    if (!is_tls && !text.starts_with(SCHEME))
        return std::unexpected{"a URL begins with http:// or https://"};
    const auto is_graphic = [](char c) { return c > ' ' && c < '\x7f'; };
    if (!std::ranges::all_of(text, is_graphic))
        return std::unexpected{"spaces, or other than printable ASCII"};
    text.remove_prefix(is_tls ? TLS_SCHEME.size() : SCHEME.size());
    HttpUrl url;
    url.is_tls = is_tls;
    if (is_tls) url.port = "443";
    const auto slash = std::min(text.find('/'), text.size());
    url.path = text.substr(slash);
    while (url.path.ends_with('/')) url.path.pop_back();
    auto authority = text.substr(0, slash);
    if (authority.find('@') != std::string_view::npos)
        return std::unexpected{"a user's name is not supported"};
    if (authority.find_first_of("?#") != std::string_view::npos)
        return std::unexpected{"'?' or '#' before any path"};
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
    uint16_t port = 0;
    const char* const end = url.port.data() + url.port.size();
    const auto [parsed, error] = std::from_chars(url.port.data(), end, port);
    if (error != std::errc{} || parsed != end || port == 0)
        return std::unexpected{"the port is no number from 1 to 65535"};
    return url;
}

HttpClient::HttpClient(HttpUrl url, HttpOptions options)
    : url_(std::move(url)), options_(std::move(options)) {
    if (url_.is_tls) tls_ = std::make_unique<const TlsClientContext>(options_.tls);
}
HttpClient::~HttpClient() = default;

Result<HttpResponse, HttpError> HttpClient::get(std::string_view path) const {
    return send(
        fmt::format("GET {}{} HTTP/1.1\r\nHost: {}\r\nAccept: application/json\r\n"
                    "User-Agent: scope\r\n\r\n",
                    url_.path, path, url_.authority()));
}

Result<HttpResponse, HttpError> HttpClient::post(std::string_view json) const {
    return post(url_.path.empty() ? "/" : "", "application/json", json);
}

Result<HttpResponse, HttpError> HttpClient::post(std::string_view path,
                                                 std::string_view content_type,
                                                 std::string_view body) const {
    return send(fmt::format("POST {}{} HTTP/1.1\r\nHost: {}\r\nContent-Type: {}\r\n"
                            "User-Agent: scope\r\nContent-Length: {}\r\n\r\n",
                            url_.path, path, url_.authority(), content_type, body.size()),
                body);
}

Result<HttpResponse, HttpError> HttpClient::send(std::string_view header,
                                                 std::string_view body) const {
    const auto deadline = Clock::now() + options_.timeout;
    if (auto kept = take_idle()) {
        auto response = exchange(kept, header, body, deadline);
        // It may have been closed meanwhile: then another one tells.
        if (response || response.error().rule != Rule::unreachable) return response;
    }
    auto connection = TRY(ClientSocket::connect(url_, tls_.get(), deadline));
    return exchange(connection, header, body, deadline);
}

Result<HttpResponse, HttpError> HttpClient::exchange(ClientSocket& connection,
                                                     std::string_view header, std::string_view body,
                                                     Deadline deadline) const {
    constexpr size_t SHORT = 16384;
    if (body.size() <= SHORT) {  // one piece is sent faster than two
        TRY_VOID(connection.write(fmt::format("{}{}", header, body), deadline));
    } else {
        TRY_VOID(connection.write(header, deadline));
        TRY_VOID(connection.write(body, deadline));
    }
    http::response_parser<http::string_body> parser;
    parser.header_limit(MAX_HEADER);
    parser.body_limit(options_.max_response);
    parser.eager(true);
    boost::beast::flat_buffer buffer;
    while (!parser.is_done()) {
        const auto room = buffer.prepare(PIECE);
        const auto got =
            TRY(connection.read({static_cast<char*>(room.data()), room.size()}, deadline));
        boost::beast::error_code error;
        if (got == 0) {
            if (!parser.got_some()) return refuse(Rule::unreachable, "it closes the connection");
            parser.put_eof(error);
        } else {
            buffer.commit(got);
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

ClientSocket HttpClient::take_idle() const {
    const std::lock_guard lock{mutex_};
    while (!idle_.empty()) {
        ClientSocket last = std::move(idle_.back());
        idle_.pop_back();
        if (last.is_quiet()) return last;
    }
    return {};
}

void HttpClient::keep(ClientSocket connection) const {
    const std::lock_guard lock{mutex_};
    if (idle_.size() < options_.idle_connections) idle_.push_back(std::move(connection));
}

}  // namespace scope::net
