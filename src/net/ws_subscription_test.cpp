#include "net/ws_subscription.hpp"

#include <gtest/gtest.h>

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

HttpUrl at(uint16_t port) {
    return *parse_ws_url("ws://127.0.0.1:" + std::to_string(port));
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
    EXPECT_FALSE(parse_ws_url("http://a"));
    EXPECT_FALSE(parse_ws_url("ws://"));
}

}  // namespace
}  // namespace scope::net
