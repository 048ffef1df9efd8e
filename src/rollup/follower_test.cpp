#include "rollup/follower.hpp"

#include <gtest/gtest.h>

#include <functional>

#include "rollup/scratch_chain.hpp"
#include "test_rollup/test_rollup.hpp"

namespace scope::rollup {
namespace {

using namespace test;

struct Fixture {
    RollupConfig rollup = config();
    chain::Chain chain = make_chain(rollup);
    FakeL1 l1;

    /// Returns the sample batch on L1's first block.
    [[nodiscard]] Batch sample() const { return sample_on(chain); }
    [[nodiscard]] Batch sample_on(const chain::Chain& other) const {
        return sample_batch(other, l1.blocks_[0]->hash, 0);
    }
    /// Returns a batch that only opens its scope, on L1's first block, after the sample batch.
    [[nodiscard]] Batch second() const {
        Author author;
        auto open = author.open_scope();
        open.nonce = 3;  // of the system sender, after the first batch
        return make_batch(chain, {{open}}, 1, l1.blocks_[0]->hash, 0);
    }
    /// Returns the claim of a batch; the chain goes on with it.
    Claimed claim(const Batch& batch, DataIn data_in = DataIn::calldata) {
        auto claimed = claim_of(chain, rollup, batch, data_in, &l1);
        adopt_batch(chain, rollup, batch, {}, claimed.execution);
        return claimed;
    }
};

TEST(follower, arrives_at_the_same_blocks_from_l1_alone) {
    Fixture f;
    Follower follower{f.l1, {f.rollup}};
    EXPECT_EQ(follower.advance().value().batches, 0u);

    const auto first = f.claim(sample_batch(f.chain, f.l1.head()->hash, 0), DataIn::blobs);
    f.l1.settle({first});
    f.l1.add({}, {});
    EXPECT_EQ(follower.advance().value().batches, 1u);
    EXPECT_EQ(follower.rollup(CHAIN)->chain.head()->hash, f.chain.head()->hash);

    Author author;
    auto second_scope = author.open_scope();
    second_scope.nonce = 3;  // of the system sender, after the first batch
    const auto second = f.claim(make_batch(f.chain, {{second_scope}}, 1, f.l1.head()->hash, 2));
    f.l1.settle({second});
    EXPECT_EQ(follower.advance().value().batches, 1u);
    EXPECT_EQ(follower.advance().value().batches, 0u);

    const auto* rollup = follower.rollup(CHAIN);
    ASSERT_NE(rollup, nullptr);
    EXPECT_EQ(rollup->chain.head()->hash, f.chain.head()->hash);
    EXPECT_EQ(rollup->chain.head_state()->state_root(), f.chain.head_state()->state_root());
    EXPECT_EQ(rollup->next_batch(), 2u);
    EXPECT_EQ(rollup->l1_origin_number(), 2u);
    EXPECT_EQ(follower.next_l1_block(), 4u);
    EXPECT_EQ(follower.rollup(REMOTE), nullptr);

    // One that starts late arrives there too.
    Follower late{f.l1, {f.rollup}};
    EXPECT_EQ(late.advance().value().batches, 2u);
    EXPECT_EQ(late.rollup(CHAIN)->chain.head()->hash, f.chain.head()->hash);
}

TEST(follower, is_not_stopped_by_a_batch_of_a_rollup_that_it_does_not_follow) {
    Fixture f;
    Claimed in_lost_blob;
    in_lost_blob.claim.chain_id = uint256{REMOTE};
    in_lost_blob.versioned_hashes = {Hash{{0x01, 0x99}}};
    in_lost_blob.blobs.resize(1);
    f.l1.settle({in_lost_blob});
    f.l1.blobs_.clear();
    Claimed unreadable;
    unreadable.data = {0xff};
    unreadable.claim.chain_id = uint256{0, 1, 0, 0};
    const auto one = f.claim(sample_batch(f.chain, f.l1.head()->hash, 1));
    f.l1.settle({one, unreadable});

    Follower follower{f.l1, {f.rollup}};
    const auto advanced = follower.advance();
    ASSERT_TRUE(advanced.has_value()) << to_string(advanced.error());
    EXPECT_EQ(advanced->batches, 1u);
    EXPECT_EQ(follower.rollup(CHAIN)->chain.head()->hash, f.chain.head()->hash);
}

TEST(follower, is_stopped_by_no_other_rollup) {
    Fixture f;
    const auto other = config(REMOTE);
    auto other_chain = make_chain(other);
    const auto one = f.claim(f.sample());
    const auto other_batch = f.sample_on(other_chain);
    auto two = claim_of(other_chain, other, other_batch, DataIn::calldata);
    adopt_batch(other_chain, other, other_batch, {}, two.execution);
    const Hash other_head = other_chain.head()->hash;
    two.claim.last_block_hash = Hash{{0x66}};
    f.l1.settle({one, two});

    Follower both{f.l1, {f.rollup, other}};
    const auto advanced = both.advance();
    ASSERT_TRUE(advanced.has_value());
    EXPECT_EQ(advanced->batches, 1u);
    EXPECT_EQ(both.rollup(CHAIN)->chain.head()->hash, f.chain.head()->hash);
    EXPECT_FALSE(both.head(CHAIN).stopped.has_value());

    // Every head of the other one says why it stands.
    for (const auto label : {Label::latest, Label::safe, Label::finalized}) {
        const auto head = both.head(REMOTE, label);
        EXPECT_EQ(head.position.next_batch, 0u);
        ASSERT_TRUE(head.stopped.has_value());
        EXPECT_EQ(head.stopped->rule, FollowRule::wrong_last_block_hash);
        EXPECT_EQ(head.stopped->l1_block, 1u);
        EXPECT_EQ(head.stopped->chain_id, REMOTE);
        EXPECT_EQ(head.stopped->batch_number, 0u);
    }
    EXPECT_NE(both.rollup(REMOTE)->chain.head()->hash, other_head);

    // The first one goes on, the other one takes nothing more.
    const auto next = f.claim(f.second());
    auto more = two;
    more.claim.batch_number = uint256{1u};
    f.l1.settle({next, more});
    EXPECT_EQ(both.advance()->batches, 1u);
    EXPECT_EQ(both.rollup(CHAIN)->chain.head()->hash, f.chain.head()->hash);
    EXPECT_EQ(both.head(REMOTE).stopped->rule, FollowRule::wrong_last_block_hash);
    EXPECT_EQ(both.head(REMOTE).stopped->batch_number, 0u);

    // L1 is reorganised, and the other one's batch is another: it goes on.
    f.l1.blocks_.resize(1);
    two.claim.last_block_hash = two.execution.last_block_hash;
    f.l1.settle({one, two});
    EXPECT_EQ(both.advance()->batches, 2u);
    EXPECT_FALSE(both.head(REMOTE).stopped.has_value());
    EXPECT_EQ(both.rollup(REMOTE)->chain.head()->hash, other_head);
}

TEST(follower, waits_for_a_blob_and_holds_up_nobody_else) {
    Fixture f;
    const auto other = config(REMOTE);
    auto other_chain = make_chain(other);
    const auto one = f.claim(f.sample(), DataIn::blobs);
    const auto other_batch = f.sample_on(other_chain);
    auto two = claim_of(other_chain, other, other_batch, DataIn::calldata);
    adopt_batch(other_chain, other, other_batch, {}, two.execution);
    f.l1.settle({one});
    f.l1.settle({two});
    f.l1.settle({f.claim(f.second())});
    const auto blobs = std::exchange(f.l1.blobs_, {});

    Follower both{f.l1, {f.rollup, other}};
    EXPECT_EQ(both.advance()->batches, 1u);
    EXPECT_EQ(both.rollup(REMOTE)->chain.head()->hash, other_chain.head()->hash);
    ASSERT_TRUE(both.head(CHAIN).stopped.has_value());
    EXPECT_EQ(both.head(CHAIN).stopped->rule, FollowRule::missing_data);
    EXPECT_EQ(both.advance()->batches, 0u);

    f.l1.blobs_ = blobs;
    EXPECT_EQ(both.advance()->batches, 2u);
    EXPECT_FALSE(both.head(CHAIN).stopped.has_value());
    EXPECT_EQ(both.rollup(CHAIN)->chain.head()->hash, f.chain.head()->hash);
}

TEST(follower, waits_with_all_rollups_of_a_scope_for_its_blobs) {
    Fixture f;
    const auto other = config(REMOTE);
    auto other_chain = make_chain(other);
    const auto one = f.claim(f.sample(), DataIn::blobs);
    const auto other_batch = f.sample_on(other_chain);
    auto two = claim_of(other_chain, other, other_batch, DataIn::blobs);
    adopt_batch(other_chain, other, other_batch, {}, two.execution);
    f.l1.settle({one, two});
    const auto blobs = std::exchange(f.l1.blobs_, {});

    Follower both{f.l1, {f.rollup, other}};
    EXPECT_EQ(both.advance()->batches, 0u);
    for (const ChainId chain_id : {CHAIN, REMOTE}) {
        ASSERT_TRUE(both.head(chain_id).stopped.has_value());
        EXPECT_EQ(both.head(chain_id).stopped->rule, FollowRule::missing_data);
        EXPECT_EQ(both.head(chain_id).stopped->chain_id, chain_id);
    }
    f.l1.blobs_ = blobs;
    EXPECT_EQ(both.advance()->batches, 2u);
    EXPECT_EQ(both.rollup(CHAIN)->chain.head()->hash, f.chain.head()->hash);
    EXPECT_EQ(both.rollup(REMOTE)->chain.head()->hash, other_chain.head()->hash);
}

TEST(follower, waits_for_the_second_blob_of_an_l1_block) {
    // Two scopes in one L1 block, each with a batch of the rollup: the second one's data is late.
    Fixture f;
    const auto first = f.claim(f.sample());
    const auto second = f.claim(f.second(), DataIn::blobs);
    auto one = settling({first});
    auto two = settling({second});
    f.l1.add({one.transaction, two.transaction}, {one.receipt, two.receipt});
    const auto blobs = std::exchange(f.l1.blobs_, {});

    Follower follower{f.l1, {f.rollup}};
    EXPECT_EQ(follower.advance()->batches, 1u);
    EXPECT_EQ(follower.head(CHAIN).stopped->rule, FollowRule::missing_data);
    EXPECT_EQ(follower.head(CHAIN).stopped->batch_number, 1u);
    EXPECT_EQ(follower.advance()->batches, 0u);
    f.l1.blobs_ = blobs;
    EXPECT_EQ(follower.advance()->batches, 1u);
    const auto head = follower.head(CHAIN);
    EXPECT_FALSE(head.stopped.has_value()) << to_string(*head.stopped);
    EXPECT_EQ(follower.rollup(CHAIN)->chain.head()->hash, f.chain.head()->hash);
    EXPECT_EQ(head.position.next_batch, 2u);
}

// --- What L1 says of origins and chains ---

TEST(follower, demands_that_registered_chains_are_made_known) {
    for (const bool adds : {true, false}) {
        Fixture f;
        f.l1.register_rollups({uint256{950u}, uint256{CHAIN}});
        f.l1.register_rollups({uint256{940u}});
        Author author;
        std::vector<Transaction> transactions{author.open_scope()};
        if (adds) transactions.push_back(author.add_chains({uint256{940u}, uint256{950u}}));
        f.l1.settle({f.claim(make_batch(f.chain, {transactions}, 0, f.l1.head()->hash, 2))});
        Follower follower{f.l1, {f.rollup}};
        ASSERT_TRUE(follower.advance().has_value());
        const auto& stopped = follower.head(CHAIN).stopped;
        if (!adds) {
            ASSERT_TRUE(stopped.has_value());
            EXPECT_EQ(stopped->rule, FollowRule::refused_batch);
            EXPECT_EQ(stopped->batch->rule, BatchRule::missing_add_chains);
            continue;
        }
        ASSERT_FALSE(stopped.has_value()) << to_string(*stopped);
        EXPECT_EQ(follower.registered(0, 2), (std::vector{CHAIN, ChainId{940}, ChainId{950}}));
        EXPECT_EQ(follower.registered(1, 3), std::vector{ChainId{940}});

        // The next batch goes on from its origin: only what was registered since.
        f.l1.register_rollups({uint256{960u}});
        const auto next =
            make_batch(f.chain, {{author.open_scope(), author.add_chains({uint256{960u}})}}, 1,
                       f.l1.head()->hash, 4);
        f.l1.settle({f.claim(next)});
        EXPECT_EQ(follower.advance()->batches, 1u);
        const auto last = make_batch(f.chain, {{author.open_scope()}}, 2, f.l1.head()->hash, 5);
        f.l1.settle({f.claim(last)});
        EXPECT_EQ(follower.advance()->batches, 1u);
        EXPECT_EQ(follower.rollup(CHAIN)->l1_origin_number(), 5u);
    }
}

TEST(follower, forgets_a_registration_that_l1_undid) {
    Fixture f;
    Follower follower{f.l1, {f.rollup}};
    f.l1.register_rollups({uint256{950u}});
    ASSERT_TRUE(follower.advance().has_value());
    EXPECT_EQ(follower.registered(0, 1), std::vector{ChainId{950}});
    f.l1.blocks_.pop_back();
    f.l1.add({}, {});
    ASSERT_TRUE(follower.advance().has_value());
    EXPECT_TRUE(follower.registered(0, 1).empty());
}

TEST(follower, refuses_a_batch_whose_origin_is_not_canonical) {
    Fixture f;
    f.l1.add({}, {});
    const auto lost = f.l1.head()->hash;
    f.l1.blocks_.pop_back();
    f.l1.add({}, {});
    Follower follower{f.l1, {f.rollup}};
    ASSERT_TRUE(follower.advance().has_value());
    const auto batch = sample_batch(f.chain, lost, 1);
    const auto claimed = f.claim(batch);
    // Nor does it adopt it, if it executed it when it was.
    follower.remember(batch, claimed.execution);
    f.l1.settle({claimed});
    EXPECT_EQ(follower.advance()->batches, 0u);
    const auto head = follower.head(CHAIN);
    ASSERT_TRUE(head.stopped.has_value());
    EXPECT_EQ(head.stopped->rule, FollowRule::refused_batch);
    EXPECT_EQ(head.stopped->batch->rule, BatchRule::unknown_l1_origin);
}

TEST(follower, knows_l1_from_its_first_block_on) {
    Fixture f;
    f.l1.register_rollups({uint256{950u}});
    f.l1.register_rollups({uint256{960u}});
    Follower follower{f.l1, {f.rollup}, 2};
    ASSERT_TRUE(follower.advance().has_value());
    EXPECT_FALSE(follower.l1_origin(1).has_value());
    EXPECT_EQ(follower.l1_origin(2)->hash, f.l1.head()->hash);
    EXPECT_FALSE(follower.l1_origin(3).has_value());
    EXPECT_EQ(follower.registered(0, 2), std::vector{ChainId{960}});
}

TEST(follower, keeps_its_heads_while_l1_does_not_answer) {
    Fixture f;
    Follower follower{f.l1, {f.rollup}};
    const auto claimed = f.claim(f.sample(), DataIn::blobs);
    f.l1.settle({claimed});
    f.l1.unreachable_ = true;
    EXPECT_EQ(follower.advance().error().rule, FollowRule::l1_unreachable);
    f.l1.unreachable_ = false;
    f.l1.blobs_unreachable_ = true;
    EXPECT_EQ(follower.advance().error().rule, FollowRule::l1_unreachable);
    EXPECT_EQ(follower.next_l1_block(), 1u);
    EXPECT_FALSE(follower.head(CHAIN).stopped.has_value());
    f.l1.blobs_unreachable_ = false;
    EXPECT_EQ(follower.advance()->batches, 1u);

    // Nor does it go back while it can't tell how far.
    f.l1.blocks_.pop_back();
    f.l1.add({}, {});
    f.l1.unreachable_ = true;
    EXPECT_EQ(follower.advance().error().rule, FollowRule::l1_unreachable);
    EXPECT_EQ(follower.rollup(CHAIN)->chain.head()->hash, f.chain.head()->hash);
}

/// Says where its head is, and has no block at times.
class Forgetful final : public l1::L1Source {
  public:
    explicit Forgetful(const l1::L1Source& l1) : l1_(l1) {}
    [[nodiscard]] Result<l1::L1Heads, l1::L1Error> heads() const override { return l1_.heads(); }
    [[nodiscard]] Result<chain::StoredBlockPtr, l1::L1Error> block(uint64_t number) const override {
        if (forgets) return nullptr;
        return l1_.block(number);
    }
    [[nodiscard]] Result<chain::StoredBlobPtr, l1::L1Error> blob(const Hash& hash) const override {
        return l1_.blob(hash);
    }
    bool forgets = false;

  private:
    const l1::L1Source& l1_;
};

TEST(follower, keeps_its_heads_while_l1_has_no_block_below_its_head) {
    Fixture f;
    Forgetful l1{f.l1};
    Follower follower{l1, {f.rollup}};
    f.l1.settle({f.claim(f.sample())});
    ASSERT_EQ(follower.advance()->batches, 1u);
    f.l1.add({}, {});
    l1.forgets = true;
    EXPECT_EQ(follower.advance().error().rule, FollowRule::l1_unsteady);
    EXPECT_EQ(follower.rollup(CHAIN)->chain.head()->hash, f.chain.head()->hash);
    EXPECT_TRUE(follower.take_undone(CHAIN).empty());
    l1.forgets = false;
    EXPECT_EQ(follower.advance()->unwound, 0u);
}

TEST(follower, adopts_what_the_node_executed_itself) {
    Fixture f;
    Follower follower{f.l1, {f.rollup}};
    ASSERT_TRUE(follower.advance().has_value());
    const auto batch = f.sample();
    auto claimed = f.claim(batch);
    // Told apart by what no execution gives: so it was not executed again.
    auto mine = claimed.execution;
    mine.blocks.back().block.requests.push_back({0x77});
    follower.remember(batch, mine);
    f.l1.settle({claimed});
    EXPECT_EQ(follower.advance()->batches, 1u);
    EXPECT_EQ(follower.rollup(CHAIN)->chain.head()->requests.size(), 1u);

    // Another batch on the same head is executed; so is the same one on another head.
    auto other = batch;
    other.blocks.pop_back();
    f.l1.blocks_.pop_back();
    follower.remember(batch, mine);
    f.chain.set_head(f.chain.store().canonical_block(0)->hash);
    f.l1.settle({claim_of(f.chain, f.rollup, other, DataIn::calldata)});
    EXPECT_EQ(follower.advance()->batches, 1u);
    EXPECT_EQ(follower.rollup(CHAIN)->chain.head()->header().number, 1u);
}

TEST(follower, derives_a_batch_that_is_too_large_to_keep) {
    Fixture f;
    auto claimed = f.claim(logging_batch(f.chain, MOST_LOGGING_GAS, f.l1.blocks_[0]->hash, 0));
    EXPECT_TRUE(claimed.execution.blocks.empty());
    auto lie = claimed;
    lie.claim.last_block_hash = {};
    f.l1.settle({lie});
    Follower follower{f.l1, {f.rollup}};
    EXPECT_EQ(follower.advance()->batches, 0u);
    const auto* const rollup = follower.rollup(CHAIN);
    EXPECT_EQ(rollup->stopped->rule, FollowRule::wrong_last_block_hash);
    // Nothing of it is there.
    EXPECT_EQ(rollup->chain.head()->header().number, 0u);
    const auto first = f.chain.store().canonical_block(1);
    EXPECT_EQ(rollup->chain.store().block(first->hash), nullptr);

    f.l1.blocks_.pop_back();
    f.l1.settle({claimed});
    EXPECT_EQ(follower.advance()->batches, 1u);
    EXPECT_EQ(rollup->chain.head()->hash, f.chain.head()->hash);
    EXPECT_EQ(rollup->chain.head_state()->state_root(), f.chain.head_state()->state_root());
    EXPECT_EQ(rollup->chain.store().block(first->hash)->receipts, first->receipts);
}

TEST(follower, adopts_on_the_parent_that_was_executed_on) {
    // Remembered while another branch of L1 is followed.
    Fixture f;
    const auto batch = f.sample();
    const auto claimed = claim_of(f.chain, f.rollup, batch, DataIn::calldata);
    auto mine = claimed.execution;
    mine.blocks.back().block.requests.push_back({0x77});
    auto other = batch;
    other.blocks.pop_back();
    Follower follower{f.l1, {f.rollup}};
    f.l1.settle({claim_of(f.chain, f.rollup, other, DataIn::calldata)});
    ASSERT_EQ(follower.advance()->batches, 1u);
    follower.remember(batch, mine);

    f.l1.blocks_.pop_back();
    f.l1.settle({claimed});
    EXPECT_EQ(follower.advance()->batches, 1u);
    EXPECT_EQ(follower.rollup(CHAIN)->chain.head()->requests.size(), 1u);
}

struct Refused {
    const char* name;
    FollowRule rule;
    std::function<void(Claimed&)> change;
};

class follow_refusal : public testing::TestWithParam<Refused> {};

TEST_P(follow_refusal, names_what_differs) {
    Fixture f;
    auto claimed = claim_of(f.chain, f.rollup, f.sample(), DataIn::calldata);
    GetParam().change(claimed);
    f.l1.settle({claimed});
    Follower follower{f.l1, {f.rollup}};
    EXPECT_EQ(follower.advance().value().batches, 0u);
    const auto head = follower.head(CHAIN);
    ASSERT_TRUE(head.stopped.has_value());
    EXPECT_EQ(to_string(head.stopped->rule), to_string(GetParam().rule));
    EXPECT_EQ(follower.rollup(CHAIN)->chain.head()->header().number, 0u);
    EXPECT_EQ(head.position.next_batch, 0u);
}

auto claim_changed(std::function<void(protocol::BatchClaim&)> change) {
    return [change](Claimed& claimed) { change(claimed.claim); };
}
/// The claim's batch itself, changed.
auto batch_changed(std::function<void(Batch&)> change) {
    return [change](Claimed& claimed) {
        auto batch = decode_batch(claimed.data).value();
        change(batch);
        claimed.claim.batch_number = uint256{batch.number};
        claimed.data = encode(batch);
        claimed.claim.data_length = uint256{claimed.data.size()};
    };
}

INSTANTIATE_TEST_SUITE_P(
    rules, follow_refusal,
    testing::Values(Refused{"parent_block", FollowRule::wrong_parent_block,
                            claim_changed([](auto& claim) { claim.parent_block_hash = {}; })},
                    Refused{"last_block_hash", FollowRule::wrong_last_block_hash,
                            claim_changed([](auto& claim) { claim.last_block_hash = {}; })},
                    Refused{"streams", FollowRule::wrong_streams, claim_changed([](auto& claim) {
                                claim.remotes[0].value_in = uint256{4u};
                            })},
                    Refused{"limits", FollowRule::wrong_streams, claim_changed([](auto& claim) {
                                claim.remotes[0].limit = uint256{4u};
                            })},
                    Refused{"no_streams", FollowRule::wrong_streams,
                            claim_changed([](auto& claim) { claim.remotes.clear(); })},
                    Refused{"batch_number", FollowRule::wrong_batch_number,
                            batch_changed([](Batch& batch) { batch.number = 1; })},
                    Refused{"batch", FollowRule::refused_batch, batch_changed([](Batch& batch) {
                                batch.blocks[0].transactions.pop_back();
                            })},
                    Refused{"batch_bytes", FollowRule::bad_batch,
                            claim_changed([](auto& claim) { claim.data_length -= uint256{1u}; })}),
    [](const auto& info) { return std::string{info.param.name}; });

TEST(follower, says_when_l1_contradicts_itself) {
    Fixture f;
    Follower follower{f.l1, {f.rollup}};
    ASSERT_TRUE(follower.advance().has_value());
    f.l1.add({}, {});
    auto& block = *f.l1.blocks_.back();
    block.block.header.parent_hash = Hash{{0x66}};
    block.hash = hash(block.block.header);
    EXPECT_EQ(follower.advance().error().rule, FollowRule::l1_unsteady);
    EXPECT_EQ(follower.next_l1_block(), 1u);
    block.block.header.parent_hash = f.l1.blocks_[0]->hash;
    block.hash = hash(block.block.header);
    EXPECT_TRUE(follower.advance().has_value());
    f.l1.add({}, {});
    auto& wrong_number = *f.l1.blocks_.back();
    wrong_number.block.header.number = 7;
    wrong_number.hash = hash(wrong_number.block.header);
    EXPECT_EQ(follower.advance().error().rule, FollowRule::bad_l1_data);
}

// --- The chain below, on which batches are tried ---

TEST(scratch_chain, reads_through_and_writes_to_itself) {
    Fixture f;
    const auto first = f.claim(f.sample());
    const Hash head = f.chain.head()->hash;

    // Two blocks on block 1, beside what the base has above it.
    ScratchChain scratch{f.chain, first.execution.blocks[0].block.hash};
    std::vector<Hash> added;
    for (uint64_t i = 0; i < 2; ++i) {
        chain::BlockBuilder builder{
            scratch.chain(), scratch.head()->hash,
            attributes_of({.timestamp_s = scratch.head()->header().timestamp_s + 1})};
        const auto sealed = builder.seal();
        ASSERT_TRUE(sealed.has_value());
        scratch.add(*sealed);
        added.push_back(sealed->block.hash);
    }
    const auto& store = scratch.chain().store();
    EXPECT_EQ(store.head()->hash, added[1]);
    EXPECT_EQ(store.canonical_block(3)->hash, added[1]);
    EXPECT_EQ(store.canonical_block(2)->hash, added[0]);
    EXPECT_EQ(store.canonical_block(1)->hash, first.execution.blocks[0].block.hash);
    EXPECT_EQ(store.canonical_block(0)->hash, f.chain.store().canonical_block(0)->hash);
    EXPECT_EQ(store.canonical_block(4), nullptr);
    const auto in_first = hash(first.execution.blocks[0].block.block.transactions[0]);
    const auto in_second = hash(first.execution.blocks[1].block.block.transactions[0]);
    EXPECT_TRUE(store.transaction(in_first).has_value());
    EXPECT_FALSE(store.transaction(in_second).has_value());

    EXPECT_EQ(f.chain.head()->hash, head);
    EXPECT_EQ(f.chain.store().block(added[0]), nullptr);
}

}  // namespace
}  // namespace scope::rollup
