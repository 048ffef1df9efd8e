#pragma once

// Of server.cpp only: Boost is compiled there and nowhere else.

#include <boost/beast/core/flat_buffer.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include "net/gzip.hpp"
#include "net/handler_memory.hpp"
#include "net/http_request.hpp"
#include "net/network.hpp"
#include "net/websocket_connection.hpp"

namespace scope::net {

/// A connection that speaks HTTP, one request after the other. One that asks for WebSocket becomes
/// a WebSocketConnection.
class HttpConnection final : public Connection {
  public:
    HttpConnection(Network& network, const Port& port, Socket socket)
        : network_(network),
          port_(port),
          socket_(std::move(socket)),
          request_(network.options.header_bytes, network.options.request_bytes) {
        network_.metrics.connected(Metrics::Transport::http);
    }
    ~HttpConnection() override { network_.metrics.disconnected(Metrics::Transport::http); }

    /// Takes requests.
    void start();
    void deliver(Delivery&& delivery) override;
    void tick(TimePoint now) override;
    void leave() override;
    void abort() override { end(); }
    [[nodiscard]] std::optional<TimePoint> idle_since() const override;

  private:
    /// Room for what comes next, which is kept between requests.
    static constexpr size_t LEAST_ROOM = 4096;

    /// What it waits for.
    enum class Phase {
        opening,    ///< the first byte of all
        idle,       ///< a further request's first byte
        receiving,  ///< a request's end
        answering,  ///< the worker
        sending,    ///< the answer's end
        lingering,  ///< the client, to end what it sends
    };

    void enter(Phase phase);
    void next_request();
    void read();
    void parse();
    void allow_body();
    void handle();
    void handle_get();
    void handle_call();
    void upgrade();
    void refuse(const error_code& error);

    void respond_text(http::status status, std::string text, std::string_view fields = {});
    void respond(http::status status, std::string_view fields, Answer&& answer);
    void write_compressed();
    void write(bool with_answer);
    void written();
    void linger();
    void end();

    std::shared_ptr<HttpConnection> self() {
        return std::static_pointer_cast<HttpConnection>(shared_from_this());
    }

    Network& network_;
    const Port& port_;
    Socket socket_;
    Phase phase_ = Phase::opening;
    TimePoint entered_;  ///< the phase
    TimePoint deadline_;
    bool has_ended_ = false;

    HandlerMemory read_memory_;
    boost::beast::flat_buffer buffer_;
    HttpRequestReader request_;
    bool keep_alive_ = true;
    bool is_misread_ = false;  ///< where the next request begins is not known

    std::string header_;
    Answer answer_;
    std::optional<GzipStream> gzip_;  ///< while an answer is being compressed
    size_t compressed_ = 0;           ///< bytes of the answer that it has had
};

// --- Requests.

inline void HttpConnection::start() {
    enter(Phase::opening);
    read();
}

inline void HttpConnection::enter(Phase phase) {
    const ServerOptions& options = network_.options;
    phase_ = phase;
    entered_ = network_.now;
    switch (phase) {
        case Phase::opening:  // a new connection has something to say: no idling
            deadline_ = network_.now + options.first_byte_timeout;
            break;
        case Phase::idle:
            deadline_ = network_.now + options.idle_timeout;
            break;
        case Phase::receiving:
            deadline_ = network_.now + options.request_timeout;
            break;
        case Phase::answering:  // may take as long as the handler takes
            deadline_ = TimePoint::max();
            break;
        case Phase::sending:
            deadline_ = network_.now + options.write_timeout;
            break;
        case Phase::lingering:
            deadline_ = network_.now + options.close_timeout;
            break;
    }
}

inline void HttpConnection::next_request() {
    request_.next();
    if (network_.is_stopping) return end();
    if (buffer_.size() == 0) {
        if (buffer_.capacity() > LEAST_ROOM) buffer_.shrink_to_fit();
        enter(Phase::idle);
        return read();
    }
    enter(Phase::receiving);
    parse();  // what the client sent without waiting for the answer
}

inline void HttpConnection::read() {
    constexpr size_t MOST = 65536;
    const size_t room = std::clamp(request_->body.size(), LEAST_ROOM, MOST);
    auto handler = [self = self()](error_code error, size_t size) {
        if (self->has_ended_) return;
        if (error) return self->end();
        self->buffer_.commit(size);
        self->network_.metrics.received(size);
        if (self->idle_since()) self->enter(Phase::receiving);
        self->parse();
    };
    // It is free again when the handler is called, which holds the connection that has it.
    socket_.async_read_some(
        buffer_.prepare(room),
        asio::bind_allocator(HandlerAllocator<std::byte>{read_memory_}, std::move(handler)));
}

inline void HttpConnection::parse() {
    while (buffer_.size() > 0 && !request_.is_done()) {
        error_code error;
        buffer_.consume(request_.put(buffer_.data(), error));
        if (error == http::error::need_more) break;
        if (error) return refuse(error);
    }
    network_.hold_receiving(*this, buffer_.size() + request_->body.size());
    if (has_ended_) return;
    if (request_.is_done()) return handle();
    allow_body();
    read();
}

/// Tells a client to go on that asked whether to send the body. It is not worth waiting for: what
/// does not fit into the socket's buffer is lost, and the client goes on after a second.
inline void HttpConnection::allow_body() {
    if (!request_->is_header_done() || !request_->expects_continue) return;
    request_->expects_continue = false;
    error_code ignored;
    socket_.write_some(asio::buffer(std::string_view{"HTTP/1.1 100 Continue\r\n\r\n"}), ignored);
}

inline void HttpConnection::handle() {
    keep_alive_ = request_->keep_alive();
    switch (request_->verb) {
        case http::verb::post:
            return handle_call();
        case http::verb::get:
            return request_->upgrade() ? upgrade() : handle_get();
        case http::verb::options: {
            std::string fields = "Allow: GET, POST, OPTIONS\r\n";
            if (!network_.cors.empty()) {
                const std::string& asked = request_->asked_headers;
                fields += "Access-Control-Allow-Methods: GET, POST, OPTIONS\r\n";
                fields += "Access-Control-Allow-Headers: ";
                fields += asked.empty() ? "Content-Type" : asked;
                // The last: a page from elsewhere may call a server on the user's own machine.
                fields +=
                    "\r\nAccess-Control-Max-Age: 600\r\n"
                    "Access-Control-Allow-Private-Network: true\r\n";
            }
            return respond(http::status::no_content, fields, {});
        }
        default:
            return respond_text(http::status::method_not_allowed,
                                "JSON-RPC takes POST, or WebSocket\n",
                                "Allow: GET, POST, OPTIONS\r\n");
    }
}

inline void HttpConnection::handle_get() {
    const std::string_view path = path_of(request_->target);
    if (path == "/health") return respond_text(http::status::ok, "ok\n");
    if (path == "/ready") {
        const auto [is_ready, json] = network_.told.ready();
        const auto status = is_ready ? http::status::ok : http::status::service_unavailable;
        if (json.empty()) return respond_text(status, is_ready ? "ready\n" : "not ready\n");
        return respond(status, "Content-Type: application/json\r\n", {.head = json, .body = {}});
    }
    if (path == "/metrics") {
        network_.set_gauges();
        return respond(http::status::ok, "Content-Type: text/plain; version=0.0.4\r\n",
                       {.head = network_.metrics.text() + network_.told.metrics(), .body = {}});
    }
    if (!network_.chain_at(port_, path))
        return respond_text(http::status::not_found, "there is no such path\n");
    respond_text(http::status::method_not_allowed, "JSON-RPC takes POST, or WebSocket\n",
                 "Allow: POST, OPTIONS\r\n");
}

inline void HttpConnection::handle_call() {
    const auto chain_id = network_.chain_at(port_, path_of(request_->target));
    if (!chain_id) return respond_text(http::status::not_found, "there is no such chain\n");
    enter(Phase::answering);
    network_.submit(*this, {.chain_id = *chain_id,
                            .text = std::move(request_->body),
                            .is_abandoned = &network_.hub->is_closed()});
}

inline void HttpConnection::upgrade() {
    const auto chain_id = network_.chain_at(port_, path_of(request_->target));
    if (!chain_id) return respond_text(http::status::not_found, "there is no such chain\n");
    if (!network_.is_allowed(request_->origin))
        return respond_text(http::status::forbidden, "this origin may not call\n");
    if (buffer_.size() > 0) {
        is_misread_ = true;
        return respond_text(http::status::bad_request, "data before the handshake's answer\n");
    }
    const auto connection =
        std::make_shared<WebSocketConnection>(network_, *chain_id, std::move(socket_));
    has_ended_ = true;
    network_.replace(*this, connection);
    connection->start(*request_);
}

inline void HttpConnection::refuse(const error_code& error) {
    is_misread_ = true;
    keep_alive_ = false;
    if (error == http::error::body_limit)
        return respond_text(
            http::status::payload_too_large,
            fmt::format("a request has at most {} bytes\n", network_.options.request_bytes));
    if (error == http::error::header_limit)
        return respond_text(
            http::status::request_header_fields_too_large,
            fmt::format("a header has at most {} bytes\n", network_.options.header_bytes));
    respond_text(http::status::bad_request, "this is no HTTP: " + error.message() + "\n");
}

// --- Answers.

inline void HttpConnection::deliver(Delivery&& delivery) {
    if (phase_ != Phase::answering) return;
    respond(http::status::ok, "Content-Type: application/json\r\n", std::move(delivery.answer));
}

inline void HttpConnection::respond_text(http::status status, std::string text,
                                         std::string_view fields) {
    if (status != http::status::ok) network_.metrics.count(Metrics::Event::request_refused);
    if (request_->verb == http::verb::head) text.clear();
    respond(status, fmt::format("Content-Type: text/plain\r\n{}", fields),
            {.head = std::move(text), .body = {}});
}

inline void HttpConnection::respond(http::status status, std::string_view fields, Answer&& answer) {
    network_.hold_receiving(*this, 0);
    network_.hold_sending(*this, answer.size());
    if (has_ended_) return;
    if (is_misread_ || network_.is_stopping) keep_alive_ = false;
    answer_ = std::move(answer);
    const bool is_old = request_->version < 11;
    const bool is_compressed =
        request_->takes_gzip && !is_old && answer_.size() >= network_.options.gzip_from_bytes;
    // Pieces in a row: a format string is read anew for each answer.
    const auto append_number = [this](size_t number) {
        const fmt::format_int digits{number};
        header_.append(digits.data(), digits.size());
    };
    header_ = "HTTP/1.1 ";
    append_number(static_cast<unsigned>(status));
    header_ += ' ';
    header_ += std::string_view{http::obsolete_reason(status)};
    header_ += "\r\n";
    header_ += fields;
    header_ += network_.cors;
    if (!keep_alive_) header_ += "Connection: close\r\n";
    if (keep_alive_ && is_old) header_ += "Connection: keep-alive\r\n";
    if (is_compressed)
        header_ +=
            "Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\nVary: Accept-Encoding\r\n";
    if (!is_compressed && status != http::status::no_content) {
        header_ += "Content-Length: ";
        append_number(answer_.size());
        header_ += "\r\n";
    }
    header_ += "\r\n";
    enter(Phase::sending);
    if (!is_compressed) return write(true);
    gzip_.emplace();
    compressed_ = 0;
    write_compressed();
}

/// Sends the header and the next piece of a compressed answer, as a chunk; or its end. A piece is
/// what takes about a millisecond, so that a long answer holds up nobody else's.
inline void HttpConnection::write_compressed() {
    constexpr size_t PIECE = size_t{64} << 10;
    std::string chunk;
    const auto add = [&](const std::string& part, size_t begin) {
        const std::string_view piece = std::string_view{part}.substr(begin, PIECE);
        gzip_->add(piece, chunk);
        compressed_ += piece.size();
    };
    if (compressed_ < answer_.head.size())
        add(answer_.head, compressed_);
    else if (compressed_ < answer_.size())
        add(answer_.body, compressed_ - answer_.head.size());
    const bool is_last = compressed_ == answer_.size();
    if (is_last) gzip_->finish(chunk);
    if (!chunk.empty())
        fmt::format_to(std::back_inserter(header_), "{:x}\r\n{}\r\n", chunk.size(), chunk);
    if (is_last) {
        header_ += "0\r\n\r\n";
        gzip_.reset();
    }
    write(false);
}

/// Sends the header, and after it the answer if @p with_answer.
inline void HttpConnection::write(bool with_answer) {
    using std::string_view_literals::operator""sv;
    constexpr size_t SHORT = 4096;
    if (with_answer && answer_.size() <= SHORT) {  // one buffer is sent faster than three
        header_ += answer_.head;
        header_ += answer_.body;
        with_answer = false;
    }
    size_t sent = 0;
    // Most answers fit into the socket's buffer: sent here, they need not wait for a turn of the
    // loop. Not if more requests have come, which would be answered in ever deeper calls.
    if (!with_answer && !gzip_ && buffer_.size() == 0) {
        error_code error;
        sent = socket_.write_some(asio::buffer(header_), error);
        if (error && error != asio::error::would_block) return end();
        network_.metrics.sent(sent);
        if (sent == header_.size()) return written();
    }
    const std::string_view rest = std::string_view{header_}.substr(sent);
    const std::array buffers{asio::buffer(rest), asio::buffer(with_answer ? answer_.head : ""sv),
                             asio::buffer(with_answer ? answer_.body : ""sv)};
    asio::async_write(socket_, buffers, [self = self()](error_code error, size_t size) {
        if (self->has_ended_) return;
        if (error) return self->end();
        self->network_.metrics.sent(size);
        self->written();
    });
}

inline void HttpConnection::written() {
    if (gzip_) {
        header_.clear();
        return write_compressed();
    }
    answer_ = {};
    network_.hold_sending(*this, 0);
    if (keep_alive_) return next_request();
    linger();
}

/// Says that nothing more is sent, and waits for the client to have read that. Closing at once
/// would take back what it has not read, if it is still sending.
inline void HttpConnection::linger() {
    error_code ignored;
    ignored = socket_.shutdown(asio::socket_base::shutdown_send, ignored);
    if (!is_misread_) return end();
    if (phase_ != Phase::lingering) enter(Phase::lingering);
    buffer_.clear();
    socket_.async_read_some(buffer_.prepare(4096), [self = self()](error_code error, size_t) {
        if (self->has_ended_) return;
        if (error) return self->end();
        self->linger();
    });
}

// --- The end.

inline void HttpConnection::tick(TimePoint now) {
    if (now < deadline_) return;
    if (phase_ == Phase::opening || phase_ == Phase::receiving || phase_ == Phase::sending)
        network_.metrics.count(Metrics::Event::timeout);
    end();
}

inline std::optional<Connection::TimePoint> HttpConnection::idle_since() const {
    if (phase_ == Phase::opening || phase_ == Phase::idle) return entered_;
    return std::nullopt;
}

inline void HttpConnection::leave() {
    if (idle_since() || phase_ == Phase::receiving) end();
}

inline void HttpConnection::end() {
    if (std::exchange(has_ended_, true)) return;
    error_code ignored;
    ignored = socket_.close(ignored);
    network_.remove(*this);
}

}  // namespace scope::net
