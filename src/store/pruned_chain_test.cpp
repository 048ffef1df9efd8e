#include <gtest/gtest.h>

#include "base/hex.hpp"
#include "chain/block_builder.hpp"
#include "state/unavailable.hpp"
#include "store/test_chains.hpp"
#include "store/test_nodes.hpp"
#include "store/test_workload.hpp"

// What is asked of a chain whose old states are pruned is refused with the block's name, and changes
// nothing: a reorganisation that is deeper than the depth, a block on a parent of long ago.

namespace scope::store {

namespace {

/// Expects that the state after @p block is said not to be kept, and that no row has changed.
template <typename F>
void expect_not_kept(TestChains& chains, const chain::StoredBlock& block, F act) {
    const auto before = rows_of(chains.staging());
    try {
        act();
        ADD_FAILURE() << "done, though the state is not kept";
    } catch (const state::Unavailable& error) {
        EXPECT_EQ(std::string{error.what()}, "the state after block " +
                                                 std::to_string(block.header().number) + " " +
                                                 to_hex(block.hash) + " is not kept");
    }
    EXPECT_TRUE(rows_of(chains.staging()) == before);
}

chain::BlockAttributes attributes_on(const chain::StoredBlock& parent) {
    chain::BlockAttributes attributes;
    attributes.timestamp_s = parent.header().timestamp_s + 100;
    return attributes;
}

/// A block that a chain in memory builds, where all states are kept.
Block child_of(const chain::Chain& memory, const chain::StoredBlock& parent) {
    chain::BlockBuilder builder{memory, parent.hash, attributes_on(parent)};
    return builder.seal().value().block.block;
}

TEST(pruned_chain, refuses_what_would_need_a_state_that_is_not_kept) {
    const auto database = make_memory_database();
    TestChains chains{*database, 3};
    std::vector<chain::Chain> memory;
    std::vector<std::vector<chain::StoredBlockPtr>> blocks;
    for (size_t i = 0; i < TestChains::COUNT; ++i) {
        memory.push_back(TestChains::begin(i, chain::make_memory_store()));
        blocks.push_back({memory[i].head()});
    }
    for (int step = 0; step < 40; ++step)
        for (const auto& move : chains.step())
            if (move.block) {
                ASSERT_TRUE(memory[move.chain].import(move.block->block));
                blocks[move.chain].push_back(move.block);
            }
    for (size_t i = 0; i < TestChains::COUNT; ++i) {
        auto& chain = chains.chain(i);
        size_t pruned = 0, kept = 0;
        for (const auto& block : blocks[i]) {
            const Block child = child_of(memory[i], *block);
            if (chain.store().state(block->hash)) {
                EXPECT_TRUE(chain.validate(child));
                ++kept;
                continue;
            }
            ++pruned;
            expect_not_kept(chains, *block, [&] { chain.set_head(block->hash); });
            expect_not_kept(chains, *block, [&] {
                const chain::BlockBuilder builder{chain, block->hash, attributes_on(*block)};
            });
            expect_not_kept(chains, *block, [&] {
                (void)chain.adopt({*block, memory[i].state_after(block->hash)});
            });
            const auto imported = chain.import(child);
            ASSERT_FALSE(imported);
            EXPECT_EQ(imported.error().error, chain::BlockError::parent_state_not_kept);
            EXPECT_TRUE(chains.staging().empty());
        }
        EXPECT_GT(kept, 4u);
        EXPECT_GT(pruned, 10u);
    }
    chains.step();  // and the chains go on
}

TEST(pruned_chain, takes_no_block_of_which_the_state_before_was_pruned_meanwhile) {
    const auto database = make_memory_database();
    TestChains chains{*database, 3};
    auto& chain = chains.chain(0);
    const auto first = chain.head();
    chain::BlockBuilder builder{chain, first->hash, attributes_on(*first)};
    const auto late = builder.seal();
    ASSERT_TRUE(late);
    while (chain.store().state(first->hash)) chains.step();
    expect_not_kept(chains, *first, [&] { chain.adopt(*late); });
}

TEST(pruned_chain, has_no_forced_state_either_after_a_block_that_is_pruned) {
    const auto database = make_memory_database();
    Staging staging{*database};
    auto spec = chain::ChainSpec::of(evm::Revision::shanghai, TEST_L1);
    spec.forced = std::make_shared<execution::Forced>();
    chain::Chain chain{
        spec, {}, std::make_unique<StoredChain>(staging, TEST_L1, StoredChainOptions{.depth = 2})};
    const auto first = chain.head();
    const auto force = [&] {
        chain::force_state(chain, first->hash, [](state::State& state) {
            state.set_balance(to_address(uint256{1u}), uint256{1u});
        });
    };
    const chain::Chain memory{chain::ChainSpec::of(evm::Revision::shanghai, TEST_L1), {}};
    const Block late = child_of(memory, *memory.head());
    force();
    EXPECT_TRUE(chain.state_after(first->hash));
    for (int i = 0; i < 4; ++i) {
        const auto built = chain.build_block(attributes_on(*chain.head()), {});
        ASSERT_TRUE(built);
        chain.adopt(built->sealed);
    }
    EXPECT_FALSE(chain.state_after(first->hash));
    EXPECT_THROW(force(), state::Unavailable);
    const auto imported = chain.import(late);
    ASSERT_FALSE(imported);
    EXPECT_EQ(imported.error().error, chain::BlockError::parent_state_not_kept);
}

}  // namespace

}  // namespace scope::store
