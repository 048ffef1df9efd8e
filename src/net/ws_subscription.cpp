#include "net/ws_subscription.hpp"

#include <simdjson.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>

#include <algorithm>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>

#include "base/printable.hpp"
#include "net/tls_context.hpp"

namespace scope::net {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = boost::beast::websocket;
using error_code = boost::system::error_code;
using Clock = std::chrono::steady_clock;

Result<HttpUrl, std::string_view> parse_ws_url(std::string_view text) {
    constexpr std::string_view SCHEME = "ws";
    if (!text.starts_with("ws://") && !text.starts_with("wss://"))
        return std::unexpected{"a URL of a WebSocket begins with ws:// or wss://"};
    return parse_http_url("http" + std::string{text.substr(SCHEME.size())});
}

namespace {

using PlainStream = websocket::stream<beast::tcp_stream>;
using TlsStream = websocket::stream<asio::ssl::stream<beast::tcp_stream>>;

/// Returns why TLS was not made, as far as a peer's word is needed for it.
std::string why_no_tls(TlsStream& stream, const TlsOptions& options, error_code error) {
    const auto verified = SSL_get_verify_result(stream.next_layer().native_handle());
    if (verified == X509_V_OK) return "TLS: " + error.message();
    if (options.peer) return "its key is not " + to_string(*options.peer);
    return std::string{"its certificate: "} + X509_verify_cert_error_string(verified);
}

}  // namespace

struct WsSubscription::Impl {
    Impl(HttpUrl url_, WsSubscriptionOptions options_)
        : url(std::move(url_)), options(std::move(options_)), back_off(options.first_retry) {
        if (url.is_tls) tls = std::make_unique<const TlsClientContext>(options.tls);
    }

    void run() {
        connect();
        for (;;) {
            try {
                io.run();
                return;
            } catch (const std::exception& error) {
                retry(error.what());
            }
        }
    }

    void connect() {
        is_first_message = true;
        if (tls) {
            auto connection = tls->connection_to(url.host);
            if (!connection) return retry("its host is no name that a certificate can have");
            // The stream frees it.
            secure.emplace(beast::tcp_stream{io}, connection.release());
            return connect(*secure);
        }
        plain.emplace(io);
        connect(*plain);
    }
    template <typename Stream>
    void connect(Stream& stream) {
        resolver.async_resolve(
            url.host, url.port, [this, &stream](error_code error, const auto& found) {
                if (error) return retry("its name isn't known: " + error.message());
                auto& tcp = beast::get_lowest_layer(stream);
                tcp.expires_after(options.timeout);
                tcp.async_connect(found, [this, &stream](error_code failed, const auto&) {
                    if (failed) return retry("it can't be reached: " + failed.message());
                    if constexpr (std::is_same_v<Stream, TlsStream>)
                        secure_it(stream);
                    else
                        shake_hands(stream);
                });
            });
    }
    void secure_it(TlsStream& stream) {
        beast::get_lowest_layer(stream).expires_after(options.timeout);
        stream.next_layer().async_handshake(
            asio::ssl::stream_base::client, [this, &stream](error_code error) {
                if (error) return retry(why_no_tls(stream, options.tls, error));
                shake_hands(stream);
            });
    }
    template <typename Stream>
    void shake_hands(Stream& stream) {
        beast::get_lowest_layer(stream).expires_never();
        stream.set_option(websocket::stream_base::timeout{.handshake_timeout = options.timeout,
                                                          .idle_timeout = options.idle_timeout,
                                                          .keep_alive_pings = true});
        stream.read_message_max(options.max_message);
        stream.async_handshake(
            url.authority(), url.path.empty() ? "/" : url.path, [this, &stream](error_code error) {
                if (error) return retry("the handshake failed: " + error.message());
                stream.text(true);
                stream.async_write(asio::buffer(options.request),
                                   [this, &stream](error_code failed, size_t) {
                                       if (failed)
                                           return retry("it has ended: " + failed.message());
                                       read(stream);
                                   });
            });
    }
    template <typename Stream>
    void read(Stream& stream) {
        buffer.clear();
        stream.async_read(buffer, [this, &stream](error_code error, size_t) {
            if (error) return retry("it has ended: " + error.message());
            if (std::exchange(is_first_message, false)) {
                if (auto why = why_refused(); !why.empty()) return retry(std::move(why));
                back_off = options.first_retry;
                change(std::nullopt);
            }
            // Also for the first one: something may have come before the subscription.
            call_soon();
            read(stream);
        });
    }

    /// Calls, at once or when the time since the last call is over: the last message counts too.
    void call_soon() {
        if (is_about_to_call) return;
        is_about_to_call = true;
        caller.expires_at(called_at + options.at_most_every);
        caller.async_wait([this](error_code error) {
            is_about_to_call = false;
            if (error) return;
            called_at = Clock::now();
            options.on_message();
        });
    }

    /// Returns what the answer to the subscription says against it; empty: nothing.
    std::string why_refused() const {
        const auto* const data = static_cast<const char*>(buffer.data().data());
        simdjson::dom::parser parser;
        simdjson::dom::element answer;
        if (parser.parse(data, buffer.size()).get(answer) != simdjson::SUCCESS)
            return "it answers with no JSON";
        simdjson::dom::element error;
        if (answer["error"].get(error) != simdjson::SUCCESS) return {};
        std::string_view message;
        if (error["message"].get(message) != simdjson::SUCCESS) message = "an error";
        return "it refuses the subscription: " + printable(message.substr(0, MAX_SHOWN));
    }

    void retry(std::string why) {
        change(std::move(why));
        timer.expires_after(back_off);
        back_off = std::min(back_off * 2, options.last_retry);
        timer.async_wait([this](error_code error) {
            if (!error) connect();
        });
    }
    void change(std::optional<std::string> why_not) {
        if (std::exchange(told, why_not) == why_not && has_told) return;
        has_told = true;
        if (options.on_change) options.on_change(told);
    }

    static constexpr size_t MAX_SHOWN = 200;

    HttpUrl url;
    WsSubscriptionOptions options;
    WsSubscriptionOptions::Milliseconds back_off;
    asio::io_context io{1};
    asio::ip::tcp::resolver resolver{io};
    asio::steady_timer timer{io};
    asio::steady_timer caller{io};
    std::unique_ptr<const TlsClientContext> tls;  ///< null: without TLS
    std::optional<PlainStream> plain;             ///< one of the two, of the last connection
    std::optional<TlsStream> secure;
    beast::flat_buffer buffer;
    Clock::time_point called_at;
    bool is_about_to_call = false;
    bool is_first_message = true;
    std::optional<std::string> told;
    bool has_told = false;
    std::thread thread;
};

WsSubscription::WsSubscription(HttpUrl url, WsSubscriptionOptions options)
    : impl_(std::make_unique<Impl>(std::move(url), std::move(options))) {
    impl_->thread = std::thread{[this] { impl_->run(); }};
}

WsSubscription::~WsSubscription() {
    impl_->io.stop();
    impl_->thread.join();
}

}  // namespace scope::net
