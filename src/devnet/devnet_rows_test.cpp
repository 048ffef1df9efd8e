#include "devnet/devnet_rows.hpp"

#include <gtest/gtest.h>

#include <functional>

#include "rlp/encode.hpp"
#include "store/keys.hpp"

namespace scope::devnet {
namespace {

constexpr ChainId L1{31337};
constexpr ChainId A{42001};
const Hash BLOCK{{1}};
const Hash TRANSACTION{{2}};

class DevnetRowsTest : public testing::Test {
  protected:
    /// Puts a row that nobody wrote.
    void put(ChainId chain, char kind, BytesView rest, const Bytes& value) {
        Bytes key = store::column_prefix(store::Column::devnet, chain);
        key.push_back(static_cast<uint8_t>(kind));
        append(key, rest);
        staging.put(key, value);
    }
    static void expect_refused(const std::function<void()>& read, const std::string& name) {
        try {
            read();
            ADD_FAILURE() << name << " is read";
        } catch (const store::DatabaseError& error) {
            EXPECT_EQ(error.rule(), store::DatabaseRule::bad_row) << name;
        }
    }

    std::unique_ptr<store::Database> database = store::make_memory_database();
    store::Staging staging{*database};
    DevnetRows rows{staging, L1};
};

TEST_F(DevnetRowsTest, give_back_what_they_took) {
    EXPECT_EQ(rows.clock(), 0);
    for (const int64_t offset_ms : {int64_t{5}, int64_t{-7}, int64_t{1} << 50}) {
        rows.put_clock(offset_ms);
        EXPECT_EQ(rows.clock(), offset_ms);
    }
}

// Whatever is forced and taken back, the rows are those of the contents.
TEST_F(DevnetRowsTest, follow_changes_by_force) {
    const auto change = [](uint64_t nonce) {
        return std::make_shared<const execution::ForcedChange>(execution::ForcedChange{
            {Address{{7}}, nonce, uint256{9u}, Bytes{0x60}, {{Hash{{1}}, Hash{{2}}}}}});
    };
    const auto nothing = std::make_shared<const execution::Forced::Contents>();
    execution::Forced::Contents one;
    one.states[BLOCK] = {change(1), change(2)};
    one.senders[TRANSACTION] = Address{{8}};
    one.children[BLOCK] = {.base_fee = uint256{5u}, .gas_limit = {}};
    auto two = one;
    two.states[BLOCK] = {one.states[BLOCK][0], change(3), change(4)};
    two.states[Hash{{3}}] = {change(5)};
    two.senders.clear();
    two.children[BLOCK].gas_limit = 77;
    const auto as_pointer = [](const execution::Forced::Contents& contents) {
        return std::make_shared<const execution::Forced::Contents>(contents);
    };
    DevnetRows::ForcedPtr before = nothing;
    for (const auto& now : {as_pointer(one), as_pointer(two), as_pointer(one), nothing}) {
        rows.put_forced(A, before, now);
        const auto read = rows.forced(A);
        ASSERT_EQ(read->states.size(), now->states.size());
        for (const auto& [block, changes] : now->states) {
            ASSERT_EQ(read->states.at(block).size(), changes.size());
            for (size_t i = 0; i < changes.size(); ++i)
                EXPECT_EQ(*read->states.at(block)[i], *changes[i]);
        }
        EXPECT_EQ(read->senders, now->senders);
        EXPECT_EQ(read->children, now->children);
        EXPECT_TRUE(rows.forced(L1)->states.empty());
        before = now;
    }
}

TEST_F(DevnetRowsTest, refuse_rows_that_they_do_not_write) {
    put(L1, 'o', {}, rlp::encode(std::tuple{UINT64_MAX, false}));
    expect_refused([&] { (void)rows.clock(); }, "a clock beyond all clocks");
    // A change without the one before it.
    put(A, 's', concat(BLOCK, Bytes{0, 0, 0, 0, 0, 0, 0, 1}), {0xc0});
    expect_refused([&] { (void)rows.forced(A); }, "a gap between changes");
    put(ChainId{5}, 't', TRANSACTION, Bytes(19, 0));
    expect_refused([&] { (void)rows.forced(ChainId{5}); }, "a sender of 19 bytes");
    put(ChainId{6}, 'c', BLOCK, {0xc1, 0x01});
    expect_refused([&] { (void)rows.forced(ChainId{6}); }, "a child of one field");
}

}  // namespace
}  // namespace scope::devnet
