#include <gtest/gtest.h>

#include "chain/chain.hpp"
#include "types/signing.hpp"

/// Changes by force: whoever has the same specification comes to the same blocks.
namespace scope::chain {
namespace {

const Address RECEIVER{{0xbb}};

crypto::SecretKey key() {
    return *crypto::SecretKey::from(to_be(uint256{0x1234u}));
}

ChainSpec spec_with(std::shared_ptr<execution::Forced> forced) {
    auto spec = ChainSpec::of(evm::Revision::cancun, ChainId{7});
    spec.forced = std::move(forced);
    return spec;
}

Transaction transfer(uint64_t value) {
    Transaction tx;
    tx.type = TxType::dynamic_fee;
    tx.chain_id = ChainId{7};
    tx.max_fee_per_gas = uint256{uint64_t{20'000'000'000}};
    tx.gas_limit = 21'000;
    tx.to = RECEIVER;
    tx.value = uint256{value};
    sign(tx, key());
    return tx;
}

class ForcedChain : public testing::Test {
  protected:
    std::shared_ptr<execution::Forced> forced = std::make_shared<execution::Forced>();
    Chain builder{spec_with(forced), {}};
    Chain follower{spec_with(forced), {}};
    Chain stranger{spec_with(nullptr), {}};

    /// Builds a block, which the builder and a follower of the same specification import.
    StoredBlockPtr build(const std::vector<Transaction>& transactions) {
        const auto built = builder.build_block(
            {.timestamp_s = builder.head()->header().timestamp_s + 12}, transactions);
        EXPECT_TRUE(built.has_value());
        EXPECT_TRUE(built->refused.empty());
        const auto imported = follower.import(built->sealed.block.block);
        EXPECT_TRUE(imported.has_value()) << to_string(imported.error());
        EXPECT_EQ((*imported)->hash, built->sealed.block.hash);
        return builder.adopt(built->sealed);
    }
    BlockError refusal_of_stranger(const StoredBlockPtr& block) {
        const auto refused = stranger.validate(block->block);
        EXPECT_FALSE(refused.has_value());
        return refused.error().error;
    }
};

TEST_F(ForcedChain, builds_on_the_forced_state) {
    const auto genesis = builder.head();
    const Address sender = crypto::address_of(key());
    force_state(builder, genesis->hash,
                [&](state::State& state) { state.set_balance(sender, uint256{1u} << 80); });
    // A second change keeps the first.
    force_state(builder, genesis->hash, [&](state::State& state) {
        state.set_storage(RECEIVER, Hash{{1}}, Hash{{2}});
        state.set_nonce(RECEIVER, 9);
    });
    EXPECT_EQ(builder.head_state()->account(sender)->balance, uint256{1u} << 80);
    EXPECT_FALSE(builder.store().state(genesis->hash)->account(sender).has_value());

    const auto block = build({transfer(5)});
    EXPECT_EQ(builder.head_state()->account(RECEIVER)->balance, uint256{5u});
    EXPECT_EQ(builder.head_state()->account(RECEIVER)->nonce, 9u);
    EXPECT_EQ(builder.head_state()->storage(RECEIVER, Hash{{1}}), (Hash{{2}}));
    EXPECT_EQ(builder.head_state()->state_root(), block->header().state_root);
    EXPECT_EQ(refusal_of_stranger(block), BlockError::invalid_transaction);
    build({});  // and on from there
}

TEST_F(ForcedChain, has_the_forced_base_fee_and_gas_limit_in_one_child) {
    forced->set_child(builder.head()->hash,
                      {.base_fee = uint256{7u}, .gas_limit = 123'456'789'000});
    const auto block = build({});
    EXPECT_EQ(block->header().base_fee_per_gas, uint256{7u});
    EXPECT_EQ(block->header().gas_limit, 123'456'789'000u);
    EXPECT_EQ(refusal_of_stranger(block), BlockError::gas_limit_out_of_bounds);
    // Another value is refused where one is forced.
    auto other = block->block;
    other.header.base_fee_per_gas = next_base_fee(follower.store().canonical_block(0)->header());
    EXPECT_EQ(follower.validate(other).error().error, BlockError::wrong_base_fee);

    const auto next = build({});
    EXPECT_EQ(next->header().gas_limit, 123'456'789'000u);  // the parent's
    EXPECT_EQ(next->header().base_fee_per_gas, next_base_fee(block->header()));
}

TEST_F(ForcedChain, takes_who_was_named_for_the_sender) {
    const Address sender{{0xee}};
    force_state(builder, builder.head()->hash,
                [&](state::State& state) { state.set_balance(sender, uint256{1u} << 80); });
    auto tx = transfer(5);
    execution::impersonate(tx, sender);
    forced->set_sender(hash(tx), sender);
    const auto block = build({tx});
    EXPECT_EQ(block->senders, std::vector{sender});
    EXPECT_EQ(builder.head_state()->account(sender)->nonce, 1u);
    EXPECT_EQ(refusal_of_stranger(block), BlockError::invalid_transaction);
}

TEST_F(ForcedChain, builds_with_no_sender_that_others_would_not_come_to) {
    const Address sender{{0xee}};
    force_state(builder, builder.head()->hash,
                [&](state::State& state) { state.set_balance(sender, uint256{1u} << 80); });
    auto tx = transfer(5);
    execution::impersonate(tx, sender);
    BlockBuilder block{
        builder, builder.head()->hash, {.timestamp_s = builder.head()->header().timestamp_s + 1}};
    EXPECT_EQ(block.try_transaction_of(sender, tx).error(), execution::TxError::invalid_signature);
    forced->set_sender(hash(tx), sender);
    EXPECT_EQ(block.try_transaction_of(Address{{0xef}}, tx).error(),
              execution::TxError::invalid_signature);
    EXPECT_TRUE(block.try_transaction_of(sender, tx));
}

}  // namespace
}  // namespace scope::chain
