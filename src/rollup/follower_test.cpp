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

    /// Returns the claim of a batch; the chain goes on with it.
    Claimed claim(const Batch& batch, DataIn data_in = DataIn::calldata) {
        auto claimed = claim_of(chain, rollup, batch, data_in, &l1);
        adopt_batch(chain, claimed.execution);
        return claimed;
    }
};

TEST(follower, arrives_at_the_same_blocks_from_l1_alone) {
    Fixture f;
    Follower follower{f.l1, {f.rollup}};
    EXPECT_EQ(follower.advance().value().batches, 0u);

    const auto first = f.claim(sample_batch(f.chain, f.l1.head()->hash, 0), DataIn::blobs);
    f.l1.settle({first.claim}, first.versioned_hashes);
    f.l1.add({}, {});
    EXPECT_EQ(follower.advance().value().batches, 1u);
    EXPECT_EQ(follower.rollup(CHAIN)->chain.head()->hash, f.chain.head()->hash);

    Author author;
    auto second_scope = author.open_scope();
    second_scope.nonce = 3;  // of the system sender, after the first batch
    const auto second = f.claim(make_batch(f.chain, {{second_scope}}, 1, f.l1.head()->hash, 2));
    f.l1.settle({second.claim});
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
    protocol::BatchClaim unreadable;
    unreadable.data = {0xff};
    auto in_lost_blob = unreadable;
    in_lost_blob.data.clear();
    in_lost_blob.chain_id = uint256{REMOTE};
    in_lost_blob.blob_count = uint256{1u};
    f.l1.settle({in_lost_blob}, {Hash{{0x01, 0x99}}});
    unreadable.chain_id = uint256{0, 1, 0, 0};
    const auto one = f.claim(sample_batch(f.chain, f.l1.head()->hash, 1));
    f.l1.settle({one.claim, unreadable});

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
    const auto one = f.claim(sample_batch(f.chain));
    auto two = claim_of(other_chain, other, sample_batch(other_chain), DataIn::calldata);
    adopt_batch(other_chain, two.execution);
    const Hash other_head = other_chain.head()->hash;
    two.claim.post_state_root = Hash{{0x66}};
    f.l1.settle({one.claim, two.claim});

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
        EXPECT_EQ(head.stopped->rule, FollowRule::wrong_post_state_root);
        EXPECT_EQ(head.stopped->l1_block, 1u);
        EXPECT_EQ(head.stopped->chain_id, REMOTE);
        EXPECT_EQ(head.stopped->batch_number, 0u);
    }
    EXPECT_NE(both.rollup(REMOTE)->chain.head()->hash, other_head);

    // The first one goes on, the other one takes nothing more.
    Author author;
    auto open = author.open_scope();
    open.nonce = 3;
    const auto next = f.claim(make_batch(f.chain, {{open}}, 1));
    auto more = two.claim;
    more.batch_number = uint256{1u};
    f.l1.settle({next.claim, more});
    EXPECT_EQ(both.advance()->batches, 1u);
    EXPECT_EQ(both.rollup(CHAIN)->chain.head()->hash, f.chain.head()->hash);
    EXPECT_EQ(both.head(REMOTE).stopped->rule, FollowRule::wrong_post_state_root);
    EXPECT_EQ(both.head(REMOTE).stopped->batch_number, 0u);

    // L1 is reorganised, and the other one's batch is another: it goes on.
    f.l1.blocks_.resize(1);
    two.claim.post_state_root = two.execution.post_state_root;
    f.l1.settle({one.claim, two.claim});
    EXPECT_EQ(both.advance()->batches, 2u);
    EXPECT_FALSE(both.head(REMOTE).stopped.has_value());
    EXPECT_EQ(both.rollup(REMOTE)->chain.head()->hash, other_head);
}

TEST(follower, waits_for_a_blob_and_holds_up_nobody_else) {
    Fixture f;
    const auto other = config(REMOTE);
    auto other_chain = make_chain(other);
    const auto one = f.claim(sample_batch(f.chain), DataIn::blobs);
    auto two = claim_of(other_chain, other, sample_batch(other_chain), DataIn::calldata);
    adopt_batch(other_chain, two.execution);
    f.l1.settle({one.claim, two.claim}, one.versioned_hashes);
    Author author;
    auto open = author.open_scope();
    open.nonce = 3;
    f.l1.settle({f.claim(make_batch(f.chain, {{open}}, 1)).claim});
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

TEST(follower, waits_for_the_second_blob_of_an_l1_block) {
    // Two scopes in one L1 block, each with a batch of the rollup: the second one's data is late.
    Fixture f;
    const auto first = f.claim(sample_batch(f.chain));
    Author author;
    auto open = author.open_scope();
    open.nonce = 3;
    const auto second = f.claim(make_batch(f.chain, {{open}}, 1), DataIn::blobs);
    auto one = settling({first.claim});
    auto two = settling({second.claim}, second.versioned_hashes);
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

TEST(follower, keeps_its_heads_while_l1_does_not_answer) {
    Fixture f;
    Follower follower{f.l1, {f.rollup}};
    const auto claimed = f.claim(sample_batch(f.chain), DataIn::blobs);
    f.l1.settle({claimed.claim}, claimed.versioned_hashes);
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
    f.l1.settle({f.claim(sample_batch(f.chain)).claim});
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
    const auto batch = sample_batch(f.chain);
    auto claimed = f.claim(batch);
    // Told apart by what no execution gives: so it was not executed again.
    auto mine = claimed.execution;
    mine.blocks.back().block.requests.push_back({0x77});
    follower.remember(batch, mine);
    f.l1.settle({claimed.claim});
    EXPECT_EQ(follower.advance()->batches, 1u);
    EXPECT_EQ(follower.rollup(CHAIN)->chain.head()->requests.size(), 1u);

    // Another batch on the same head is executed; so is the same one on another head.
    auto other = batch;
    other.blocks.pop_back();
    f.l1.blocks_.pop_back();
    follower.remember(batch, mine);
    f.chain.set_head(f.chain.store().canonical_block(0)->hash);
    f.l1.settle({claim_of(f.chain, f.rollup, other, DataIn::calldata).claim});
    EXPECT_EQ(follower.advance()->batches, 1u);
    EXPECT_EQ(follower.rollup(CHAIN)->chain.head()->header().number, 1u);
}

TEST(follower, adopts_on_the_parent_that_was_executed_on) {
    // Remembered while another branch of L1 is followed.
    Fixture f;
    const auto batch = sample_batch(f.chain);
    const auto claimed = claim_of(f.chain, f.rollup, batch, DataIn::calldata);
    auto mine = claimed.execution;
    mine.blocks.back().block.requests.push_back({0x77});
    auto other = batch;
    other.blocks.pop_back();
    Follower follower{f.l1, {f.rollup}};
    f.l1.settle({claim_of(f.chain, f.rollup, other, DataIn::calldata).claim});
    ASSERT_EQ(follower.advance()->batches, 1u);
    follower.remember(batch, mine);

    f.l1.blocks_.pop_back();
    f.l1.settle({claimed.claim});
    EXPECT_EQ(follower.advance()->batches, 1u);
    EXPECT_EQ(follower.rollup(CHAIN)->chain.head()->requests.size(), 1u);
}

struct Refused {
    const char* name;
    FollowRule rule;
    std::function<void(protocol::BatchClaim&)> change;
};

class follow_refusal : public testing::TestWithParam<Refused> {};

TEST_P(follow_refusal, names_what_differs) {
    Fixture f;
    auto claimed = claim_of(f.chain, f.rollup, sample_batch(f.chain), DataIn::calldata);
    GetParam().change(claimed.claim);
    f.l1.settle({claimed.claim});
    Follower follower{f.l1, {f.rollup}};
    EXPECT_EQ(follower.advance().value().batches, 0u);
    const auto head = follower.head(CHAIN);
    ASSERT_TRUE(head.stopped.has_value());
    EXPECT_EQ(to_string(head.stopped->rule), to_string(GetParam().rule));
    EXPECT_EQ(follower.rollup(CHAIN)->chain.head()->header().number, 0u);
    EXPECT_EQ(head.position.next_batch, 0u);
}

/// The claim's batch itself, changed.
auto batch_changed(std::function<void(Batch&)> change) {
    return [change](protocol::BatchClaim& claim) {
        auto batch = decode_batch(claim.data).value();
        change(batch);
        claim.batch_number = uint256{batch.number};
        claim.data = encode(batch);
    };
}

INSTANTIATE_TEST_SUITE_P(
    rules, follow_refusal,
    testing::Values(Refused{"pre_state_root", FollowRule::wrong_pre_state_root,
                            [](auto& claim) { claim.pre_state_root = {}; }},
                    Refused{"post_state_root", FollowRule::wrong_post_state_root,
                            [](auto& claim) { claim.post_state_root = {}; }},
                    Refused{"last_block_hash", FollowRule::wrong_last_block_hash,
                            [](auto& claim) { claim.last_block_hash = {}; }},
                    Refused{"streams", FollowRule::wrong_streams,
                            [](auto& claim) { claim.remotes[0].value_in = uint256{4u}; }},
                    Refused{"no_streams", FollowRule::wrong_streams,
                            [](auto& claim) { claim.remotes.clear(); }},
                    Refused{"batch_number", FollowRule::wrong_batch_number,
                            batch_changed([](Batch& batch) { batch.number = 1; })},
                    Refused{"batch", FollowRule::refused_batch, batch_changed([](Batch& batch) {
                                batch.blocks[0].transactions.pop_back();
                            })},
                    Refused{"batch_bytes", FollowRule::bad_batch,
                            [](auto& claim) { claim.data.pop_back(); }}),
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
    EXPECT_EQ(follower.advance().error().rule, FollowRule::bad_l1_data);
    block.hash = hash(block.block.header);
    EXPECT_TRUE(follower.advance().has_value());
    f.l1.add({}, {});
    auto& wrong_number = *f.l1.blocks_.back();
    wrong_number.block.header.number = 7;
    wrong_number.hash = hash(wrong_number.block.header);
    EXPECT_EQ(follower.advance().error().rule, FollowRule::bad_l1_data);
}

TEST(follower, says_when_l1_tells_of_what_no_block_holds) {
    // Neither has an encoding, so nothing is its hash.
    const auto refuse = [](const std::function<void(chain::StoredBlock&)>& change) {
        Fixture f;
        Follower follower{f.l1, {f.rollup}};
        f.l1.settle({f.claim(sample_batch(f.chain)).claim});
        change(*f.l1.blocks_.back());
        const auto advanced = follower.advance();
        ASSERT_FALSE(advanced.has_value());
        EXPECT_EQ(advanced.error().rule, FollowRule::bad_l1_data);
        EXPECT_EQ(follower.next_l1_block(), 1u);
    };
    refuse([](auto& block) { block.block.header.requests_hash = Hash{}; });
    refuse([](auto& block) { block.block.header.withdrawals_root = Hash{}; });
    refuse([](auto& block) {
        block.block.header.base_fee_per_gas = uint256{};
        block.block.header.withdrawals_root = Hash{};
        block.block.header.blob_gas_used = 0;
    });
    refuse([](auto& block) { block.block.transactions[0].chain_id.reset(); });
}

// --- The chain below, on which batches are tried ---

TEST(scratch_chain, reads_through_and_writes_to_itself) {
    Fixture f;
    const auto first = f.claim(sample_batch(f.chain));
    const Hash head = f.chain.head()->hash;

    // Two blocks on block 1, beside what the base has above it.
    ScratchChain scratch{f.chain, first.execution.blocks[0].block.hash};
    std::vector<Hash> added;
    for (uint64_t i = 0; i < 2; ++i) {
        chain::BlockBuilder builder{
            scratch.chain(), scratch.head()->hash,
            attributes_of(Hash{}, scratch.head()->header().timestamp_s + 1, Address{})};
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
