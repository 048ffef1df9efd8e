#include "blobs/keeping_source.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "blobs/blob_routes.hpp"
#include "l1/beacon_blobs.hpp"
#include "store/test_folder.hpp"
#include "test_rollup/test_rollup.hpp"

namespace scope::blobs {
namespace {

using namespace rollup::test;

/// A FakeL1's blocks, and its blobs, counted, with what FakeL1 leaves out.
class Source : public l1::L1Source {
  public:
    explicit Source(const FakeL1& l1) : l1_(l1) {}
    [[nodiscard]] Result<l1::L1Heads, l1::L1Error> heads() const override { return l1_.heads(); }
    [[nodiscard]] Result<chain::StoredBlockPtr, l1::L1Error> block(uint64_t number) const override {
        return l1_.block(number);
    }
    [[nodiscard]] Result<chain::StoredBlobPtr, l1::L1Error> blob(
        const Hash& versioned_hash) const override {
        ++asked;
        const auto told = TRY(l1_.blob(versioned_hash));
        if (told == nullptr) return told;
        auto blob = std::make_shared<chain::StoredBlob>(*told);
        blob->commitment = *crypto::blob_to_commitment(blob->blob);
        blob->proof = *crypto::compute_blob_proof(blob->blob, blob->commitment);
        if (lies) blob->proof = {};
        return blob;
    }

    mutable int asked = 0;
    bool lies = false;

  private:
    const FakeL1& l1_;
};

/// A FakeL1's blocks, and blobs from somewhere else.
class OtherBlobs final : public Source {
  public:
    OtherBlobs(const FakeL1& l1, const l1::BlobSource& blobs) : Source(l1), blobs_(blobs) {}
    [[nodiscard]] Result<chain::StoredBlockPtr, l1::L1Error> block(uint64_t number) const override {
        auto block = TRY(Source::block(number));
        if (block != nullptr) places_.note(block->block);
        return block;
    }
    [[nodiscard]] Result<chain::StoredBlobPtr, l1::L1Error> blob(
        const Hash& versioned_hash) const override {
        const auto place = places_.find(versioned_hash);
        CHECK(place.has_value());
        const auto found = TRY(blobs_.fetch(place->at, std::vector{versioned_hash}));
        return found.empty() ? nullptr : found.front();
    }

  private:
    const l1::BlobSource& blobs_;
    mutable l1::BlobPlaces places_;
};

/// Two batches on L1, both in blobs.
struct Settled {
    Settled() {
        claim(sample_batch(chain, l1.head()->hash, 0));
        auto open = Author{}.open_scope();
        open.nonce = 3;  // of the system sender, after the first batch
        claim(make_batch(chain, {{open}}, 1, l1.head()->hash, l1.head()->header().number));
    }
    void claim(const rollup::Batch& batch) {
        auto claimed = claim_of(chain, rollup, batch, DataIn::blobs, &l1);
        l1.settle({claimed});
        adopt_batch(chain, rollup, batch, {}, claimed.execution);
    }
    void expect_followed(const l1::L1Source& from) const {
        rollup::Follower follower{from, {rollup}};
        const auto followed = follower.advance();
        ASSERT_TRUE(followed) << to_string(followed.error());
        EXPECT_EQ(followed->batches, 2u);
        EXPECT_EQ(follower.rollup(CHAIN)->chain.head()->hash, chain.head()->hash);
    }

    rollup::RollupConfig rollup = config();
    chain::Chain chain = make_chain(rollup);
    FakeL1 l1;
};

size_t count(const KeptBlobs& kept) {
    return kept.between(0, UINT64_MAX, 1'000).size();
}

TEST(keeping_source, keeps_what_a_follower_reads) {
    const Settled s;
    const auto source = std::make_shared<Source>(s.l1);
    const auto kept = std::make_shared<KeptBlobs>(store::make_memory_database());
    const KeepingSource keeping{source, kept};
    s.expect_followed(keeping);
    EXPECT_EQ(source->asked, 2);
    EXPECT_EQ(count(*kept), 2u);
    for (const auto& block : {s.l1.blocks_[1], s.l1.blocks_[2]})
        EXPECT_EQ(kept->of_block(block->header().number, 9),
                  block->block.transactions[0].blob_versioned_hashes);
    s.expect_followed(keeping);  // from what is kept
    EXPECT_EQ(source->asked, 2);
}

TEST(keeping_source, brings_up_a_fresh_follower_when_l1_has_forgotten) {
    Settled s;
    const store::TestFolder folder;
    const auto open = [&] {
        return std::make_shared<KeptBlobs>(store::open_disk_database(folder.options()));
    };
    s.expect_followed(KeepingSource{std::make_shared<Source>(s.l1), open()});
    s.l1.blobs_.clear();
    {
        rollup::Follower late{s.l1, {s.rollup}};
        (void)late.advance();
        EXPECT_NE(late.rollup(CHAIN)->chain.head()->hash, s.chain.head()->hash);
    }
    const auto kept = open();  // the process has ended between
    s.expect_followed(KeepingSource{std::make_shared<Source>(s.l1), kept});  // its own, once more

    net::HttpService service{{}, blob_routes(kept)};
    const l1::BeaconBlobs beacon{
        *net::parse_http_url(fmt::format("http://127.0.0.1:{}", service.listen(0)))};
    const auto others = std::make_shared<KeptBlobs>(store::make_memory_database());
    s.expect_followed(KeepingSource{std::make_shared<OtherBlobs>(s.l1, beacon), others});
    EXPECT_EQ(count(*others), 2u);  // and may serve a third one
}

TEST(keeping_source, drops_what_is_old_by_l1s_time) {
    Settled s;
    const auto kept = std::make_shared<KeptBlobs>(store::make_memory_database(), 10'000);
    const auto source = std::make_shared<Source>(s.l1);
    uint64_t clock_s = 0;
    const KeepingSource keeping{source, kept};
    const KeepingSource by_clock{source, kept, [&] { return clock_s; }};
    s.expect_followed(keeping);
    const uint64_t first_s = s.l1.blocks_[1]->header().timestamp_s;
    const uint64_t second_s = s.l1.blocks_[2]->header().timestamp_s;
    ASSERT_LT(first_s, second_s);
    s.l1.add({}, {});
    auto& later = s.l1.blocks_.back()->block.header;
    const uint64_t number = later.number;

    later.timestamp_s = first_s + 10'000;
    ASSERT_TRUE(keeping.block(number));
    EXPECT_EQ(count(*kept), 2u);
    later.timestamp_s = first_s + 10'001 + KeepingSource::PRUNE_INTERVAL_S;
    clock_s = later.timestamp_s - KeepingSource::PRUNE_INTERVAL_S - 1;
    ASSERT_TRUE(by_clock.block(number));  // a block from the future
    EXPECT_EQ(count(*kept), 2u);
    ASSERT_TRUE(keeping.block(number));
    EXPECT_LT(count(*kept), 2u);
    later.timestamp_s = UINT64_MAX;
    ASSERT_TRUE(by_clock.block(number));
    ASSERT_TRUE(keeping.block(number));
    EXPECT_EQ(count(*kept), 0u);
}

TEST(keeping_source, keeps_nothing_that_does_not_check) {
    const Settled s;
    const auto source = std::make_shared<Source>(s.l1);
    source->lies = true;
    const auto kept = std::make_shared<KeptBlobs>(store::make_memory_database());
    s.expect_followed(KeepingSource{source, kept});  // who derives checks the blob itself
    EXPECT_EQ(count(*kept), 0u);
    // Nor what stands in no block that was read.
    const auto honest = std::make_shared<Source>(s.l1);
    ASSERT_TRUE((KeepingSource{honest, kept}.blob(
        s.l1.blocks_[1]->block.transactions[0].blob_versioned_hashes[0])));
    EXPECT_EQ(count(*kept), 0u);
}

}  // namespace
}  // namespace scope::blobs
