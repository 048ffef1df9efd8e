#include "service/pool_rows.hpp"

#include <gtest/gtest.h>

#include "store/error.hpp"
#include "store/keys.hpp"

namespace scope::service {
namespace {

constexpr ChainId L1{31337};
constexpr ChainId A{42001};

class PoolRowsTest : public testing::Test {
  protected:
    static builder::L1Root operation(uint64_t nonce, std::optional<uint64_t> index = {}) {
        builder::L1Root root;
        root.operation.operation.account = Address{{7}};
        root.operation.operation.nonce = uint256{nonce};
        root.operation.operation.data = Bytes{1, 2, 3};
        root.operation.signature = Bytes(65, 9);
        root.root_index = index;
        return root;
    }
    /// Puts a row that nobody wrote.
    void put(ChainId chain, char kind, const Bytes& value) {
        Bytes key = store::column_prefix(store::Column::service, chain);
        key.push_back(static_cast<uint8_t>(kind));
        key.resize(key.size() + 8);
        staging.put(key, value);
    }

    std::unique_ptr<store::Database> database = store::make_memory_database();
    store::Staging staging{*database};
    PoolRows rows{staging, L1};
};

TEST_F(PoolRowsTest, have_operations_in_their_order) {
    rows.put_operation(3, operation(1, 5));
    rows.put_operation(10, operation(0));
    rows.put_operation(4, operation(2));
    rows.erase_operation(4);
    const auto kept = rows.operations();
    ASSERT_EQ(kept.size(), 2u);
    EXPECT_EQ(kept[0].first, 3u);
    EXPECT_EQ(kept[0].second.operation, operation(1).operation);
    EXPECT_EQ(kept[0].second.root_index, 5u);
    EXPECT_EQ(kept[1].first, 10u);
    EXPECT_EQ(kept[1].second.operation, operation(0).operation);
    EXPECT_EQ(kept[1].second.root_index, std::nullopt);
}

TEST_F(PoolRowsTest, refuse_rows_that_they_do_not_write) {
    put(A, 't', {0x01});
    EXPECT_THROW((void)rows.take_transactions(A), store::DatabaseError);
    put(L1, 'o', {0xc3, 0x01, 0x80, 0x80});
    EXPECT_THROW((void)rows.operations(), store::DatabaseError);
    put(L1, 'z', {0xc0});
    EXPECT_THROW((void)rows.refusals(), store::DatabaseError);
}

}  // namespace
}  // namespace scope::service
