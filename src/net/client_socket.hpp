#pragma once

// Of http_client.cpp only, and of who speaks another protocol over the same sockets.

#include <chrono>
#include <span>
#include <string_view>

#include "net/http_client.hpp"
#include "net/tls_context.hpp"

namespace scope::net {

/// A connection to a server, with TLS or without, of which no operation goes on behind a deadline.
class ClientSocket {
  public:
    using Deadline = std::chrono::steady_clock::time_point;

    /// None.
    ClientSocket() = default;
    /// Ends TLS as it should, if there is room to say so, and closes.
    ~ClientSocket();
    ClientSocket(ClientSocket&& other) noexcept;
    ClientSocket& operator=(ClientSocket&& other) noexcept;

    /// Connects to a server, and shakes hands. Looking up its name is bounded by the system alone.
    /// @param tls  Null: without TLS. REQUIRES: lives as long as the connection.
    static Result<ClientSocket, HttpError> connect(const HttpUrl& url, const TlsClientContext* tls,
                                                   Deadline deadline);

    explicit operator bool() const noexcept { return number_ >= 0; }

    /// Sends all of it.
    Result<void, HttpError> write(std::string_view bytes, Deadline deadline);
    /// Waits for something, and returns how many bytes of it are there; 0: the other side has ended
    /// in order. With TLS an end that isn't said is an error: somebody may have cut it short.
    Result<size_t, HttpError> read(std::span<char> bytes, Deadline deadline);
    /// Returns whether nothing has come that wasn't read, the end neither.
    [[nodiscard]] bool is_quiet() const;

  private:
    explicit ClientSocket(int number) noexcept : number_(number) {}

    [[nodiscard]] Result<void, HttpError> wait(short events, Deadline deadline) const;
    Result<void, HttpError> shake_hands(const TlsClientContext& tls, const HttpUrl& url,
                                        Deadline deadline);
    /// Waits for what an operation of TLS needs that gave @p result; false: the other side has
    /// ended in order.
    Result<bool, HttpError> wait_for_tls(int result, Deadline deadline) const;
    /// Returns why TLS failed, by OpenSSL's errors.
    [[nodiscard]] HttpError tls_failure() const;

    int number_ = -1;
    const TlsClientContext* context_ = nullptr;
    SslPtr tls_;
};

}  // namespace scope::net
