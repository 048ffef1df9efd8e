#include "blobs/kept_blobs.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "blobs/test_blobs.hpp"
#include "store/test_folder.hpp"

namespace scope::blobs {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

void expect_equal(const chain::StoredBlobPtr& own, const chain::StoredBlobPtr& found) {
    ASSERT_NE(found, nullptr);
    EXPECT_EQ(found->blob, own->blob);
    EXPECT_EQ(found->commitment, own->commitment);
    EXPECT_EQ(found->proof, own->proof);
}

TEST(kept_blobs, are_found_by_hash_block_and_time) {
    KeptBlobs kept{store::make_memory_database()};
    const auto one = make_blob(1), two = make_blob(2), three = make_blob(3);
    kept.keep({.block_number = 7, .timestamp_s = 100}, *one);
    kept.keep({.block_number = 7, .timestamp_s = 100}, *two);
    kept.keep({.block_number = 8, .timestamp_s = 112}, *three);
    kept.keep({.block_number = 8, .timestamp_s = 112}, *three);
    expect_equal(one, kept.find(hash_of(one)));
    EXPECT_EQ(kept.find(Hash{{1}}), nullptr);
    EXPECT_THAT(kept.of_block(7, 9), UnorderedElementsAre(hash_of(one), hash_of(two)));
    EXPECT_EQ(kept.of_block(7, 1).size(), 1u);
    EXPECT_THAT(kept.of_block(8, 9), ElementsAre(hash_of(three)));
    EXPECT_THAT(kept.of_block(9, 9), IsEmpty());
    EXPECT_THAT(kept.between(101, 113, 9), ElementsAre(hash_of(three)));
    EXPECT_THAT(kept.between(101, 112, 9), IsEmpty());
    EXPECT_EQ(kept.between(0, 1'000, 9).size(), 3u);
    const std::vector wanted{hash_of(three), Hash{{1}}, hash_of(one)};
    const auto found = kept.fetch({.block_number = 1, .timestamp_s = 1}, wanted);
    ASSERT_TRUE(found);
    ASSERT_EQ(found->size(), 2u);
    expect_equal(three, found->front());
}

TEST(kept_blobs, go_with_a_reorganisation_to_the_later_block) {
    KeptBlobs kept{store::make_memory_database(), 100};
    const auto blob = make_blob(1);
    kept.keep({.block_number = 7, .timestamp_s = 1'000}, *blob);
    kept.keep({.block_number = 8, .timestamp_s = 1'012}, *blob);
    kept.keep({.block_number = 7, .timestamp_s = 1'000}, *blob);
    EXPECT_THAT(kept.of_block(7, 9), IsEmpty());
    EXPECT_THAT(kept.of_block(8, 9), ElementsAre(hash_of(blob)));
    EXPECT_EQ(kept.prune(1'112), 0u);
    expect_equal(blob, kept.find(hash_of(blob)));
    EXPECT_EQ(kept.prune(1'113), 1u);
    EXPECT_EQ(kept.find(hash_of(blob)), nullptr);
}

TEST(kept_blobs, are_dropped_when_they_are_old_enough) {
    KeptBlobs kept{store::make_memory_database(), 100};
    const auto one = make_blob(1), two = make_blob(2);
    kept.keep({.block_number = 1, .timestamp_s = 1'000}, *one);
    kept.keep({.block_number = 2, .timestamp_s = 1'050}, *two);
    EXPECT_EQ(kept.prune(0), 0u);
    EXPECT_EQ(kept.prune(1'100), 0u);
    EXPECT_EQ(kept.prune(1'101), 1u);
    EXPECT_EQ(kept.find(hash_of(one)), nullptr);
    EXPECT_THAT(kept.of_block(1, 9), IsEmpty());
    EXPECT_THAT(kept.between(0, 2'000, 9), ElementsAre(hash_of(two)));
    expect_equal(two, kept.find(hash_of(two)));
    kept.keep({.block_number = 1, .timestamp_s = 1'000}, *one);  // again, as who syncs anew
    EXPECT_EQ(kept.prune(1'000'000), 2u);
    EXPECT_EQ(kept.prune(1'000'000), 0u);
}

TEST(kept_blobs, are_kept_for_good_where_that_is_wanted) {
    KeptBlobs kept{store::make_memory_database(), std::nullopt};
    const auto blob = make_blob(1);
    kept.keep({.block_number = 1, .timestamp_s = 1}, *blob);
    EXPECT_EQ(kept.prune(UINT64_MAX), 0u);
    expect_equal(blob, kept.find(hash_of(blob)));
}

TEST(kept_blobs, outlive_the_process) {
    const store::TestFolder folder;
    const auto one = make_blob(1), two = make_blob(2);
    {
        KeptBlobs kept{store::open_disk_database(folder.options()), 100};
        kept.keep({.block_number = 1, .timestamp_s = 1'000}, *one);
        kept.keep({.block_number = 2, .timestamp_s = 1'050}, *two);
        EXPECT_EQ(kept.prune(1'101), 1u);
    }
    KeptBlobs kept{store::open_disk_database(folder.options()), 100};
    EXPECT_EQ(kept.find(hash_of(one)), nullptr);
    expect_equal(two, kept.find(hash_of(two)));
    EXPECT_THAT(kept.of_block(2, 9), ElementsAre(hash_of(two)));
    EXPECT_EQ(kept.prune(1'151), 1u);
}

TEST(kept_blobs, refuse_rows_that_they_did_not_write) {
    auto database = store::make_memory_database();
    const auto blob = make_blob(1);
    Bytes key{'B'};
    append(key, hash_of(blob));
    store::WriteBatch batch;
    batch.put(key, {1, 2, 3});
    database->commit(batch);
    const KeptBlobs kept{std::move(database)};
    EXPECT_THROW((void)kept.find(hash_of(blob)), store::DatabaseError);
}

}  // namespace
}  // namespace scope::blobs
