#include "store/staging.hpp"

#include <gtest/gtest.h>

#include <latch>
#include <random>

#include "store/database.hpp"

// Commits on another thread.

namespace scope::store {

namespace {

/// A database in memory whose commits wait until they may go on, before or after they are made, and
/// of which one fails.
class HeldDatabase final : public Database {
  public:
    enum class Hold : uint8_t { no, before, after };

    [[nodiscard]] std::optional<Bytes> get(BytesView key) const override { return rows_->get(key); }
    void scan_from(BytesView first, BytesView prefix, Order order,
                   const Visitor& visit) const override {
        rows_->scan_from(first, prefix, order, visit);
    }
    void commit(const WriteBatch& batch) override {
        if (hold == Hold::before) wait();
        if (commits() + 1 >= fails_at) throw DatabaseError{DatabaseRule::full, "no space"};
        rows_->commit(batch);
        if (hold == Hold::after) wait();
    }
    [[nodiscard]] uint64_t commits() const override { return rows_->commits(); }

    /// Waits until a commit is held.
    void wait_for_commit() { came_->wait(); }
    void let_go() { may_go_->count_down(); }

    Hold hold = Hold::no;
    uint64_t fails_at = UINT64_MAX;

  private:
    void wait() {
        came_->count_down();
        may_go_->wait();
        came_ = std::make_unique<std::latch>(1);
        may_go_ = std::make_unique<std::latch>(1);
    }

    std::unique_ptr<Database> rows_ = make_memory_database();
    std::unique_ptr<std::latch> came_ = std::make_unique<std::latch>(1);
    std::unique_ptr<std::latch> may_go_ = std::make_unique<std::latch>(1);
};

using Found = std::vector<std::pair<Bytes, Bytes>>;

Found scanned(const Rows& rows, Order order) {
    Found found;
    rows.scan(Bytes{'x'}, order, [&](BytesView key, BytesView value) {
        found.emplace_back(to_bytes(key), to_bytes(value));
        return true;
    });
    return found;
}

TEST(staging, shows_what_is_being_committed_and_what_waits_over_it) {
    for (const auto hold : {HeldDatabase::Hold::before, HeldDatabase::Hold::after}) {
        HeldDatabase database;
        Staging staging{database};
        for (const uint8_t c : Bytes{'a', 'b', 'c', 'd'}) staging.put({'x', c}, {1});
        staging.commit();
        staging.erase({'x', 'a'});
        for (const uint8_t c : Bytes{'b', 'c', 'e'}) staging.put({'x', c}, {2});
        database.hold = hold;
        staging.begin_commit();
        EXPECT_TRUE(staging.empty());
        database.wait_for_commit();
        staging.put({'x', 'a'}, {3});
        staging.put({'x', 'c'}, {3});
        staging.erase({'x', 'e'});
        const Found rows{
            {{'x', 'a'}, {3}}, {{'x', 'b'}, {2}}, {{'x', 'c'}, {3}}, {{'x', 'd'}, {1}}};
        const auto expect_rows = [&] {
            EXPECT_EQ(scanned(staging, Order::ascending), rows);
            EXPECT_EQ(scanned(staging, Order::descending), Found(rows.rbegin(), rows.rend()));
            for (const auto& [key, value] : rows) EXPECT_EQ(staging.get(key), value);
            EXPECT_EQ(staging.get(Bytes{'x', 'e'}), std::nullopt);
        };
        expect_rows();
        database.let_go();
        staging.finish_commit();
        EXPECT_EQ(database.commits(), 2u);
        expect_rows();
        staging.drop();
        const Found committed{
            {{'x', 'b'}, {2}}, {{'x', 'c'}, {2}}, {{'x', 'd'}, {1}}, {{'x', 'e'}, {2}}};
        EXPECT_EQ(scanned(staging, Order::ascending), committed);
    }
}

TEST(staging, keeps_what_is_being_committed_when_what_waits_is_dropped) {
    HeldDatabase database;
    Staging staging{database};
    staging.put({'x', 'a'}, {1});
    database.hold = HeldDatabase::Hold::before;
    staging.begin_commit();
    database.wait_for_commit();
    staging.put({'x', 'a'}, {2});
    staging.drop();
    EXPECT_EQ(staging.get(Bytes{'x', 'a'}), Bytes{1});
    database.let_go();
    staging.finish_commit();
    EXPECT_EQ(database.get(Bytes{'x', 'a'}), Bytes{1});
}

TEST(staging, throws_at_the_next_call_what_a_commit_threw_on_the_other_thread) {
    HeldDatabase database;
    database.fails_at = 2;
    Staging staging{database};
    staging.put({'x', 'a'}, {1});
    staging.begin_commit();
    staging.finish_commit();
    staging.put({'x', 'a'}, {2});
    staging.begin_commit();
    staging.put({'x', 'b'}, {3});
    for (int i = 0; i < 2; ++i) {
        EXPECT_THROW(staging.begin_commit(), DatabaseError);
        EXPECT_THROW(staging.finish_commit(), DatabaseError);
        EXPECT_THROW(staging.commit(), DatabaseError);
    }
    EXPECT_FALSE(staging.empty());
    EXPECT_EQ(staging.get(Bytes{'x', 'a'}), Bytes{2});
    EXPECT_EQ(staging.get(Bytes{'x', 'b'}), Bytes{3});
    staging.drop();
    EXPECT_EQ(staging.get(Bytes{'x', 'a'}), Bytes{1});
    EXPECT_EQ(staging.get(Bytes{'x', 'b'}), std::nullopt);
    EXPECT_EQ(database.commits(), 1u);
}

TEST(staging, commits_what_was_begun_when_it_ends_and_loses_what_waits) {
    HeldDatabase database;
    {
        Staging staging{database};
        staging.put({'x', 'a'}, {1});
        staging.begin_commit();
        staging.put({'x', 'b'}, {1});
    }
    EXPECT_EQ(scanned(database, Order::ascending), (Found{{{'x', 'a'}, {1}}}));
}

TEST(staging, holds_an_object_until_its_step_is_committed) {
    HeldDatabase database;
    Staging staging{database};
    auto object = std::make_shared<int>(1);
    const std::weak_ptr<int> seen = object;
    staging.put({'x', 'a'}, {1});
    staging.hold(std::move(object));
    database.hold = HeldDatabase::Hold::before;
    staging.begin_commit();
    database.wait_for_commit();
    EXPECT_FALSE(seen.expired());
    database.let_go();
    database.hold = HeldDatabase::Hold::no;
    staging.put({'x', 'b'}, {1});
    staging.begin_commit();
    staging.finish_commit();
    EXPECT_TRUE(seen.expired());
    staging.hold(std::make_shared<int>(2));
    staging.drop();
    EXPECT_TRUE(staging.empty());
}

TEST(staging, commits_in_order_whatever_is_begun) {
    std::mt19937_64 random{4};
    HeldDatabase database;
    Staging staging{database};
    std::map<Bytes, Bytes> model;
    for (int round = 0; round < 2000; ++round) {
        const Bytes key{'x', static_cast<uint8_t>(random() % 8)};
        const Bytes value{static_cast<uint8_t>(random())};
        if (random() % 3 == 0) {
            staging.erase(key);
            model.erase(key);
        } else {
            staging.put(key, value);
            model[key] = value;
        }
        if (random() % 4 == 0) staging.begin_commit();
        if (random() % 16 == 0) staging.commit();
        ASSERT_EQ(scanned(staging, Order::ascending), Found(model.begin(), model.end()));
    }
    staging.commit();
    EXPECT_EQ(scanned(database, Order::ascending), Found(model.begin(), model.end()));
}

}  // namespace

}  // namespace scope::store
