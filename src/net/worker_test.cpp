#include "net/worker.hpp"

#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace scope::net {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

/// Waits until all is done that was posted before.
void finish(Worker& worker) {
    std::promise<void> done;
    ASSERT_TRUE(worker.post([&] { done.set_value(); }));
    done.get_future().wait();
}

TEST(Worker, runs_tasks_in_the_order_of_posting_on_one_thread) {
    Worker worker;
    std::vector<int> order;
    bool all_on_it = true;
    for (int i = 0; i < 1000; ++i)
        worker.post([&, i] {
            order.push_back(i);
            all_on_it = all_on_it && worker.is_current();
        });
    finish(worker);
    ASSERT_EQ(order.size(), 1000U);
    for (int i = 0; i < 1000; ++i) EXPECT_EQ(order[static_cast<size_t>(i)], i);
    EXPECT_TRUE(all_on_it);
    EXPECT_FALSE(worker.is_current());
}

TEST(Worker, runs_timers_in_the_order_of_their_times) {
    Worker worker;
    std::vector<int> order;
    std::promise<void> last;
    worker.post([&] {  // so that none is due before all are posted
        worker.post_after(milliseconds{30}, [&] {
            order.push_back(3);
            last.set_value();
        });
        worker.post_after(milliseconds{0}, [&] { order.push_back(1); });
        worker.post_after(milliseconds{15}, [&] { order.push_back(2); });
    });
    last.get_future().wait();
    finish(worker);
    EXPECT_EQ(order, (std::vector{1, 2, 3}));
}

TEST(Worker, a_due_timer_goes_before_what_waits) {
    Worker worker;
    std::vector<std::string> order;
    std::promise<void> done;
    worker.post([&] {
        worker.post([&] {
            order.emplace_back("task");
            done.set_value();
        });
        worker.post_after(milliseconds{0}, [&] { order.emplace_back("timer"); });
        const auto begin = Worker::Clock::now();
        while (Worker::Clock::now() == begin) {
        }
    });
    done.get_future().wait();
    EXPECT_EQ(order, (std::vector<std::string>{"timer", "task"}));
}

TEST(Worker, tells_of_an_exception_and_goes_on) {
    std::string what;
    Worker worker{[&](const std::exception_ptr& exception) {
        try {
            std::rethrow_exception(exception);
        } catch (const std::exception& error) {
            what = error.what();
        }
    }};
    worker.post([] { throw std::runtime_error{"of a task"}; });
    finish(worker);
    EXPECT_EQ(what, "of a task");
}

TEST(WorkerDeathTest, an_exception_ends_the_process_loudly_without_a_hook) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_DEATH(
        {
            Worker worker;
            worker.post([] { throw std::runtime_error{"of a task"}; });
            finish(worker);
        },
        "of a task");
}

TEST(Worker, stop_drops_what_waits) {
    auto held = std::make_shared<int>();
    Worker worker;
    std::promise<void> begun;
    std::promise<void> go_on;
    int runs = 0;
    worker.post([&] {
        begun.set_value();
        go_on.get_future().wait();
    });
    worker.post([&, held] { ++runs; });
    worker.post_after(hours{1}, [&, held] { ++runs; });
    begun.get_future().wait();
    auto stopping = std::async(std::launch::async, [&] { worker.stop(); });
    while (worker.post([] {})) {  // until it is stopping
    }
    go_on.set_value();
    stopping.wait();
    EXPECT_EQ(runs, 0);
    EXPECT_EQ(held.use_count(), 1);
    EXPECT_FALSE(worker.post([&] { ++runs; }));
    EXPECT_FALSE(worker.post_after(milliseconds{0}, [&] { ++runs; }));
    worker.stop();
}

TEST(Worker, an_idle_worker_is_stood_in_for) {
    Worker worker;
    std::vector<std::string> order;
    const auto stand_in = [&] {
        return worker.run_if_idle([&] {
            EXPECT_TRUE(worker.is_current());
            order.emplace_back("stand-in");
            worker.post([&] { order.emplace_back("posted"); });
            worker.post_after(milliseconds{0}, [&] { order.emplace_back("timer"); });
            EXPECT_FALSE(worker.run_if_idle([] {}));
        });
    };
    while (!stand_in()) {  // until it sleeps
    }
    EXPECT_FALSE(worker.is_current());
    std::promise<void> go_on;
    worker.post([&] { go_on.get_future().wait(); });
    EXPECT_FALSE(worker.run_if_idle([] {}));  // it has something to do
    go_on.set_value();
    finish(worker);
    ASSERT_EQ(order.size(), 3U);
    EXPECT_EQ(order[0], "stand-in");
    worker.stop();
    EXPECT_FALSE(worker.run_if_idle([] {}));
}

TEST(Worker, a_stand_in_and_the_worker_exclude_each_other) {
    Worker worker;
    int count = 0;  // not atomic: the thread sanitizer looks at it too
    {
        std::vector<std::jthread> threads;
        for (int t = 0; t < 3; ++t)
            threads.emplace_back([&] {
                for (int i = 0; i < 2000; ++i)
                    if (!worker.run_if_idle([&] { ++count; })) worker.post([&] { ++count; });
            });
        threads.emplace_back([&] {
            for (int i = 0; i < 200; ++i)
                worker.post_after(std::chrono::microseconds{i}, [&] { ++count; });
        });
    }
    worker.post_after(milliseconds{10}, [] {});
    std::promise<void> last;  // due after all others
    worker.post_after(milliseconds{20}, [&] { last.set_value(); });
    last.get_future().wait();
    finish(worker);
    EXPECT_EQ(count, 6200);
}

TEST(Worker, many_threads_may_post) {
    Worker worker;
    int count = 0;
    {
        std::vector<std::jthread> threads;
        for (int t = 0; t < 4; ++t)
            threads.emplace_back([&] {
                for (int i = 0; i < 2500; ++i) worker.post([&] { ++count; });
            });
    }
    finish(worker);
    EXPECT_EQ(count, 10'000);
}

}  // namespace
}  // namespace scope::net
