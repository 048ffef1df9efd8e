#include "net/rpc_client.hpp"

#include <fmt/format.h>
#include <netdb.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

#include "net/raw_json.hpp"

namespace scope::net {

namespace {

/// A socket that is closed at the end.
class Socket {
  public:
    explicit Socket(int number) : number_(number) {}
    ~Socket() {
        if (number_ >= 0) close(number_);
    }
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;
    [[nodiscard]] int number() const noexcept { return number_; }

  private:
    int number_;
};

/// Returns the text of a value: a string as it was written, with its quotes.
std::string text_of(simdjson::dom::element value) {
    return simdjson::minify(value);
}

RpcError error_of(simdjson::dom::element error) {
    RpcError told;
    int64_t code = 0;
    std::string_view message;
    simdjson::dom::element data;
    if (error["code"].get(code) == simdjson::SUCCESS) told.code = static_cast<int>(code);
    if (error["message"].get(message) == simdjson::SUCCESS) told.message = message;
    if (error["data"].get(data) == simdjson::SUCCESS) told.data = text_of(data);
    return told;
}

}  // namespace

RpcClient::RpcClient(std::string_view url, std::chrono::seconds timeout)
    : url_(url), timeout_(timeout) {
    constexpr std::string_view SCHEME = "http://";
    if (!url.starts_with(SCHEME)) fail("a URL begins with http://");
    url.remove_prefix(SCHEME.size());
    const auto slash = std::min(url.find('/'), url.size());
    if (slash < url.size()) path_ = url.substr(slash);
    auto authority = url.substr(0, slash);
    if (authority.starts_with('[')) {  // an address of IP 6
        const auto end = authority.find(']');
        if (end == std::string_view::npos) fail("'[' without ']'");
        host_ = authority.substr(1, end - 1);
        authority.remove_prefix(end + 1);
    } else {
        host_ = authority.substr(0, authority.find(':'));
        authority.remove_prefix(host_.size());
    }
    if (authority.starts_with(':')) port_ = authority.substr(1);
    if (host_.empty() || port_.empty()) fail("no host, or no port behind ':'");
    if (url_.find_first_of(" \r\n") != std::string::npos) fail("spaces");
}

void RpcClient::fail(std::string_view why) const {
    throw ClientError{fmt::format("{}: {}", url_, why)};
}

void RpcClient::fail_errno() const {
    // EINPROGRESS: of connect.
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINPROGRESS)
        fail(fmt::format("no answer in {} s", timeout_.count()));
    fail(std::strerror(errno));
}

std::string RpcClient::exchange(const std::string& request) const {
    addrinfo wanted{};
    wanted.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (const int error = getaddrinfo(host_.c_str(), port_.c_str(), &wanted, &found); error != 0)
        fail(gai_strerror(error));
    const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> addresses{found, freeaddrinfo};
    const Socket connected{
        socket(found->ai_family, found->ai_socktype | SOCK_CLOEXEC, found->ai_protocol)};
    const timeval time{.tv_sec = timeout_.count(), .tv_usec = 0};
    const int number = connected.number();
    if (number < 0 || setsockopt(number, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time) != 0 ||
        setsockopt(number, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time) != 0 ||
        connect(number, found->ai_addr, found->ai_addrlen) != 0)
        fail_errno();

    for (std::string_view left = request; !left.empty();) {
        const auto sent = send(number, left.data(), left.size(), MSG_NOSIGNAL);
        if (sent <= 0) fail_errno();
        left.remove_prefix(static_cast<size_t>(sent));
    }
    std::string response;
    std::array<char, 65536> piece;
    for (;;) {
        const auto got = recv(number, piece.data(), piece.size(), 0);
        if (got < 0) fail_errno();
        if (got == 0) return response;
        response.append(piece.data(), static_cast<size_t>(got));
        if (response.size() > MAX_RESPONSE) fail("the answer is too long");
    }
}

RpcResult RpcClient::call(std::string_view method, std::string_view params) const {
    std::string body = R"({"jsonrpc":"2.0","id":1,"method":)";
    append_json_string(body, method);
    body += fmt::format(R"(,"params":{}}})", params);
    // HTTP/1.0: the answer ends with the connection, and comes in one piece.
    const auto response = exchange(fmt::format(
        "POST {} HTTP/1.0\r\nHost: {}\r\nContent-Type: application/json\r\nContent-Length: "
        "{}\r\n\r\n{}",
        path_, host_, body.size(), body));
    const auto end_of_fields = response.find("\r\n\r\n");
    if (end_of_fields == std::string::npos) fail("the answer is none of HTTP");
    const auto status = std::string_view{response}.substr(0, response.find('\r'));
    if (status.find(" 200") == std::string_view::npos) fail(status);

    simdjson::dom::parser parser;
    const simdjson::padded_string text{std::string_view{response}.substr(end_of_fields + 4)};
    simdjson::dom::element json;
    simdjson::dom::element member;
    if (parser.parse(text).get(json) != simdjson::SUCCESS) fail("the answer is no JSON");
    if (json["error"].get(member) == simdjson::SUCCESS) return std::unexpected{error_of(member)};
    if (json["result"].get(member) != simdjson::SUCCESS) fail("the answer has no result");
    return text_of(member);
}

}  // namespace scope::net
