#include "net/test_client.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cctype>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace scope::net {
namespace {

[[noreturn]] void fail(const char* what) {
    throw std::runtime_error{fmt::format("{}: {}", what, std::strerror(errno))};
}

}  // namespace

TestClient::TestClient(uint16_t port, int receive_buffer)
    : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    if (socket_ < 0) fail("socket");
    if (receive_buffer > 0)
        ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    const timeval timeout{.tv_sec = 20, .tv_usec = 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
    ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        fail("connect");
}

TestClient::~TestClient() {
    if (socket_ >= 0) ::close(socket_);
}

TestClient::TestClient(TestClient&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)),
      buffer_(std::move(other.buffer_)),
      at_(other.at_) {}

bool TestClient::send(std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent < 0 && (errno == EPIPE || errno == ECONNRESET)) return false;
        if (sent < 0) fail("send");
        bytes.remove_prefix(static_cast<size_t>(sent));
    }
    return true;
}

void TestClient::end_sending() {
    ::shutdown(socket_, SHUT_WR);
}

bool TestClient::fill() {
    char bytes[65536];
    const ssize_t size = ::recv(socket_, bytes, sizeof bytes, 0);
    if (size < 0 && errno != ECONNRESET) fail("recv");
    if (size <= 0) return false;
    buffer_.append(bytes, static_cast<size_t>(size));
    return true;
}

bool TestClient::need(size_t bytes) {
    while (buffer_.size() - at_ < bytes)
        if (!fill()) return false;
    return true;
}

std::string TestClient::take(size_t bytes) {
    if (!need(bytes)) throw std::runtime_error{"the connection ended within a message"};
    std::string text = buffer_.substr(at_, bytes);
    at_ += bytes;
    if (at_ == buffer_.size()) {
        buffer_.clear();
        at_ = 0;
    }
    return text;
}

std::string TestClient::take_line() {
    for (;;) {
        const size_t end = buffer_.find("\r\n", at_);
        if (end != std::string::npos) {
            std::string line = take(end + 2 - at_);
            line.resize(line.size() - 2);
            return line;
        }
        if (!fill()) throw std::runtime_error{"the connection ended within a line"};
    }
}

std::string TestClient::read_all() {
    while (fill()) {
    }
    return take(buffer_.size() - at_);
}

TestClient::Response TestClient::read_response(bool has_body) {
    Response response;
    if (!need(1)) return response;
    response.status = std::stoi(take_line().substr(9, 3));
    for (std::string line = take_line(); !line.empty(); line = take_line()) {
        const size_t colon = line.find(": ");
        std::string name = line.substr(0, colon);
        for (char& c : name) c = static_cast<char>(std::tolower(c));
        response.fields[name] = line.substr(colon + 2);
    }
    if (!has_body || response.status == 204 || response.status == 101 || response.status == 100)
        return response;
    if (response.fields["transfer-encoding"] != "chunked") {
        response.body = take(std::stoul(response.fields.at("content-length")));
        return response;
    }
    for (size_t size = 1; size > 0;) {
        size = std::stoul(take_line(), nullptr, 16);
        response.body += take(size);
        take(2);
    }
    return response;
}

TestClient::Response TestClient::post(std::string_view body, std::string_view path,
                                      std::string_view fields) {
    send(post_text(body, path, fields));
    return read_response();
}

TestClient::Response TestClient::request(std::string_view method, std::string_view path,
                                         std::string_view fields) {
    send(fmt::format("{} {} HTTP/1.1\r\nHost: x\r\n{}\r\n", method, path, fields));
    return read_response(method != "HEAD");
}

int TestClient::open_websocket(std::string_view path, std::string_view fields) {
    const auto upgrade = fmt::format(
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{}",
        fields);
    return request("GET", path, upgrade).status;
}

bool TestClient::send_frame(int opcode, std::string_view payload, bool is_final) {
    std::string frame;
    const auto add = [&](uint64_t byte) { frame += static_cast<char>(byte & 0xff); };
    add(static_cast<uint64_t>(opcode) | (is_final ? 0x80 : 0));
    const uint64_t size = payload.size();
    if (size < 126) {
        add(0x80 | size);
    } else {
        const int bytes = size < 65536 ? 2 : 8;
        add(0x80 | (bytes == 2 ? 126 : 127));
        for (int i = bytes - 1; i >= 0; --i) add(size >> (8 * i));
    }
    static constexpr char MASK[] = {0x12, 0x34, 0x56, 0x78};
    frame.append(MASK, sizeof MASK);
    for (size_t i = 0; i < payload.size(); ++i)
        frame += static_cast<char>(payload[i] ^ MASK[i % sizeof MASK]);
    return send(frame);
}

TestClient::Frame TestClient::read_frame() {
    if (!need(2)) return {.opcode = -1, .payload = {}};
    const std::string head = take(2);
    Frame frame{.opcode = head[0] & 0x0f, .is_final = (head[0] & 0x80) != 0, .payload = {}};
    uint64_t size = static_cast<uint64_t>(head[1] & 0x7f);
    if (size >= 126) {
        const std::string bytes = take(size == 126 ? 2 : 8);
        size = 0;
        for (const char byte : bytes) size = size << 8 | static_cast<unsigned char>(byte);
    }
    frame.payload = take(size);
    return frame;
}

std::string TestClient::read_text() {
    for (;;) {
        Frame frame = read_frame();
        if (frame.opcode == 1) return std::move(frame.payload);
        if (frame.opcode == 8 || frame.opcode == -1)
            throw std::runtime_error{"the connection ended, where a message should be"};
    }
}

int TestClient::read_close() {
    for (;;) {
        const Frame frame = read_frame();
        if (frame.opcode == -1) return 0;
        if (frame.opcode != 8 || frame.payload.size() < 2) continue;
        return static_cast<unsigned char>(frame.payload[0]) << 8 |
               static_cast<unsigned char>(frame.payload[1]);
    }
}

std::string post_text(std::string_view body, std::string_view path, std::string_view fields) {
    return fmt::format("POST {} HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n{}\r\n{}", path,
                       body.size(), fields, body);
}

}  // namespace scope::net
