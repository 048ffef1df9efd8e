#pragma once

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <functional>
#include <list>
#include <mutex>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>

#include "net/tls_context.hpp"

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
        explicit Connection(int number, SSL* tls = nullptr) : number_(number), tls_(tls) {}
        /// Sends bytes; false: the other side has closed.
        bool send(std::string_view bytes) const {
            while (!bytes.empty()) {
                const auto sent =
                    tls_ != nullptr ? SSL_write(tls_, bytes.data(), static_cast<int>(bytes.size()))
                                    : ::send(number_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
                if (sent <= 0) return false;
                bytes.remove_prefix(static_cast<size_t>(sent));
            }
            return true;
        }
        /// Returns how many bytes came; 0: the other side has closed.
        [[nodiscard]] size_t receive(std::span<char> room) const {
            const auto got = tls_ != nullptr
                                 ? SSL_read(tls_, room.data(), static_cast<int>(room.size()))
                                 : recv(number_, room.data(), room.size(), 0);
            return got > 0 ? static_cast<size_t>(got) : 0;
        }
        /// Waits until the other side closes, and answers nothing.
        void wait_end() const {
            std::array<char, 256> piece{};
            while (receive(piece) > 0) {
            }
        }
        /// Ends it as who cuts the line does: with TLS, without saying that it is the end.
        void cut() const { shutdown(number_, SHUT_RDWR); }

      private:
        int number_;
        SSL* tls_;
    };
    /// Answers a request; false: the connection is closed behind it.
    using Answer = std::function<bool(const Request&, const Connection&)>;

    /// @param tls  nullopt: HTTP without TLS.
    explicit TestPeer(Answer answer, std::optional<TlsServerOptions> tls = {})
        : answer_(std::move(answer)) {
        if (tls) {
            tls_.emplace(std::move(*tls));
            std::signal(SIGPIPE,
                        SIG_IGN);  // NOLINT(cert-err33-c): OpenSSL writes to closed sockets
        }
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

    [[nodiscard]] std::string url() const {
        return fmt::format("{}://127.0.0.1:{}", tls_ ? "https" : "http", port_);
    }
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
        SslPtr tls;
        bool is_open = true;
        if (tls_) {
            tls.reset(SSL_new(tls_->context.get()));
            SSL_set_fd(tls.get(), number);
            is_open = SSL_accept(tls.get()) == 1;
        }
        const Connection connection{number, tls.get()};
        std::string text;
        Request request;
        while (is_open && read_request(connection, text, request)) {
            ++requests_;
            if (!answer_(request, connection)) break;
        }
        if (tls && is_open) SSL_shutdown(tls.get());
        const std::lock_guard lock{mutex_};
        std::erase(open_, number);
        close(number);
    }
    static bool read_request(const Connection& connection, std::string& text, Request& request) {
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
            const auto got = connection.receive(piece);
            if (got == 0) return false;
            text.append(piece.data(), got);
        }
    }

    Answer answer_;
    std::optional<TlsServerContext> tls_;
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
