#include "net/ws_subscription.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "net/server.hpp"
#include "net/test_peer.hpp"

namespace scope::net {
namespace {

using namespace std::chrono_literals;

/// Counts what happened, and waits until it has happened so often.
class Counter {
  public:
    void add() {
        const std::scoped_lock lock{mutex_};
        ++count_;
        changed_.notify_all();
    }
    bool wait_for(int count) {
        std::unique_lock lock{mutex_};
        return changed_.wait_for(lock, 30s, [&] { return count_ >= count; });
    }

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    int count_ = 0;
};

/// Takes a subscription, and notifies as often as it is asked to.
class Feed final : public RpcHandler {
  public:
    void call(const RpcCall& call, Reply reply) override {
        if (refuses) return reply(std::unexpected{RpcError{-32601, "no such method", {}}});
        {
            const std::scoped_lock lock{mutex_};
            subscriber_ = call.subscriber;
        }
        reply("\"0x1\"");
        subscribed.add();
    }
    void closed(const Subscriber&) override {}
    void notify() {
        const std::scoped_lock lock{mutex_};
        subscriber_->send(std::make_shared<const std::string>("{\"method\":\"eth_subscription\"}"));
    }

    std::atomic<bool> refuses = false;
    Counter subscribed;

  private:
    std::mutex mutex_;
    std::shared_ptr<Subscriber> subscriber_;
};

struct Fixture {
    WsSubscriptionOptions options() {
        WsSubscriptionOptions made;
        made.request = R"({"jsonrpc":"2.0","id":1,"method":"eth_subscribe","params":["newHeads"]})";
        made.on_message = [this] { messages.add(); };
        made.on_change = [this](const std::optional<std::string>& why_not) {
            if (why_not) {
                {
                    const std::scoped_lock lock{mutex};
                    why = *why_not;
                }
                failed.add();
            } else {
                connected.add();
            }
        };
        made.at_most_every = 0ms;
        made.first_retry = made.last_retry = 5ms;
        return made;
    }
    std::string last_why() {
        const std::scoped_lock lock{mutex};
        return why;
    }

    std::mutex mutex;
    std::string why;
    Counter messages;
    Counter connected;
    Counter failed;
};

HttpUrl at(uint16_t port, std::string_view scheme = "ws") {
    return *parse_ws_url(std::string{scheme} + "://127.0.0.1:" + std::to_string(port));
}

/// Speaks TLS on one port, and hands on what it reads to another one, as a proxy does.
class TlsFront {
  public:
    TlsFront(TlsIdentity own, uint16_t behind)
        : context_({.own = std::move(own), .clients = {}}), behind_(behind) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        auto* const any = reinterpret_cast<sockaddr*>(&address);
        if (bind(listener_, any, size) != 0 || listen(listener_, 16) != 0 ||
            getsockname(listener_, any, &size) != 0)
            throw std::runtime_error{"no port to listen on"};
        port_ = ntohs(address.sin_port);
        thread_ = std::thread{[this] {
            for (int number = -1; (number = accept(listener_, nullptr, nullptr)) >= 0;) {
                serve(number);
                close(number);
            }
        }};
    }
    ~TlsFront() {
        has_ended_ = true;
        shutdown(listener_, SHUT_RDWR);
        thread_.join();
        close(listener_);
    }
    TlsFront(const TlsFront&) = delete;
    TlsFront& operator=(const TlsFront&) = delete;
    [[nodiscard]] uint16_t port() const { return port_; }

  private:
    void serve(int number) {
        const SslPtr tls{SSL_new(context_.context.get())};
        SSL_set_fd(tls.get(), number);
        if (SSL_accept(tls.get()) != 1) return;
        const int inner = socket(AF_INET, SOCK_STREAM, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        address.sin_port = htons(behind_);
        if (connect(inner, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0)
            hand_on(*tls, number, inner);
        close(inner);
    }
    void hand_on(SSL& tls, int number, int inner) {
        std::array<char, 4096> piece{};
        while (!has_ended_) {
            std::array<pollfd, 2> waited{pollfd{number, POLLIN, 0}, pollfd{inner, POLLIN, 0}};
            if (SSL_pending(&tls) == 0) poll(waited.data(), waited.size(), 20);
            if (SSL_pending(&tls) > 0 || waited[0].revents != 0) {
                const int got = SSL_read(&tls, piece.data(), static_cast<int>(piece.size()));
                if (got <= 0 ||
                    send(inner, piece.data(), static_cast<size_t>(got), MSG_NOSIGNAL) <= 0)
                    return;
            }
            if (waited[1].revents != 0) {
                const auto got = recv(inner, piece.data(), piece.size(), 0);
                if (got <= 0 || SSL_write(&tls, piece.data(), static_cast<int>(got)) <= 0) return;
            }
        }
    }

    TlsServerContext context_;
    uint16_t behind_;
    int listener_ = socket(AF_INET, SOCK_STREAM, 0);
    uint16_t port_ = 0;
    std::atomic<bool> has_ended_ = false;
    std::thread thread_;
};

TlsIdentity make_identity() {
    const auto made = make_certificate("test");
    return *TlsIdentity::from_pem(made.certificate, made.key);
}

TEST(ws_subscription, calls_for_each_message_and_comes_back_when_the_server_does) {
    Fixture fixture;
    Feed feed;
    Worker worker;
    auto server = std::make_unique<Server>(ServerOptions{}, worker, feed);
    const uint16_t port = server->listen(0, ChainId{1});
    const WsSubscription subscription{at(port), fixture.options()};
    ASSERT_TRUE(feed.subscribed.wait_for(1));
    ASSERT_TRUE(fixture.connected.wait_for(1));
    ASSERT_TRUE(fixture.messages.wait_for(1));  // the subscription's answer
    feed.notify();
    ASSERT_TRUE(fixture.messages.wait_for(2));
    server.reset();
    ASSERT_TRUE(fixture.failed.wait_for(1));
    server = std::make_unique<Server>(ServerOptions{}, worker, feed);
    server->listen(port, ChainId{1});
    ASSERT_TRUE(fixture.connected.wait_for(2));
    ASSERT_TRUE(fixture.messages.wait_for(3));
    feed.notify();
    ASSERT_TRUE(fixture.messages.wait_for(4));
    server.reset();
}

TEST(ws_subscription, speaks_tls_with_whom_it_knows) {
    Fixture fixture;
    Feed feed;
    Worker worker;
    Server server{{}, worker, feed};
    const auto own = make_identity();
    const TlsFront front{own, server.listen(0, ChainId{1})};
    {
        auto options = fixture.options();
        options.tls.peer = own.fingerprint();
        const WsSubscription subscription{at(front.port(), "wss"), std::move(options)};
        ASSERT_TRUE(fixture.connected.wait_for(1));
        ASSERT_TRUE(fixture.messages.wait_for(1));
        feed.notify();
        ASSERT_TRUE(fixture.messages.wait_for(2));
    }
    server.stop();
}

TEST(ws_subscription, speaks_no_tls_with_others) {
    Feed feed;
    Worker worker;
    Server server{{}, worker, feed};
    const uint16_t port = server.listen(0, ChainId{1});
    const TlsFront front{make_identity(), port};
    const auto why = [](const HttpUrl& url, TlsOptions tls) {
        Fixture fixture;
        auto options = fixture.options();
        options.tls = std::move(tls);
        const WsSubscription subscription{url, std::move(options)};
        EXPECT_TRUE(fixture.failed.wait_for(1));
        return fixture.last_why();
    };
    // Another key; no authority's word for it; no TLS at all.
    const auto other = make_identity().fingerprint();
    EXPECT_EQ(why(at(front.port(), "wss"), {.own = {}, .peer = other}),
              "its key is not " + to_string(other));
    EXPECT_TRUE(why(at(front.port(), "wss"), {}).starts_with("its certificate: "));
    EXPECT_NE(why(at(port, "wss"), {}), "");
    server.stop();
}

TEST(ws_subscription, calls_once_for_many_messages_and_for_the_last_one_too) {
    Fixture fixture;
    Feed feed;
    Worker worker;
    Server server{{}, worker, feed};
    auto options = fixture.options();
    options.at_most_every = 50ms;
    {
        const WsSubscription subscription{at(server.listen(0, ChainId{1})), std::move(options)};
        ASSERT_TRUE(fixture.messages.wait_for(1));
        for (int i = 0; i < 100; ++i) feed.notify();
        EXPECT_TRUE(fixture.messages.wait_for(2));
    }
    server.stop();
}

TEST(ws_subscription, says_why_there_is_none) {
    Fixture fixture;
    Feed feed;
    feed.refuses = true;
    Worker worker;
    Server server{{}, worker, feed};
    {
        const WsSubscription subscription{at(server.listen(0, ChainId{1})), fixture.options()};
        ASSERT_TRUE(fixture.failed.wait_for(1));
    }
    EXPECT_NE(fixture.last_why().find("no such method"), std::string::npos);
    server.stop();
}

TEST(ws_subscription, survives_servers_that_are_none) {
    for (const std::string_view answer :
         {"", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "garbage\r\n\r\n",
          "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: "
          "upgrade\r\n\r\n"}) {
        Fixture fixture;
        TestPeer peer{[answer](const TestPeer::Request&, const TestPeer::Connection& connection) {
            connection.send(answer);
            return false;
        }};
        const WsSubscription subscription{*parse_ws_url("ws" + peer.url().substr(4)),
                                          fixture.options()};
        ASSERT_TRUE(fixture.failed.wait_for(1));
    }
}

TEST(ws_subscription, urls) {
    EXPECT_EQ(parse_ws_url("ws://a:1/b")->path, "/b");
    EXPECT_FALSE(parse_ws_url("ws://a:1/b")->is_tls);
    EXPECT_EQ(parse_ws_url("wss://a/b")->port, "443");
    EXPECT_TRUE(parse_ws_url("wss://a/b")->is_tls);
    EXPECT_FALSE(parse_ws_url("wssx://a"));
    EXPECT_FALSE(parse_ws_url("http://a"));
    EXPECT_FALSE(parse_ws_url("ws://"));
}

}  // namespace
}  // namespace scope::net
