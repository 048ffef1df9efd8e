#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <string>
#include <string_view>

#include "net/http_service.hpp"
#include "net/server.hpp"

// Any bytes on a connection, whole or in pieces, end in order: the server answers or closes, is
// there for the next, and has nothing of them left to wait for.
//
// The first byte says what the others are: bit 0, frames of a WebSocket that is open, or a
// connection from its beginning, also to a service of routes; the rest, how long the pieces are that
// they are sent in.

using namespace scope;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

constexpr std::string_view HANDSHAKE =
    "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

class Null final : public net::RpcHandler {
  public:
    void call(const net::RpcCall&, net::Reply reply) override { reply("null"); }
    void closed(const net::Subscriber&) override {}
};

struct Served {
    Served() : server(options(), worker, handler), port(server.listen(0, ChainId{1})) {}
    static net::ServerOptions options() {
        net::ServerOptions options;
        options.request_bytes = 4096;
        options.header_bytes = 1024;
        options.messages_in_flight = 4;
        options.message.depth = 16;
        return options;
    }

    Null handler;
    net::Worker worker;
    net::Server server;
    uint16_t port;
};

/// A service of routes, one of which takes a body.
struct Routed {
    Routed()
        : service({.header_bytes = 1024},
                  {route(net::HttpMethod::get), route(net::HttpMethod::post)}),
          port(service.listen(0)) {}
    static net::HttpRoute route(net::HttpMethod method) {
        net::HttpRoute result;
        result.method = method;
        result.path = "/";
        result.match = net::HttpMatch::prefix;
        result.handler = [](const net::HttpCall& call) {
            return net::text_answer(200, call.path + call.query + call.body);
        };
        result.max_body = method == net::HttpMethod::post ? 4096 : 0;
        return result;
    }

    net::HttpService service;
    uint16_t port;
};

void send_all(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) return;  // it has closed
        bytes.remove_prefix(static_cast<size_t>(sent));
    }
}

/// Reads until the server ends the connection.
void read_to_end(int fd) {
    std::array<char, 4096> bytes;
    ssize_t got = 0;
    do got = ::recv(fd, bytes.data(), bytes.size(), 0);
    while (got > 0);
    CHECK(got == 0 || errno == ECONNRESET);  // not a timeout
}

/// Sends all to a server, in pieces, and waits until it has ended the connection.
void talk(uint16_t port, std::string_view input, size_t piece, bool is_websocket) {
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    CHECK(fd >= 0);
    const timeval timeout{.tv_sec = 10, .tv_usec = 0};
    ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    CHECK(::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    if (is_websocket) {
        send_all(fd, HANDSHAKE);  // frames before its answer would be refused
        std::array<char, 4096> answer;
        CHECK(::recv(fd, answer.data(), answer.size(), 0) > 12);
        CHECK(std::string_view(answer.data(), 12) == "HTTP/1.1 101");
    }
    for (; !input.empty(); input.remove_prefix(std::min(piece, input.size())))
        send_all(fd, input.substr(0, piece));
    ::shutdown(fd, SHUT_WR);
    read_to_end(fd);
    ::close(fd);
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    static Served served;
    static Routed routed;
    if (size < 1) return 0;
    const uint8_t mode = data[0];
    const std::string_view input{reinterpret_cast<const char*>(data) + 1, size - 1};
    const bool is_websocket = (mode & 1) != 0;
    const size_t piece = mode < 2 ? size : mode / 2U;
    talk(served.port, input, piece, is_websocket);
    if (!is_websocket) talk(routed.port, input, piece, false);
    return 0;
}
