#pragma once

// Of server.cpp only: Boost is compiled there and nowhere else.

#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/websocket.hpp>

#include <algorithm>
#include <array>
#include <deque>
#include <string>
#include <string_view>
#include <utility>

#include "net/http_request.hpp"
#include "net/network.hpp"

namespace scope::net {

namespace websocket = boost::beast::websocket;

/// A WebSocket connection: messages, as text or binary, and their answers as they are made, and
/// notifications, both as text.
class WebSocketConnection final : public Connection {
  public:
    WebSocketConnection(Network& network, ChainId chain_id, Socket socket)
        : network_(network), chain_id_(chain_id), stream_(std::move(socket)) {
        network_.metrics.connected(Metrics::Transport::websocket);
    }
    ~WebSocketConnection() override {
        network_.metrics.disconnected(Metrics::Transport::websocket);
    }

    /// Answers the handshake, and takes messages.
    void start(const HttpRequest& request);
    void deliver(Delivery&& delivery) override;
    void tick(TimePoint now) override;
    void leave() override { close(websocket::close_code::going_away); }
    void abort() override { end(); }

  private:
    /// What waits to be sent.
    struct Outgoing {
        Answer answer;
        std::shared_ptr<const std::string> notification;  ///< null: the answer
    };

    void opened();
    void read();
    void heard();
    void submit();
    void queue(Outgoing outgoing);
    void write();
    void written();
    void ping();
    void close(websocket::close_code code);
    void end();

    std::shared_ptr<WebSocketConnection> self() {
        return std::static_pointer_cast<WebSocketConnection>(shared_from_this());
    }

    Network& network_;
    const ChainId chain_id_;
    websocket::stream<Socket> stream_;
    http::request<http::empty_body> handshake_;
    std::shared_ptr<QueuedSubscriber> subscriber_;
    bool is_open_ = false;
    bool is_closing_ = false;
    bool has_ended_ = false;

    std::string text_;  ///< of the message that is being read
    bool is_reading_ = false;
    size_t in_flight_ = 0;  ///< messages whose answers are not sent
    std::deque<Outgoing> queue_;
    bool is_writing_ = false;
    bool is_pinging_ = false;

    TimePoint heard_at_;  ///< when something last came
    TimePoint began_at_;  ///< the handshake, the message that is being read, or the close
    TimePoint write_began_at_;
};

// --- Messages.

inline void WebSocketConnection::start(const HttpRequest& request) {
    began_at_ = network_.now;
    handshake_ = {http::verb::get, request.target, request.version};
    handshake_.set(http::field::host, request.host);
    handshake_.set(http::field::upgrade, request.upgrade_field);
    handshake_.set(http::field::connection, request.connection);
    handshake_.set(http::field::sec_websocket_key, request.websocket_key);
    handshake_.set(http::field::sec_websocket_version, request.websocket_version);
    stream_.read_message_max(network_.options.request_bytes);
    stream_.auto_fragment(false);
    stream_.text(true);
    stream_.control_callback([this](websocket::frame_type, auto) { heard(); });
    stream_.async_accept(handshake_, [self = self()](error_code error) {
        if (self->has_ended_) return;
        if (error) return self->end();
        self->opened();
    });
}

inline void WebSocketConnection::opened() {
    is_open_ = true;
    handshake_ = {};
    const ServerOptions& options = network_.options;
    subscriber_ = std::make_shared<QueuedSubscriber>(
        network_.hub, weak_from_this(), options.subscriber_messages, options.subscriber_bytes);
    heard();
    if (network_.is_stopping) return leave();
    read();
}

/// Reads on, unless too many messages wait for their answers. The client then waits too, for what
/// it sends stays in the sockets.
inline void WebSocketConnection::read() {
    constexpr size_t LEAST = 1024;
    constexpr size_t MOST = 65536;
    if (has_ended_ || is_reading_ || is_closing_ ||
        in_flight_ >= network_.options.messages_in_flight)
        return;
    is_reading_ = true;
    heard();  // not silence, if nothing was read before
    const size_t size = text_.size();
    text_.resize(size + std::clamp(size, LEAST, MOST));
    const auto room = asio::buffer(text_.data() + size, text_.size() - size);
    stream_.async_read_some(room, [self = self(), size](error_code error, size_t more) {
        if (self->has_ended_) return;
        self->is_reading_ = false;
        if (error) return self->end();  // the close, and what is no WebSocket, are answered by then
        if (size == 0) self->began_at_ = self->network_.now;
        self->heard();
        self->text_.resize(size + more);
        self->network_.metrics.received(more);
        self->network_.hold_receiving(*self, self->text_.size());
        if (self->has_ended_) return;
        if (self->stream_.is_message_done()) self->submit();
        self->read();
    });
}

inline void WebSocketConnection::heard() {
    heard_at_ = network_.now;
}

inline void WebSocketConnection::submit() {
    network_.hold_receiving(*this, 0);
    ++in_flight_;
    network_.submit(*this, {.chain_id = chain_id_,
                            .text = std::exchange(text_, {}),
                            .subscriber = subscriber_,
                            .is_abandoned = &subscriber_->ended()});
}

// --- Answers and notifications.

inline void WebSocketConnection::deliver(Delivery&& delivery) {
    switch (delivery.kind) {
        case Delivery::Kind::answer:
            if (!delivery.answer.empty())
                return queue({.answer = std::move(delivery.answer), .notification = {}});
            --in_flight_;  // all notifications: nothing to say
            return read();
        case Delivery::Kind::notification:
            if (subscriber_->ended()) return;  // given up meanwhile
            return queue({.answer = {}, .notification = std::move(delivery.notification)});
        case Delivery::Kind::too_slow:
            network_.metrics.count(Metrics::Event::slow_reader);
            return end();
        case Delivery::Kind::dropped:
            return;
    }
}

inline void WebSocketConnection::queue(Outgoing outgoing) {
    if (is_closing_) return;
    const size_t size = outgoing.answer.size();
    queue_.push_back(std::move(outgoing));
    if (size > 0) network_.hold_sending(*this, sending + size);
    if (!has_ended_ && !is_writing_) write();
}

inline void WebSocketConnection::write() {
    is_writing_ = true;
    write_began_at_ = network_.now;
    const Outgoing& first = queue_.front();
    const std::array buffers{
        asio::buffer(first.notification ? *first.notification : first.answer.head),
        asio::buffer(first.answer.body)};
    stream_.async_write(buffers, [self = self()](error_code error, size_t size) {
        if (self->has_ended_) return;
        if (error) return self->end();
        self->network_.metrics.sent(size);
        self->written();
    });
}

inline void WebSocketConnection::written() {
    const Outgoing sent = std::move(queue_.front());
    queue_.pop_front();
    is_writing_ = false;
    if (sent.notification) {
        subscriber_->sent(*sent.notification);
    } else {
        network_.hold_sending(*this, sending - sent.answer.size());
        --in_flight_;
    }
    if (!queue_.empty() && !is_closing_) write();
    read();
}

// --- The end.

inline void WebSocketConnection::tick(TimePoint now) {
    const ServerOptions& options = network_.options;
    const bool is_beginning = !is_open_ || receiving > 0;
    const bool is_late =
        (is_beginning && !is_closing_ && now - began_at_ >= options.request_timeout) ||
        (is_writing_ && now - write_began_at_ >= options.write_timeout) ||
        (is_closing_ && now - began_at_ >= options.close_timeout) ||
        (is_reading_ && now - heard_at_ >= 2 * options.ping_interval);
    if (is_late) {
        if (!is_closing_) network_.metrics.count(Metrics::Event::timeout);
        return end();
    }
    // Pongs come by reading, so who isn't read from isn't pinged.
    if (is_open_ && is_reading_ && now - heard_at_ >= options.ping_interval) ping();
}

inline void WebSocketConnection::ping() {
    if (is_pinging_ || is_closing_) return;
    is_pinging_ = true;
    stream_.async_ping({}, [self = self()](error_code error) {
        self->is_pinging_ = false;
        if (error && !self->has_ended_) self->end();
    });
}

inline void WebSocketConnection::close(websocket::close_code code) {
    if (!is_open_) return end();
    if (std::exchange(is_closing_, true)) return;
    began_at_ = network_.now;
    subscriber_->end();
    stream_.async_close(code, [self = self()](error_code) { self->end(); });
}

inline void WebSocketConnection::end() {
    if (std::exchange(has_ended_, true)) return;
    error_code ignored;
    ignored = stream_.next_layer().close(ignored);
    if (subscriber_) {
        subscriber_->end();
        network_.submit_end(subscriber_);
    }
    network_.remove(*this);
}

}  // namespace scope::net
