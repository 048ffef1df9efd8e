#include "service/scope_rows.hpp"

#include <gtest/gtest.h>

#include "store/error.hpp"
#include "store/keys.hpp"

namespace scope::service {
namespace {

constexpr ChainId L1{31337};
const Hash BLOCK{{1}};
const Hash TRANSACTION{{2}};

class ScopeRowsTest : public testing::Test {
  protected:
    /// Puts a row that nobody wrote.
    void put(char kind, BytesView rest, const Bytes& value) {
        Bytes key = store::column_prefix(store::Column::service, L1);
        key.push_back(static_cast<uint8_t>(kind));
        append(key, rest);
        staging.put(key, value);
    }

    std::unique_ptr<store::Database> database = store::make_memory_database();
    store::Staging staging{*database};
    ScopeRows rows{staging, L1};
};

TEST_F(ScopeRowsTest, give_back_what_they_took) {
    EXPECT_EQ(rows.told(), std::nullopt);
    EXPECT_EQ(rows.scopes(), 0u);
    rows.put_told({7, BLOCK});
    EXPECT_EQ(rows.told(), (l1::L1BlockId{7, BLOCK}));
    const ScopeRows::Scope scope{.l1_transaction = TRANSACTION,
                                 .l1_block = BLOCK,
                                 .l1_block_number = 7,
                                 .l1_gas_used = 8,
                                 .blobs = 2,
                                 .batches = Bytes{1, 2},
                                 .hashes = {BLOCK, TRANSACTION},
                                 .roots = Bytes{3}};
    rows.put_scope(0, scope);
    rows.put_scope(1, {});
    rows.put_found(TRANSACTION, 1);
    EXPECT_EQ(rows.scopes(), 2u);
    const auto read = rows.scope(0);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->hashes, scope.hashes);
    EXPECT_EQ(read->blobs, 2u);
    EXPECT_EQ(read->roots, scope.roots);
    EXPECT_EQ(rows.found(TRANSACTION), 1u);
    rows.erase_scope(1);
    rows.erase_found(TRANSACTION);
    EXPECT_EQ(rows.scopes(), 1u);
    EXPECT_EQ(rows.found(TRANSACTION), std::nullopt);
}

TEST_F(ScopeRowsTest, refuse_rows_that_they_do_not_write) {
    put('h', {}, Bytes{1});
    EXPECT_THROW((void)rows.told(), store::DatabaseError);
    put('n', Bytes(7, 0), {});
    EXPECT_THROW((void)rows.scopes(), store::DatabaseError);
    put('n', Bytes(8, 0), {0xc0});
    EXPECT_THROW((void)rows.scope(0), store::DatabaseError);
    put('f', TRANSACTION, Bytes{1});
    EXPECT_THROW((void)rows.found(TRANSACTION), store::DatabaseError);
}

}  // namespace
}  // namespace scope::service
