#pragma once

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <functional>
#include <list>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>

namespace scope::net {

/// A server on loopback that does on each connection what a test says: what a broken one, a slow one
/// or a liar does.
class TestPeer {
  public:
    struct Request {
        std::string method;
        std::string target;
        std::string body;
    };
    class Connection {
      public:
        explicit Connection(int number) : number_(number) {}
        /// Sends bytes; false: the other side has closed.
        bool send(std::string_view bytes) const {
            while (!bytes.empty()) {
                const auto sent = ::send(number_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
                if (sent <= 0) return false;
                bytes.remove_prefix(static_cast<size_t>(sent));
            }
            return true;
        }
        /// Waits until the other side closes, and answers nothing.
        void wait_end() const {
            std::array<char, 256> piece{};
            while (recv(number_, piece.data(), piece.size(), 0) > 0) {
            }
        }

      private:
        int number_;
    };
    /// Answers a request; false: the connection is closed behind it.
    using Answer = std::function<bool(const Request&, const Connection&)>;

    explicit TestPeer(Answer answer) : answer_(std::move(answer)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        auto* const any = reinterpret_cast<sockaddr*>(&address);
        if (listener_ < 0 || bind(listener_, any, size) != 0 || listen(listener_, 16) != 0 ||
            getsockname(listener_, any, &size) != 0)
            throw std::runtime_error{"no port to listen on"};
        port_ = ntohs(address.sin_port);
        accepting_ = std::thread{[this] { accept_all(); }};
    }
    ~TestPeer() {
        shutdown(listener_, SHUT_RDWR);
        accepting_.join();
        close(listener_);
        {
            const std::lock_guard lock{mutex_};
            for (const int number : open_) shutdown(number, SHUT_RDWR);
        }
        for (auto& thread : threads_) thread.join();
    }
    TestPeer(const TestPeer&) = delete;
    TestPeer& operator=(const TestPeer&) = delete;

    [[nodiscard]] std::string url() const { return fmt::format("http://127.0.0.1:{}", port_); }
    [[nodiscard]] int connections() const noexcept { return connections_; }
    [[nodiscard]] int requests() const noexcept { return requests_; }

    /// Returns an answer of HTTP/1.1 with its length.
    static std::string response(std::string_view body, std::string_view status = "200 OK") {
        return fmt::format("HTTP/1.1 {}\r\nContent-Length: {}\r\n\r\n{}", status, body.size(),
                           body);
    }

  private:
    void accept_all() {
        for (;;) {
            const int number = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
            if (number < 0) return;
            ++connections_;
            const std::lock_guard lock{mutex_};
            open_.push_back(number);
            threads_.emplace_back([this, number] { serve(number); });
        }
    }
    void serve(int number) {
        const Connection connection{number};
        std::string text;
        Request request;
        while (read_request(number, text, request)) {
            ++requests_;
            if (!answer_(request, connection)) break;
        }
        const std::lock_guard lock{mutex_};
        std::erase(open_, number);
        close(number);
    }
    static bool read_request(int number, std::string& text, Request& request) {
        constexpr std::string_view LENGTH = "Content-Length: ";
        std::array<char, 65536> piece{};
        for (;;) {
            if (const auto end = text.find("\r\n\r\n"); end != std::string::npos) {
                const auto at = text.find(LENGTH);
                const size_t length = at < end ? std::stoull(text.substr(at + LENGTH.size())) : 0;
                if (text.size() >= end + 4 + length) {
                    const auto space = text.find(' ');
                    request.method = text.substr(0, space);
                    request.target = text.substr(space + 1, text.find(' ', space + 1) - space - 1);
                    request.body = text.substr(end + 4, length);
                    text.erase(0, end + 4 + length);
                    return true;
                }
            }
            const auto got = recv(number, piece.data(), piece.size(), 0);
            if (got <= 0) return false;
            text.append(piece.data(), static_cast<size_t>(got));
        }
    }

    Answer answer_;
    int listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    uint16_t port_ = 0;
    std::atomic<int> connections_ = 0;
    std::atomic<int> requests_ = 0;
    std::mutex mutex_;
    std::list<int> open_;
    std::list<std::thread> threads_;
    std::thread accepting_;
};

}  // namespace scope::net
