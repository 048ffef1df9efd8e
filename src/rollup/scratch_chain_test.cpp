#include "rollup/scratch_chain.hpp"

#include <gtest/gtest.h>

#include "test_rollup/test_rollup.hpp"

namespace scope::rollup {
namespace {

using test::Author;

/// A base of three blocks, and blocks built beside its last.
class Scratch : public testing::Test {
  protected:
    RollupConfig config_ = test::config();
    chain::Chain base_ = test::make_chain(config_);
    Author author_;

    chain::SealedBlock built_on(const chain::Chain& chain,
                                const std::vector<Transaction>& transactions, uint8_t mark = 0) {
        const auto built = chain.build_block(
            {.timestamp_s = chain.head()->header().timestamp_s + 12, .extra_data = {mark}},
            transactions);
        EXPECT_TRUE(built.has_value());
        EXPECT_TRUE(built->refused.empty());
        return built->sealed;
    }
    chain::StoredBlockPtr extend_base(const std::vector<Transaction>& transactions) {
        return base_.adopt(built_on(base_, transactions));
    }
};

TEST_F(Scratch, answers_for_its_blocks_and_for_those_beneath) {
    const auto genesis = base_.head();
    const auto settled = author_.transfer(Address{{1}}, 1);
    const auto first = extend_base({settled});
    ScratchChain scratch{base_, first->hash};
    EXPECT_EQ(scratch.head(), first);

    std::vector<chain::StoredBlockPtr> blocks;
    std::vector<Transaction> transactions;
    for (int i = 0; i < 3; ++i) {
        transactions.push_back(author_.transfer(Address{{2}}, 1));
        scratch.add(built_on(scratch.chain(), {transactions.back()}));
        blocks.push_back(scratch.head());
    }
    const auto& store = scratch.chain().store();
    EXPECT_EQ(store.canonical_block(0), genesis);
    EXPECT_EQ(store.canonical_block(1), first);
    for (size_t i = 0; i < blocks.size(); ++i) {
        EXPECT_EQ(store.canonical_block(2 + i), blocks[i]);
        EXPECT_EQ(store.block(blocks[i]->hash), blocks[i]);
        EXPECT_EQ(store.state(blocks[i]->hash)->state_root(), blocks[i]->header().state_root);
        const auto place = store.transaction(hash(transactions[i]));
        ASSERT_TRUE(place.has_value());
        EXPECT_EQ(place->block, blocks[i]);
        EXPECT_EQ(place->index, 0u);
        EXPECT_EQ(base_.store().block(blocks[i]->hash), nullptr);
    }
    EXPECT_EQ(store.canonical_block(5), nullptr);
    EXPECT_EQ(store.block(genesis->hash), genesis);
    EXPECT_EQ(store.transaction(hash(settled))->block, first);
    EXPECT_EQ(store.transaction(Hash{{1}}), std::nullopt);
    EXPECT_EQ(scratch.chain().head_state()->account(Address{{2}})->balance, uint256{3u});
    EXPECT_EQ(scratch.chain().ancestors(scratch.head()->hash)->block_hash(3), blocks[1]->hash);
    EXPECT_EQ(scratch.chain().ancestors(scratch.head()->hash)->block_hash(0), genesis->hash);
}

TEST_F(Scratch, forgets_what_no_descendant_is_executed_on) {
    ScratchChain scratch{base_, base_.head()->hash};
    std::vector<Hash> hashes{base_.head()->hash};
    std::vector<std::weak_ptr<const state::WorldState>> states;
    for (int i = 0; i < 3; ++i) {
        const auto sealed = built_on(scratch.chain(), {author_.transfer(Address{{2}}, 1)});
        scratch.advance(sealed);
        hashes.push_back(sealed.block.hash);
        states.push_back(sealed.state);
        const auto head = scratch.head();
        EXPECT_EQ(head->hash, sealed.block.hash);
        EXPECT_EQ(head->header(), sealed.block.header());
        EXPECT_EQ(chain::size_in_memory(*head), chain::size_in_memory({}));
    }
    EXPECT_TRUE(states[0].expired());
    EXPECT_TRUE(states[1].expired());
    EXPECT_EQ(scratch.chain().head_state(), states[2].lock());
    const auto ancestors = scratch.chain().ancestors(scratch.head()->hash);
    for (uint64_t number = 0; number <= 3; ++number)
        EXPECT_EQ(ancestors->block_hash(number), hashes[number]);
}

TEST_F(Scratch, stays_on_its_branch_when_the_base_takes_another) {
    const auto genesis = base_.head();
    const auto kept = author_.transfer(Address{{1}}, 1);
    const auto first = extend_base({kept});
    const auto own = author_.transfer(Address{{1}}, 1);
    const auto second = extend_base({own});
    ScratchChain scratch{base_, second->hash};
    const auto above = author_.transfer(Address{{1}}, 1);
    scratch.add(built_on(scratch.chain(), {above}));

    base_.set_head(first->hash);
    Author other{base_.spec().chain_id};
    static_cast<void>(other.transfer(Address{{1}}, 1));
    const auto foreign = other.transfer(Address{{9}}, 9);
    const auto sibling = base_.adopt(built_on(base_, {foreign}, 1));
    ASSERT_NE(sibling->hash, second->hash);

    const auto& store = scratch.chain().store();
    EXPECT_EQ(store.canonical_block(0), genesis);
    EXPECT_EQ(store.canonical_block(1), first);
    EXPECT_EQ(store.canonical_block(2), second);
    EXPECT_EQ(store.canonical_block(3), scratch.head());
    EXPECT_EQ(store.transaction(hash(kept))->block, first);
    EXPECT_EQ(store.transaction(hash(own))->block, second);
    EXPECT_EQ(store.transaction(hash(above))->block, scratch.head());
    EXPECT_EQ(store.transaction(hash(foreign)), std::nullopt);
    EXPECT_EQ(store.block(sibling->hash), sibling);  // stored, and not canonical
}

}  // namespace
}  // namespace scope::rollup
