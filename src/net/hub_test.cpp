#include "net/hub.hpp"

#include <gtest/gtest.h>

#include <future>

#include "net/test_handler.hpp"

namespace scope::net {
namespace {

constexpr size_t LIMIT = 100'000;  // of all notifications together

/// Subscribers whose network takes nothing until it is told to.
struct Queues {
    std::shared_ptr<QueuedSubscriber> subscriber(size_t max_bytes = LIMIT) {
        return std::make_shared<QueuedSubscriber>(hub, std::weak_ptr<Connection>{}, 1000,
                                                  max_bytes);
    }
    std::vector<Delivery> take() const {
        std::vector<Delivery> taken;
        hub->take(taken);
        return taken;
    }
    ~Queues() { hub->close(); }

    TestHandler handler;
    Worker worker;
    std::shared_ptr<Metrics> metrics = std::make_shared<Metrics>(std::span<const std::string>{});
    std::atomic<int> woken = 0;
    std::shared_ptr<Hub> hub = std::make_shared<Hub>(worker, handler, MessageLimits{}, LIMIT,
                                                     metrics, [this] { ++woken; });
};

std::shared_ptr<const std::string> text(size_t size) {
    return std::make_shared<const std::string>(size, 'n');
}

TEST(Hub, notifications_are_counted_from_being_queued_to_being_sent) {
    Queues queues;
    const auto subscriber = queues.subscriber();
    const auto message = text(1000);
    EXPECT_TRUE(subscriber->send(message));
    EXPECT_TRUE(subscriber->send(message));
    const size_t held = queues.hub->notification_bytes();
    EXPECT_GE(held, 2000U);
    EXPECT_EQ(queues.take().size(), 2U);
    EXPECT_EQ(queues.hub->notification_bytes(), held);
    subscriber->sent(*message);
    EXPECT_EQ(queues.hub->notification_bytes(), held / 2);
    subscriber->end();
    EXPECT_EQ(queues.hub->notification_bytes(), 0U);
    subscriber->sent(*message);  // was on its way
    EXPECT_EQ(queues.hub->notification_bytes(), 0U);
    EXPECT_EQ(queues.hub->take_most_notification_bytes(), held);
    EXPECT_EQ(queues.hub->take_most_notification_bytes(), 0U);
}

TEST(Hub, who_has_most_is_given_up_where_all_have_too_much) {
    Queues queues;
    const auto greedy = queues.subscriber();
    const auto modest = queues.subscriber();
    while (queues.hub->notification_bytes() < LIMIT * 3 / 4) ASSERT_TRUE(greedy->send(text(1000)));
    for (int i = 0; i < 50; ++i) ASSERT_TRUE(modest->send(text(1000))) << i;
    EXPECT_FALSE(greedy->send(text(1000)));
    EXPECT_TRUE(greedy->ended());
    EXPECT_LE(queues.hub->notification_bytes(), LIMIT);

    size_t notifications = 0;
    size_t closed = 0;
    for (const Delivery& delivery : queues.take()) {
        notifications += delivery.kind == Delivery::Kind::notification ? 1 : 0;
        closed += delivery.kind == Delivery::Kind::too_slow ? 1 : 0;
    }
    EXPECT_EQ(notifications, 50U);  // and what the other had waiting is freed
    EXPECT_EQ(closed, 1U);
}

TEST(Hub, who_has_more_than_its_own_limit_is_given_up) {
    Queues queues;
    const auto slow = queues.subscriber(10'000);
    const auto other = queues.subscriber();
    EXPECT_FALSE(slow->send(text(10'000)));
    EXPECT_FALSE(slow->send(text(1)));
    EXPECT_TRUE(other->send(text(10'000)));
}

TEST(Hub, what_waits_is_bounded_whatever_a_task_of_the_worker_sends) {
    Queues queues;
    std::vector<std::shared_ptr<QueuedSubscriber>> subscribers;
    for (int i = 0; i < 100; ++i) subscribers.push_back(queues.subscriber());
    std::promise<size_t> done;
    queues.worker.post([&] {
        size_t most = 0;
        for (int i = 0; i < 200; ++i)
            for (const auto& one : subscribers) {
                one->send(text(1000));
                most = std::max(most, queues.hub->notification_bytes());
            }
        done.set_value(most);
    });
    EXPECT_LE(done.get_future().get(), LIMIT);
    size_t bytes = 0;
    for (const Delivery& delivery : queues.take())
        if (delivery.notification) bytes += delivery.notification->size();
    EXPECT_LE(bytes, LIMIT * 5 / 4);
}

TEST(Hub, what_came_runs_here_if_the_worker_is_idle) {
    Queues queues;
    const auto message = [&] {
        Message message{.text = R"({"jsonrpc":"2.0","id":1,"method":"echo"})"};
        message.answer = AnswerOnce{queues.hub, {}, 100, {}};
        return Hub::Incoming{.message = std::move(message)};
    };
    bool has_begun = false;
    Hub::Incoming incoming = message();
    // It may not sleep yet.
    while (!queues.hub->run_here(incoming, [&] { has_begun = true; })) ASSERT_FALSE(has_begun);
    EXPECT_TRUE(has_begun);
    EXPECT_EQ(queues.woken, 0);
    const auto taken = queues.take();
    ASSERT_EQ(taken.size(), 1U);
    EXPECT_EQ(taken[0].answer.head, R"({"jsonrpc":"2.0","id":1,"result":null})");
    EXPECT_EQ(taken[0].request_bytes, 100U);

    std::promise<void> go_on;
    queues.worker.post([opened = go_on.get_future()] { opened.wait(); });
    incoming = message();
    EXPECT_FALSE(queues.hub->run_here(incoming, [] { FAIL(); }));
    EXPECT_FALSE(incoming.message.text.empty());
    go_on.set_value();
}

TEST(Hub, who_did_not_wait_for_its_answers_is_woken_for_them) {
    Queues queues;
    queues.hub->wake_if_needed();
    EXPECT_EQ(queues.woken, 0);
    Message message{.text = R"({"jsonrpc":"2.0","id":1,"method":"echo"})"};
    message.answer = AnswerOnce{queues.hub, {}, 100, {}};
    Hub::Incoming incoming{.message = std::move(message)};
    while (!queues.hub->run_here(incoming, [] {})) {
    }
    queues.hub->wake_if_needed();
    queues.hub->wake_if_needed();
    EXPECT_EQ(queues.woken, 1);
    EXPECT_EQ(queues.take().size(), 1U);
}

TEST(Hub, the_network_is_woken_while_a_call_goes_on_notifying) {
    Queues queues;
    const auto subscriber = queues.subscriber();
    queues.handler.subscribers.push_back(subscriber);
    std::promise<int> woken;
    Message message{.text = R"({"jsonrpc":"2.0","id":1,"method":"notify","params":[70,1]})"};
    message.answer = [&](const Answer&) { woken.set_value(queues.woken); };
    std::vector<Hub::Incoming> batch;
    batch.push_back({.message = std::move(message)});
    queues.hub->submit(batch);
    EXPECT_EQ(woken.get_future().get(), 1);
}

}  // namespace
}  // namespace scope::net
