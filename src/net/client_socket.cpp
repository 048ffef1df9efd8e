#include "net/client_socket.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace scope::net {

namespace {

using Rule = HttpError::Rule;
using Clock = std::chrono::steady_clock;

std::unexpected<HttpError> refuse(Rule rule, std::string reason) {
    return std::unexpected{HttpError{rule, std::move(reason)}};
}

std::unexpected<HttpError> refuse_errno(std::string_view what) {
    return refuse(Rule::unreachable, fmt::format("{}: {}", what, std::strerror(errno)));
}

bool would_block() {
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

// --- OpenSSL's way to the socket. Its own has no MSG_NOSIGNAL, and a signal would end the process.

int socket_of(BIO* bio) {
    return static_cast<int>(reinterpret_cast<intptr_t>(BIO_get_data(bio)));
}
int bio_write(BIO* bio, const char* data, int size) {
    BIO_clear_retry_flags(bio);
    const auto sent = ::send(socket_of(bio), data, static_cast<size_t>(size), MSG_NOSIGNAL);
    if (sent < 0 && would_block()) BIO_set_retry_write(bio);
    return static_cast<int>(sent);
}
int bio_read(BIO* bio, char* data, int size) {
    BIO_clear_retry_flags(bio);
    const auto got = ::recv(socket_of(bio), data, static_cast<size_t>(size), 0);
    if (got < 0 && would_block()) BIO_set_retry_read(bio);
    return static_cast<int>(got);
}
long bio_control(BIO* /*bio*/, int command, long /*number*/, void* /*pointer*/) {
    return command == BIO_CTRL_FLUSH ? 1 : 0;
}

const BIO_METHOD* socket_method() {
    static const std::unique_ptr<BIO_METHOD, FreeBy<BIO_meth_free>> method = [] {
        std::unique_ptr<BIO_METHOD, FreeBy<BIO_meth_free>> made{
            BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "scope socket")};
        CHECK(made != nullptr && BIO_meth_set_write(made.get(), bio_write) == 1 &&
              BIO_meth_set_read(made.get(), bio_read) == 1 &&
              BIO_meth_set_ctrl(made.get(), bio_control) == 1);
        return made;
    }();
    return method.get();
}

}  // namespace

ClientSocket::~ClientSocket() {
    if (tls_ && SSL_is_init_finished(tls_.get()) == 1) SSL_shutdown(tls_.get());
    ERR_clear_error();
    tls_.reset();
    if (number_ >= 0) close(number_);
}

ClientSocket::ClientSocket(ClientSocket&& other) noexcept
    : number_(std::exchange(other.number_, -1)),
      context_(other.context_),
      tls_(std::move(other.tls_)) {}

ClientSocket& ClientSocket::operator=(ClientSocket&& other) noexcept {
    std::swap(number_, other.number_);
    std::swap(context_, other.context_);
    std::swap(tls_, other.tls_);
    return *this;
}

Result<void, HttpError> ClientSocket::wait(short events, Deadline deadline) const {
    for (;;) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
        pollfd waited{.fd = number_, .events = events, .revents = 0};
        const int found = left.count() <= 0 ? 0 : poll(&waited, 1, static_cast<int>(left.count()));
        if (found > 0) return {};
        if (found == 0) return refuse(Rule::slow, "no answer in time");
        if (errno != EINTR) return refuse_errno("poll");
    }
}

Result<ClientSocket, HttpError> ClientSocket::connect(const HttpUrl& url,
                                                      const TlsClientContext* tls,
                                                      Deadline deadline) {
    addrinfo wanted{};
    wanted.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (const int error = getaddrinfo(url.host.c_str(), url.port.c_str(), &wanted, &found);
        error != 0)
        return refuse(Rule::unreachable, gai_strerror(error));
    const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> addresses{found, freeaddrinfo};
    HttpError last{Rule::unreachable, "no address"};
    const auto connect_to = [&](const addrinfo& address) -> Result<ClientSocket, HttpError> {
        ClientSocket connection{socket(address.ai_family,
                                       address.ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK,
                                       address.ai_protocol)};
        const int number = connection.number_;
        if (number < 0) return refuse_errno("socket");
        const int yes = 1;
        setsockopt(number, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        if (::connect(number, address.ai_addr, address.ai_addrlen) != 0) {
            if (errno != EINPROGRESS) return refuse_errno("connect");
            TRY_VOID(connection.wait(POLLOUT, deadline));
            int error = 0;
            socklen_t size = sizeof error;
            if (getsockopt(number, SOL_SOCKET, SO_ERROR, &error, &size) == 0) errno = error;
            if (errno != 0) return refuse_errno("connect");
        }
        if (tls != nullptr) TRY_VOID(connection.shake_hands(*tls, url, deadline));
        return connection;
    };
    for (const addrinfo* address = found; address != nullptr; address = address->ai_next) {
        auto connection = connect_to(*address);
        if (connection) return connection;
        last = std::move(connection).error();
    }
    return std::unexpected{std::move(last)};
}

Result<void, HttpError> ClientSocket::write(std::string_view bytes, Deadline deadline) {
    while (!bytes.empty()) {
        if (tls_) {
            ERR_clear_error();
            size_t sent = 0;
            const int result = SSL_write_ex(tls_.get(), bytes.data(), bytes.size(), &sent);
            bytes.remove_prefix(sent);
            if (result == 1) continue;
            const auto ready = wait_for_tls(result, deadline);
            if (!ready && ready.error().rule == Rule::unreachable) {
                // It may have said why, before it closed.
                char ignored = 0;
                ERR_clear_error();
                size_t got = 0;
                const int read = SSL_read_ex(tls_.get(), &ignored, 1, &got);
                if (SSL_get_error(tls_.get(), read) == SSL_ERROR_SSL)
                    return std::unexpected{tls_failure()};
            }
            if (!ready) return std::unexpected{ready.error()};
            if (!*ready) return refuse(Rule::unreachable, "it closes the connection");
            continue;
        }
        const auto sent = ::send(number_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent >= 0) {
            bytes.remove_prefix(static_cast<size_t>(sent));
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            TRY_VOID(wait(POLLOUT, deadline));
        } else if (errno != EINTR) {
            return refuse_errno("send");
        }
    }
    return {};
}

Result<size_t, HttpError> ClientSocket::read(std::span<char> bytes, Deadline deadline) {
    for (;;) {
        if (Clock::now() >= deadline) return refuse(Rule::slow, "no whole answer in time");
        if (tls_) {
            ERR_clear_error();
            size_t got = 0;
            const int result = SSL_read_ex(tls_.get(), bytes.data(), bytes.size(), &got);
            if (result == 1) return got;
            if (!TRY(wait_for_tls(result, deadline))) return 0;
            continue;
        }
        const auto got = recv(number_, bytes.data(), bytes.size(), 0);
        if (got >= 0) return static_cast<size_t>(got);
        if (errno == EAGAIN || errno == EWOULDBLOCK) {
            TRY_VOID(wait(POLLIN, deadline));
        } else if (errno != EINTR) {
            return refuse_errno("recv");
        }
    }
}

bool ClientSocket::is_quiet() const {
    if (tls_ && SSL_has_pending(tls_.get()) == 1) return false;
    pollfd waited{.fd = number_, .events = POLLIN, .revents = 0};
    return poll(&waited, 1, 0) == 0;
}

// --- TLS.

Result<void, HttpError> ClientSocket::shake_hands(const TlsClientContext& tls, const HttpUrl& url,
                                                  Deadline deadline) {
    context_ = &tls;
    tls_ = tls.connection_to(url.host);
    if (!tls_) return refuse(Rule::tls, "its host is no name that a certificate can have");
    BIO* const bio = BIO_new(socket_method());
    if (bio == nullptr) throw std::bad_alloc{};
    BIO_set_data(bio, reinterpret_cast<void*>(static_cast<intptr_t>(number_)));
    BIO_set_init(bio, 1);
    SSL_set_bio(tls_.get(), bio, bio);
    for (;;) {
        if (Clock::now() >= deadline) return refuse(Rule::slow, "no TLS in time");
        ERR_clear_error();
        const int result = SSL_do_handshake(tls_.get());
        if (result == 1) return {};
        if (!TRY(wait_for_tls(result, deadline)))
            return refuse(Rule::unreachable, "it closes the connection");
    }
}

Result<bool, HttpError> ClientSocket::wait_for_tls(int result, Deadline deadline) const {
    switch (SSL_get_error(tls_.get(), result)) {
        case SSL_ERROR_WANT_READ:
            TRY_VOID(wait(POLLIN, deadline));
            return true;
        case SSL_ERROR_WANT_WRITE:
            TRY_VOID(wait(POLLOUT, deadline));
            return true;
        case SSL_ERROR_ZERO_RETURN:
            return false;
        case SSL_ERROR_SSL:
            return std::unexpected{tls_failure()};
        default:
            return refuse(Rule::unreachable, "it closes the connection, without an end of TLS");
    }
}

HttpError ClientSocket::tls_failure() const {
    const int reason = ERR_GET_REASON(ERR_peek_error());
    if (reason == SSL_R_UNEXPECTED_EOF_WHILE_READING)
        return {Rule::unreachable, "it closes the connection, without an end of TLS"};
    if (const auto verified = SSL_get_verify_result(tls_.get()); verified != X509_V_OK) {
        if (context_->options.peer)
            return {Rule::tls,
                    fmt::format("its key is not {}", to_string(*context_->options.peer))};
        return {Rule::tls,
                fmt::format("its certificate: {}", X509_verify_cert_error_string(verified))};
    }
    const char* const text = ERR_reason_error_string(ERR_peek_error());
    const bool is_alert = reason >= SSL_AD_REASON_OFFSET;
    return {Rule::tls, fmt::format("{}: {}", is_alert ? "it refuses this client" : "TLS",
                                   text == nullptr ? "unknown" : text)};
}

}  // namespace scope::net
