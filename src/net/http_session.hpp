#pragma once

// Of http_service.cpp only.

#include <boost/asio.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/status.hpp>
#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "net/http_request.hpp"
#include "net/http_service.hpp"

namespace scope::net::service {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;
using TcpSocket = asio::ip::tcp::socket;
using TlsSocket = asio::ssl::stream<TcpSocket>;
using TimePoint = std::chrono::steady_clock::time_point;

class Session;

/// What the sessions of a service share; all of it runs on the thread of the sockets.
class Sessions {
  public:
    Sessions() = default;
    virtual ~Sessions() = default;
    Sessions(const Sessions&) = delete;
    Sessions& operator=(const Sessions&) = delete;

    [[nodiscard]] virtual const HttpServiceOptions& options() const = 0;
    [[nodiscard]] virtual TimePoint now() const = 0;
    [[nodiscard]] virtual bool is_stopping() const = 0;
    /// Returns whose connection it is.
    [[nodiscard]] virtual const TlsPeer* peer_of(const SSL& connection) const = 0;
    /// Returns whether one more connection of this peer may be.
    [[nodiscard]] virtual bool admits(const TlsPeer* peer) const = 0;
    /// Returns the route of a request, or with what status there is none.
    [[nodiscard]] virtual Result<const HttpRoute*, http::status> find_route(
        http::verb verb, std::string_view path) const = 0;
    /// Sets what a session holds of a request. False: it would be too much, and isn't set.
    virtual bool hold_input(Session& session, size_t bytes) = 0;
    /// The same of an answer.
    virtual bool hold_output(Session& session, size_t bytes) = 0;
    /// Has a call answered by the session's deliver, some time; what is held of the request then is
    /// the handler's. False: too much waits.
    virtual bool submit(Session& session, const HttpRoute& route, HttpCall call) = 0;
    virtual void remove(Session& session) = 0;
};

/// A connection as the service has it.
class Session : public std::enable_shared_from_this<Session> {
  public:
    Session() = default;
    virtual ~Session() = default;
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    virtual void start() = 0;
    /// Sends the answer to its request.
    virtual void deliver(HttpAnswer answer) = 0;
    /// Ends what takes too long.
    virtual void tick(TimePoint now) = 0;
    /// Ends it in order.
    virtual void leave() = 0;
    /// Ends it at once.
    virtual void end() = 0;
    /// Since when nothing but its next request, or its handshake, was waited for; nullopt: it is at
    /// work.
    [[nodiscard]] virtual std::optional<TimePoint> idle_since() const = 0;

    const TlsPeer* peer = nullptr;
    size_t input = 0;  ///< bytes held for it
    size_t output = 0;
};

/// One on a socket, which is TcpSocket or TlsSocket.
template <typename Stream>
class SessionOn final : public Session {
  public:
    SessionOn(Sessions& sessions, Stream stream)
        : sessions_(sessions), stream_(std::move(stream)) {}

    void start() override {
        enter(Phase::opening);
        if constexpr (IS_TLS) {
            stream_.async_handshake(asio::ssl::stream_base::server,
                                    [self = self()](error_code error) {
                                        if (self->has_ended_) return;
                                        // The client has to read why.
                                        if (error) return self->linger();
                                        self->begin();
                                    });
        } else {
            begin();
        }
    }

    void deliver(HttpAnswer answer) override {
        if (phase_ == Phase::answering) respond(std::move(answer));
    }

    void tick(TimePoint now) override {
        if (now < deadline_) return;
        if (phase_ != Phase::answering) return end();
        keep_alive_ = false;
        respond(text_answer(503, "no answer in time"));
    }

    void leave() override {
        if (phase_ == Phase::answering) return respond(text_answer(503, "the service ends"));
        if (phase_ != Phase::sending) end();
    }

    void end() override {
        if (std::exchange(has_ended_, true)) return;
        error_code ignored;
        ignored = socket().close(ignored);
        sessions_.remove(*this);
    }

    [[nodiscard]] std::optional<TimePoint> idle_since() const override {
        if (phase_ == Phase::opening || phase_ == Phase::idle) return entered_;
        return std::nullopt;
    }

  private:
    static constexpr bool IS_TLS = std::is_same_v<Stream, TlsSocket>;
    static constexpr size_t LEAST_ROOM = 4096;
    static constexpr size_t MOST_ROOM = 65536;

    /// What it waits for.
    enum class Phase : uint8_t {
        opening,    ///< the handshake, and the first byte of all
        idle,       ///< a further request's first byte
        receiving,  ///< a request's end
        answering,  ///< the handler
        sending,    ///< the answer's end
        closing,    ///< the client, to end what it sends
    };

    std::shared_ptr<SessionOn> self() {
        return std::static_pointer_cast<SessionOn>(shared_from_this());
    }
    TcpSocket& socket() {
        if constexpr (IS_TLS) {
            return stream_.next_layer();
        } else {
            return stream_;
        }
    }

    void enter(Phase phase) {
        const auto& options = sessions_.options();
        const auto limit = [&] {
            switch (phase) {
                case Phase::opening:
                    return options.first_byte_timeout;
                case Phase::idle:
                    return options.idle_timeout;
                case Phase::receiving:
                    return options.request_timeout;
                case Phase::answering:
                    return options.answer_timeout;
                case Phase::sending:
                    return options.write_timeout;
                case Phase::closing:
                    break;
            }
            return options.close_timeout;
        };
        phase_ = phase;
        entered_ = sessions_.now();
        deadline_ = entered_ + limit();
    }

    // --- Requests.

    void begin() {
        if constexpr (IS_TLS) {
            const auto* const who = sessions_.peer_of(*stream_.native_handle());
            if (!sessions_.admits(who)) return end();
            peer = who;
        }
        next_request();
    }

    void next_request() {
        if (sessions_.is_stopping()) return end();
        // Of the body its route's bound counts, once that is known.
        request_.emplace(sessions_.options().header_bytes, SIZE_MAX);
        route_ = nullptr;
        if (buffer_.size() == 0) {
            if (buffer_.capacity() > LEAST_ROOM) buffer_.shrink_to_fit();
            if (has_begun_) enter(Phase::idle);
            return read();
        }
        enter(Phase::receiving);
        parse();  // what the client sent without waiting for the answer
    }

    void read() {
        const size_t room = std::clamp(request_->body.size(), LEAST_ROOM, MOST_ROOM);
        stream_.async_read_some(buffer_.prepare(room),
                                [self = self()](error_code error, size_t size) {
                                    if (self->has_ended_) return;
                                    if (error) return self->end();
                                    self->has_begun_ = true;
                                    self->buffer_.commit(size);
                                    if (self->idle_since()) self->enter(Phase::receiving);
                                    self->parse();
                                });
    }

    void parse() {
        while (buffer_.size() > 0 && !request_->is_done()) {
            error_code error;
            buffer_.consume(request_->put(buffer_.data(), error));
            if (route_ == nullptr && request_->is_header_done() && !choose_route()) return;
            if (error == http::error::need_more) break;
            if (error) return refuse(error);
        }
        if (route_ != nullptr && request_->body.size() > route_->max_body) return too_large();
        if (!sessions_.hold_input(*this, buffer_.size() + request_->body.size()))
            return refuse(503, "too many requests are being received");
        if (request_->is_done()) return handle();
        if (request_->is_header_done() && std::exchange(request_->expects_continue, false))
            return allow_body();
        read();
    }

    /// Finds who answers; false: nobody, or not so much, which has been told.
    bool choose_route() {
        const auto path = std::string_view{request_->target}.substr(0, request_->target.find('?'));
        const auto found = sessions_.find_route(request_->verb, path);
        if (!found) {
            const bool is_path = found.error() == http::status::method_not_allowed;
            refuse(static_cast<unsigned>(found.error()),
                   is_path ? "this path takes another method" : "there is no such path");
            return false;
        }
        route_ = *found;
        const auto left = request_->content_length_remaining();
        if (!left || *left + request_->body.size() <= route_->max_body) return true;
        too_large();
        return false;
    }

    void too_large() {
        refuse(413, fmt::format("a request has at most {} bytes here", route_->max_body));
    }

    /// Tells a client to go on that asked whether to send the body.
    void allow_body() {
        static constexpr std::string_view CONTINUE = "HTTP/1.1 100 Continue\r\n\r\n";
        asio::async_write(stream_, asio::buffer(CONTINUE),
                          [self = self()](error_code error, size_t) {
                              if (self->has_ended_) return;
                              if (error) return self->end();
                              self->read();
                          });
    }

    void handle() {
        keep_alive_ = request_->keep_alive() && request_->version >= 11;
        const std::string& target = request_->target;
        const size_t mark = target.find('?');
        HttpCall call{.path = target.substr(0, mark),
                      .query = mark == std::string::npos ? "" : target.substr(mark + 1),
                      .body = std::move(request_->body),
                      .peer = peer};
        enter(Phase::answering);
        if (!sessions_.submit(*this, *route_, std::move(call)))
            respond(text_answer(503, "too many requests wait"));
    }

    /// Answers a request that isn't read to its end: where the next begins is not known then.
    void refuse(unsigned status, std::string_view line) {
        keep_alive_ = false;
        respond(text_answer(status, line));
    }
    void refuse(const error_code& error) {
        if (error == http::error::header_limit) return refuse(431, "the header is too large");
        refuse(400, "this is no HTTP");
    }

    // --- Answers.

    void respond(HttpAnswer answer) {
        sessions_.hold_input(*this, 0);
        if (!sessions_.hold_output(*this, answer.body.size())) return end();
        if (sessions_.is_stopping()) keep_alive_ = false;
        body_ = std::move(answer.body);
        const auto reason = http::obsolete_reason(static_cast<http::status>(answer.status));
        header_ = fmt::format(
            "HTTP/1.1 {} {}\r\nContent-Type: {}\r\nContent-Length: {}\r\n{}{}\r\n", answer.status,
            std::string_view{reason.data(), reason.size()}, answer.content_type, body_.size(),
            answer.status == 503 ? "Retry-After: 1\r\n" : "",
            keep_alive_ ? "" : "Connection: close\r\n");
        enter(Phase::sending);
        const std::array buffers{asio::buffer(header_), asio::buffer(body_)};
        asio::async_write(stream_, buffers, [self = self()](error_code error, size_t) {
            if (self->has_ended_) return;
            if (error) return self->end();
            self->body_ = {};
            self->sessions_.hold_output(*self, 0);
            if (self->keep_alive_) return self->next_request();
            self->finish();
        });
    }

    /// Says that nothing more is sent.
    void finish() {
        enter(Phase::closing);
        if constexpr (IS_TLS) {
            stream_.async_shutdown([self = self()](error_code) {
                if (self->has_ended_) return;
                self->linger();
            });
        } else {
            linger();
        }
    }

    /// Waits for the client to have read what it was told: closing at once would take that back, if
    /// the client is still sending.
    void linger() {
        if (phase_ != Phase::closing) enter(Phase::closing);
        error_code ignored;
        ignored = socket().shutdown(asio::socket_base::shutdown_send, ignored);
        discard();
    }
    void discard() {
        buffer_.clear();
        socket().async_read_some(buffer_.prepare(LEAST_ROOM),
                                 [self = self()](error_code error, size_t) {
                                     if (self->has_ended_) return;
                                     if (error) return self->end();
                                     self->discard();
                                 });
    }

    Sessions& sessions_;
    Stream stream_;
    Phase phase_ = Phase::opening;
    TimePoint entered_;
    TimePoint deadline_;
    bool has_ended_ = false;
    bool has_begun_ = false;  ///< something of a request has come

    boost::beast::flat_buffer buffer_;
    std::optional<HttpRequest> request_;
    const HttpRoute* route_ = nullptr;  ///< of the request, once its header is there
    bool keep_alive_ = true;

    std::string header_;
    std::string body_;
};

}  // namespace scope::net::service
