#include "store/database.hpp"

#include <gtest/gtest.h>

#include <ranges>

#include "store/staging.hpp"
#include "store/test_folder.hpp"
#include "store/test_workload.hpp"

// What holds of a database in memory and of one on a disk.

namespace scope::store {

namespace {

using Model = std::map<Bytes, Bytes>;

class Databases : public testing::TestWithParam<bool> {
  protected:
    void SetUp() override { reopen(); }
    [[nodiscard]] bool is_on_disk() const { return GetParam(); }
    Database& database() { return *database_; }
    /// Closes it and opens it again, if it can be.
    void reopen() {
        if (is_on_disk()) {
            database_.reset();
            database_ = open_disk_database(folder_.options());
        } else if (database_ == nullptr) {
            database_ = make_memory_database();
        }
    }

  private:
    TestFolder folder_;
    std::unique_ptr<Database> database_;
};

Bytes random_key(std::mt19937_64& random) {
    Bytes key(1 + random() % 3);
    for (auto& byte : key)
        byte = random() % 4 == 0 ? 0xfe : static_cast<uint8_t>('a' + random() % 3);
    return key;
}

std::vector<std::pair<Bytes, Bytes>> scanned(const Rows& rows, BytesView prefix, Order order,
                                             BytesView first = {}) {
    std::vector<std::pair<Bytes, Bytes>> found;
    rows.scan_from(first, prefix, order, [&](BytesView key, BytesView value) {
        found.emplace_back(to_bytes(key), to_bytes(value));
        return true;
    });
    return found;
}

std::vector<std::pair<Bytes, Bytes>> wanted(const Model& model, BytesView prefix, Order order,
                                            const Bytes& first = {}) {
    const auto is_before_first = [&](const Bytes& key) {
        return !first.empty() && (order == Order::ascending ? key < first : first < key);
    };
    std::vector<std::pair<Bytes, Bytes>> rows;
    for (const auto& row : model)
        if (starts_with(row.first, prefix) && !is_before_first(row.first)) rows.push_back(row);
    if (order == Order::descending) std::ranges::reverse(rows);
    return rows;
}

void expect_same(const Rows& rows, const Model& model, std::mt19937_64& random) {
    for (int i = 0; i < 20; ++i) {
        const auto key = random_key(random);
        const auto found = model.find(key);
        EXPECT_EQ(rows.get(key),
                  found == model.end() ? std::nullopt : std::optional{found->second});
        const Bytes first = concat(key, random_key(random));
        for (const auto order : {Order::ascending, Order::descending}) {
            EXPECT_EQ(scanned(rows, key, order), wanted(model, key, order));
            EXPECT_EQ(scanned(rows, key, order, key), wanted(model, key, order, key));
            EXPECT_EQ(scanned(rows, key, order, first), wanted(model, key, order, first));
        }
    }
}

TEST_P(Databases, have_what_was_committed_and_nothing_else) {
    std::mt19937_64 random{1};
    Model model;
    for (int round = 0; round < 120; ++round) {
        WriteBatch batch;
        for (uint64_t count = random() % 20; count > 0; --count) {
            auto key = random_key(random);
            if (random() % 3 == 0) {
                model.erase(key);
                batch.erase(std::move(key));
            } else {
                Bytes value(random() % 2000, static_cast<uint8_t>(random()));
                model[key] = value;
                batch.put(std::move(key), std::move(value));
            }
        }
        database().commit(batch);
        ASSERT_EQ(database().commits(), static_cast<uint64_t>(round) + 1);
        if (round % 10 == 0) reopen();
        if (round % 5 == 0) expect_same(database(), model, random);
    }
}

TEST_P(Databases, keep_a_value_of_no_bytes) {
    WriteBatch batch;
    batch.put({'a'}, {});
    database().commit(batch);
    EXPECT_EQ(database().get(Bytes{'a'}), Bytes{});
    EXPECT_EQ(database().get(Bytes{'b'}), std::nullopt);
}

TEST_P(Databases, show_a_scan_what_stood_when_it_began) {
    WriteBatch batch;
    for (uint8_t c = 'a'; c < 'f'; ++c) batch.put({'x', c}, {c});
    database().commit(batch);
    size_t seen = 0;
    database().scan(Bytes{'x'}, Order::ascending, [&](BytesView, BytesView) {
        WriteBatch more;
        for (uint8_t c = 'a'; c < 'f'; ++c) more.erase({'x', c});
        more.put({'x', 'z'}, {});
        database().commit(more);
        return ++seen < 4;
    });
    EXPECT_EQ(seen, 4u);
    EXPECT_EQ(scanned(database(), Bytes{'x'}, Order::ascending).size(), 1u);
}

TEST_P(Databases, show_through_a_staging_what_waits) {
    std::mt19937_64 random{2};
    Model model, committed;
    Staging staging{database()};
    for (int round = 0; round < 200; ++round) {
        auto key = random_key(random);
        if (random() % 3 == 0) {
            model.erase(key);
            staging.erase(std::move(key));
        } else {
            const Bytes value{static_cast<uint8_t>(random())};
            model[key] = value;
            staging.put(std::move(key), value);
        }
        expect_same(staging, model, random);
        if (random() % 20 == 0) {
            staging.commit();
            committed = model;
            EXPECT_TRUE(staging.empty());
        } else if (random() % 20 == 0) {
            staging.drop();
            model = committed;
        }
        expect_same(database(), committed, random);
    }
}

TEST_P(Databases, show_a_scan_through_a_staging_what_stood_when_it_began) {
    for (const auto order : {Order::ascending, Order::descending})
        for (size_t wanted = 1; wanted <= 6; ++wanted) {
            Staging staging{database()};
            for (const char c : {'b', 'd', 'f'}) staging.put({'x', static_cast<uint8_t>(c)}, {1});
            staging.commit();
            for (const char c : {'a', 'd', 'g'}) staging.put({'x', static_cast<uint8_t>(c)}, {2});
            staging.erase({'x', 'f'});
            const auto before = scanned(staging, Bytes{'x'}, order);
            ASSERT_EQ(before.size(), 4u);
            std::vector<std::pair<Bytes, Bytes>> seen;
            staging.scan(Bytes{'x'}, order, [&](BytesView key, BytesView value) {
                seen.emplace_back(to_bytes(key), to_bytes(value));
                for (uint8_t c = 'a'; c < 'h'; ++c) staging.erase({'x', c});
                if (seen.size() % 2 == 0) staging.commit();
                return seen.size() < wanted;
            });
            EXPECT_TRUE(std::ranges::equal(seen, before | std::views::take(wanted)));
            staging.commit();
        }
}

class Chains : public Databases {
  protected:
    void run(PruneDepth depth) {
        Staging staging{database()};
        TestWorkload workload{staging, 1, depth};
        for (int round = 0; round < 60; ++round) {
            workload.step();
            if (round % 3 == 0) ASSERT_EQ(workload.difference(), "") << "step " << workload.steps();
        }
    }
};

TEST_P(Chains, keep_the_states_of_the_last_blocks) {
    run(4);
}
TEST_P(Chains, keep_the_state_of_the_head_alone) {
    run(0);
}
TEST_P(Chains, keep_all_states) {
    run(std::nullopt);
}

TEST_P(Chains, prune_some_more_with_each_block_when_the_depth_is_less) {
    std::mt19937_64 random{3};
    Staging staging{database()};
    TestChain all{staging, TEST_L1, std::nullopt};
    while (all.canonical().size() < 200) all.step(random);
    ChainRows less{staging, TEST_L1, 8};
    const auto kept = [&] {
        return std::ranges::count_if(
            all.blocks(), [&](const auto& block) { return less.state(block.first).has_value(); });
    };
    const auto before = kept();
    less.set_head(all.canonical().back());
    const auto after_one = kept();
    EXPECT_LT(after_one, before);
    EXPECT_GT(after_one, 8);
    for (int i = 0; i < 4; ++i) less.set_head(all.canonical().back());
    EXPECT_GE(kept(), 9);
    for (size_t n = 0; n < all.canonical().size(); ++n)
        EXPECT_EQ(less.state(all.canonical()[n]).has_value(), n + 9 >= all.canonical().size());
}

std::string name_of(const testing::TestParamInfo<bool>& info) {
    return info.param ? "disk" : "memory";
}
INSTANTIATE_TEST_SUITE_P(All, Databases, testing::Bool(), name_of);
INSTANTIATE_TEST_SUITE_P(All, Chains, testing::Bool(), name_of);

}  // namespace

}  // namespace scope::store
