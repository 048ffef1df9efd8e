#include "l1/prefetching_source.hpp"

#include <gtest/gtest.h>

#include <condition_variable>
#include <future>
#include <mutex>

#include "l1/test_source.hpp"

namespace scope::l1 {
namespace {

using namespace std::chrono_literals;
using test::TestSource;

constexpr Address SETTLEMENT{{1}};

/// Waits for news until something holds. What never holds fails after a time that no machine needs.
class News {
  public:
    std::function<void()> teller() {
        return [this] {
            const std::scoped_lock lock{mutex_};
            ++told_;
            changed_.notify_all();
        };
    }
    template <typename Holds>
    bool wait(const Holds& holds) {
        std::unique_lock lock{mutex_};
        for (int i = 0; i < 3000; ++i) {
            lock.unlock();
            const bool does = holds();
            lock.lock();
            if (does) return true;
            changed_.wait_for(lock, 10ms);
        }
        return false;
    }
    int told() {
        const std::scoped_lock lock{mutex_};
        return told_;
    }

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    int told_ = 0;
};

struct Fixture {
    explicit Fixture(uint64_t blocks, uint64_t next, uint64_t max_ahead = 256,
                     size_t max_bytes = size_t{64} << 20, std::chrono::milliseconds poll = 5ms)
        : l1(std::make_shared<TestSource>(blocks)),
          source(l1,
                 {.settlement = SETTLEMENT,
                  .poll = poll,
                  .max_ahead = max_ahead,
                  .max_bytes = max_bytes,
                  .readers = 3,
                  .on_news = news.teller()},
                 next) {}

    bool has_latest(const L1BlockId& id) {
        return news.wait([&] {
            const auto heads = source.heads();
            return heads && heads->latest == id;
        });
    }
    bool comes_to(uint64_t number) {
        return news.wait([&] {
            const auto heads = source.heads();
            return heads && heads->latest.number >= number;
        });
    }
    /// Reads as a follower does: all blocks from one on up to the head; returns how many.
    uint64_t read_from(uint64_t next) {
        const auto heads = source.heads();
        EXPECT_TRUE(heads);
        uint64_t count = 0;
        for (; next <= heads->latest.number; ++next, ++count)
            EXPECT_NE(*source.block(next), nullptr);
        return count;
    }

    News news;
    std::shared_ptr<TestSource> l1;
    PrefetchingSource source;
};

TEST(prefetching_source, has_the_blocks_behind_the_head_without_waiting) {
    Fixture fixture{20, 11};
    ASSERT_TRUE(fixture.has_latest(fixture.l1->id(20)));
    fixture.l1->fail(L1Error{L1Error::unreachable});
    for (uint64_t number = 10; number <= 20; ++number)
        EXPECT_EQ((*fixture.source.block(number))->hash, fixture.l1->id(number).hash);
}

TEST(prefetching_source, reads_no_further_than_the_bound_ahead_of_who_reads) {
    Fixture fixture{200, 0, 16};
    ASSERT_TRUE(fixture.has_latest(fixture.l1->id(15)));
    uint64_t next = fixture.read_from(0);
    while (next <= 200) {
        ASSERT_TRUE(fixture.comes_to(next));
        const uint64_t read = fixture.read_from(next);
        EXPECT_LE(read, 16u);
        next += read;
    }
    EXPECT_EQ(fixture.source.heads()->latest, fixture.l1->id(200));
}

TEST(prefetching_source, reads_one_block_at_least_whatever_its_size) {
    Fixture fixture{5, 0, 256, 1};
    for (uint64_t number = 0; number <= 5; ++number) {
        ASSERT_TRUE(fixture.comes_to(number));
        EXPECT_NE(*fixture.source.block(number), nullptr);
    }
}

TEST(prefetching_source, an_error_is_told_when_all_was_read) {
    Fixture fixture{5, 0};
    ASSERT_TRUE(fixture.has_latest(fixture.l1->id(5)));
    fixture.l1->fail(L1Error{L1Error::refused, "too many calls"});
    ASSERT_TRUE(fixture.news.wait([&] { return fixture.source.status().error.has_value(); }));
    EXPECT_TRUE(fixture.source.heads());  // there are blocks to read
    fixture.read_from(0);
    EXPECT_EQ(fixture.source.heads().error(), L1Error::refused);
    fixture.l1->fail(std::nullopt);
    fixture.l1->extend(1, 0);
    EXPECT_TRUE(fixture.has_latest(fixture.l1->id(6)));
}

TEST(prefetching_source, goes_back_with_a_reorganisation_at_once) {
    Fixture fixture{40, 0};
    ASSERT_TRUE(fixture.has_latest(fixture.l1->id(40)));
    fixture.read_from(0);
    for (const uint64_t depth : {1u, 3u, 30u}) {
        fixture.l1->cut(depth);
        fixture.l1->extend(depth, static_cast<uint8_t>(depth));
        ASSERT_TRUE(fixture.has_latest(fixture.l1->id(40)));
        for (uint64_t number = 40 - depth; number <= 40; ++number)
            EXPECT_EQ((*fixture.source.block(number))->hash, fixture.l1->id(number).hash);
    }
    fixture.l1->cut(5);  // and none in their place
    ASSERT_TRUE(fixture.has_latest(fixture.l1->id(35)));
    EXPECT_EQ(*fixture.source.block(36), nullptr);
}

TEST(prefetching_source, what_is_not_here_is_read_and_told) {
    Fixture fixture{300, 300};
    ASSERT_TRUE(fixture.has_latest(fixture.l1->id(300)));
    (void)fixture.source.take_missed();
    EXPECT_EQ(fixture.source.block(7).error(), L1Error::slow);
    EXPECT_TRUE(fixture.source.take_missed());
    EXPECT_FALSE(fixture.source.take_missed());
    ASSERT_TRUE(fixture.news.wait([&] { return fixture.source.block(7).has_value(); }));
    EXPECT_EQ((*fixture.source.block(7))->hash, fixture.l1->id(7).hash);
}

TEST(prefetching_source, follows_a_reorganisation_deeper_than_what_it_keeps) {
    Fixture fixture{300, 300};
    ASSERT_TRUE(fixture.has_latest(fixture.l1->id(300)));
    fixture.read_from(300);
    fixture.l1->cut(150);
    fixture.l1->extend(151, 1);
    ASSERT_TRUE(fixture.has_latest(fixture.l1->id(301)));
    for (uint64_t number = 301; number >= 150; --number) {
        ASSERT_TRUE(fixture.news.wait([&] { return fixture.source.block(number).has_value(); }));
        EXPECT_EQ((*fixture.source.block(number))->hash, fixture.l1->id(number).hash);
    }
}

TEST(prefetching_source, blobs_of_settlement_are_read_ahead_and_missing_ones_again) {
    const Hash hash{{7}};
    Fixture fixture{5, 0};
    ASSERT_TRUE(fixture.has_latest(fixture.l1->id(5)));
    fixture.l1->extend(1, 0);
    ASSERT_TRUE(fixture.has_latest(fixture.l1->id(6)));
    fixture.l1->cut(1);
    fixture.l1->extend(1, 1);
    fixture.l1->add_blob(hash, SETTLEMENT);
    ASSERT_TRUE(fixture.has_latest(fixture.l1->id(6)));
    EXPECT_EQ(*fixture.source.blob(hash), nullptr);  // nobody has it
    const auto blob = std::make_shared<chain::StoredBlob>();
    fixture.l1->set_blob(blob);
    EXPECT_TRUE(fixture.news.wait([&] { return *fixture.source.blob(hash) == blob; }));
}

/// A source whose machine breaks down: it throws.
class BreakingSource final : public L1Source {
  public:
    Result<L1Heads, L1Error> heads() const override { return inner.heads(); }
    Result<chain::StoredBlockPtr, L1Error> block(uint64_t number) const override {
        if (is_broken) throw std::runtime_error{"the disk is full"};
        return inner.block(number);
    }
    Result<chain::StoredBlobPtr, L1Error> blob(const Hash& hash) const override {
        if (is_broken) throw std::runtime_error{"the disk is full"};
        return inner.blob(hash);
    }

    TestSource inner{5};
    std::atomic<bool> is_broken = false;
};

TEST(prefetching_source, what_the_source_throws_is_told_once_and_ends_it) {
    struct Case {
        const char* name;
        std::function<void(BreakingSource&, const PrefetchingSource&)> ask;
    };
    const Case cases[]{
        {"a block ahead", [](auto& l1, const auto&) { l1.inner.extend(1, 0); }},
        {"a blob that nobody foresaw",
         [](auto&, const auto& source) { EXPECT_FALSE(source.blob(Hash{{7}})); }},
        {"a block far back", [](auto&, const auto& source) { EXPECT_FALSE(source.block(1)); }},
    };
    for (const auto& [name, ask] : cases) {
        News news;
        std::promise<std::string> failure;
        const auto l1 = std::make_shared<BreakingSource>();
        const PrefetchingSource source{l1,
                                       {.settlement = SETTLEMENT,
                                        .poll = 1ms,
                                        .on_failure =
                                            [&](const std::exception_ptr& told) {
                                                try {
                                                    std::rethrow_exception(told);
                                                } catch (const std::exception& error) {
                                                    failure.set_value(error.what());
                                                }
                                            }},
                                       5};
        ASSERT_TRUE(news.wait([&] { return source.heads().has_value(); })) << name;
        l1->is_broken = true;
        ask(*l1, source);
        EXPECT_EQ(failure.get_future().get(), "the disk is full") << name;
        EXPECT_EQ(source.status().error, L1Error::unreachable) << name;
        const int calls = l1->inner.calls;
        std::this_thread::sleep_for(5ms);
        EXPECT_EQ(l1->inner.calls, calls) << name;
    }
}

TEST(prefetching_source, an_outage_is_told_though_blocks_are_read_again) {
    Fixture fixture{20, 11};
    ASSERT_TRUE(fixture.has_latest(fixture.l1->id(20)));
    fixture.read_from(10);
    fixture.l1->fail(L1Error{L1Error::unreachable});
    ASSERT_TRUE(fixture.news.wait([&] { return fixture.source.status().error.has_value(); }));
    // As a follower does that looks for what a rollup waits for.
    EXPECT_TRUE(fixture.source.block(15));
    EXPECT_EQ(fixture.source.heads().error(), L1Error::unreachable);
}

TEST(prefetching_source, what_a_reorganisation_brings_is_unread) {
    Fixture fixture{20, 11};
    ASSERT_TRUE(fixture.has_latest(fixture.l1->id(20)));
    fixture.read_from(10);
    fixture.l1->cut(5);
    fixture.l1->extend(5, 1);
    ASSERT_TRUE(fixture.has_latest(fixture.l1->id(20)));
    fixture.l1->fail(L1Error{L1Error::unreachable});
    ASSERT_TRUE(fixture.news.wait([&] { return fixture.source.status().error.has_value(); }));
    EXPECT_TRUE(fixture.source.heads());
    fixture.read_from(16);
    EXPECT_FALSE(fixture.source.heads());
}

TEST(prefetching_source, tells_nobody_after_its_end) {
    News news;
    auto l1 = std::make_shared<TestSource>(5);
    {
        PrefetchingSource source{
            l1, {.settlement = SETTLEMENT, .poll = 1ms, .on_news = news.teller()}, 0};
        ASSERT_TRUE(news.wait([&] { return source.heads().has_value(); }));
        source.stop();
        const int told = news.told();
        l1->extend(1, 0);
        source.wake();
        EXPECT_EQ(news.told(), told);
    }
}

TEST(PrefetchingSource, looks_as_often_as_it_is_told_to) {
    Fixture f{4, 0, 256, size_t{64} << 20, 1h};
    ASSERT_TRUE(f.comes_to(4));
    f.l1->extend(1, 0);
    f.source.look_every(5ms);
    f.l1->extend(1, 0);
    EXPECT_TRUE(f.comes_to(6));
}

TEST(PrefetchingSource, looks_as_often_as_ever_at_a_source_that_fails) {
    Fixture f{4, 0};
    ASSERT_TRUE(f.comes_to(4));
    f.source.look_every(1h);
    f.l1->fail(L1Error{L1Error::unreachable, "away"});
    f.source.wake();
    ASSERT_TRUE(f.news.wait([&] { return f.source.status().error.has_value(); }));
    f.l1->extend(1, 0);
    f.l1->fail(std::nullopt);
    EXPECT_TRUE(f.comes_to(5));
}

}  // namespace
}  // namespace scope::l1
