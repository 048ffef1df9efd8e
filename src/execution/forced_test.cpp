#include "execution/forced.hpp"

#include <gtest/gtest.h>

#include "crypto/secp256k1.hpp"
#include "evm/analysis.hpp"
#include "execution/sender_recovery.hpp"
#include "state/memory_state.hpp"
#include "state/state.hpp"

namespace scope::execution {
namespace {

const Address ALICE{{0xa1}};
const Address BOB{{0xb0}};

Transaction transaction(TxType type) {
    Transaction tx;
    tx.type = type;
    tx.chain_id = ChainId{1};
    tx.gas_limit = 21'000;
    tx.max_priority_fee_per_gas = tx.max_fee_per_gas = uint256{1u};
    tx.to = Address{{0xcc}};
    return tx;
}

TEST(forced, keeps_what_it_is_told_and_takes_it_back) {
    Forced forced;
    const Hash block{{1}};
    EXPECT_TRUE(forced.empty());
    const auto own = std::make_shared<state::MemoryState>();
    EXPECT_EQ(forced.state_after(block, own), own);
    EXPECT_FALSE(forced.child(block).base_fee.has_value());
    const auto before = forced.contents();

    state::State state{*own};
    state.set_balance(ALICE, uint256{5u});
    forced.change_state(block, *own, state.diff());
    forced.set_child(block, {.base_fee = uint256{7u}, .gas_limit = {}});
    forced.set_sender(hash(transaction(TxType::legacy)), ALICE);
    EXPECT_FALSE(forced.empty());
    EXPECT_TRUE(forced.has_changed(block));
    EXPECT_EQ(forced.state_after(block, own)->account(ALICE)->balance, uint256{5u});
    EXPECT_EQ(forced.state_after(block, nullptr), nullptr);
    EXPECT_EQ(forced.state_after(Hash{{2}}, own), own);
    EXPECT_EQ(forced.child(block).base_fee, uint256{7u});
    EXPECT_EQ(forced.sender(transaction(TxType::legacy)), ALICE);

    const auto after = forced.contents();
    forced.set_contents(before);
    EXPECT_TRUE(forced.empty());
    EXPECT_EQ(forced.sender(transaction(TxType::legacy)), std::nullopt);
    EXPECT_EQ(forced.state_after(block, own), own);
    forced.set_contents(after);
    EXPECT_EQ(forced.sender(transaction(TxType::legacy)), ALICE);
}

TEST(forced, what_was_changed_is_made_again_from_the_contents_alone) {
    const Hash block{{1}};
    const Hash key{{7}};
    const Bytes code{0x60, 0x00};
    const auto own = std::make_shared<state::MemoryState>(state::GenesisAlloc{
        {ALICE, {.nonce = 3, .balance = uint256{9u}, .code = {}, .storage = {{key, Hash{{1}}}}}},
        {BOB, {.nonce = 1, .balance = {}, .code = {0x00}, .storage = {}}}});
    Forced forced;
    const auto change = [&](const std::function<void(state::State&)>& by) {
        const auto before = forced.state_after(block, own);
        state::State state{*before};
        by(state);
        forced.change_state(block, *before, state.diff());
    };
    change([&](state::State& state) { state.set_balance(ALICE, uint256{5u}); });
    change([&](state::State& state) {
        state.set_storage(ALICE, key, Hash{});
        state.set_code(ALICE, evm::make_code(Bytes{code}));
    });
    change([&](state::State& state) {  // BOB has nothing any more
        state.set_nonce(BOB, 0);
        state.set_code(BOB, evm::empty_code());
    });
    Forced again;
    again.set_contents(forced.contents());
    const auto made = again.state_after(block, own);
    EXPECT_EQ(made->state_root(), forced.state_after(block, own)->state_root());
    EXPECT_EQ(made->account(ALICE)->balance, uint256{5u});
    EXPECT_EQ(made->account(ALICE)->nonce, 3u);
    EXPECT_EQ(made->storage(ALICE, key), Hash{});
    EXPECT_EQ(made->code(ALICE)->bytes, code);
    EXPECT_TRUE(made->account(BOB)->is_empty());
}

TEST(forced, an_impersonated_transaction_is_encoded_and_has_a_hash_for_each_sender) {
    for (const auto type :
         {TxType::legacy, TxType::access_list, TxType::dynamic_fee, TxType::set_code}) {
        auto of_alice = transaction(type);
        auto of_bob = of_alice;
        auto of_nobody = of_alice;
        impersonate(of_alice, ALICE);
        impersonate(of_bob, BOB);
        impersonate(of_nobody, Address{});
        EXPECT_NE(hash(of_alice), hash(of_bob));
        for (const auto& tx : {of_alice, of_bob, of_nobody})
            EXPECT_EQ(decode_transaction(encode(tx)), tx) << static_cast<int>(type);
    }
}

TEST(forced, says_who_sent_a_transaction_and_nothing_else_of_it) {
    auto tx = transaction(TxType::dynamic_fee);
    impersonate(tx, ALICE);
    Environment environment;
    environment.block.chain_id = ChainId{1};
    EXPECT_NE(sender_of(tx, environment).value_or(Address{}), ALICE);
    const auto forced = std::make_shared<Forced>();
    environment.forced = forced;
    EXPECT_NE(sender_of(tx, environment).value_or(Address{}), ALICE);
    forced->set_sender(hash(tx), ALICE);
    EXPECT_EQ(sender_of(tx, environment), ALICE);
    const std::vector transactions{tx};
    SenderRecovery senders{transactions, environment};
    EXPECT_EQ(senders.sender(0), ALICE);

    environment.block.chain_id = ChainId{2};
    EXPECT_EQ(sender_of(tx, environment).error(), TxError::wrong_chain_id);
}

TEST(forced, contents_are_shared_until_something_changes) {
    Forced forced;
    forced.set_sender(Hash{{1}}, ALICE);
    const auto first = forced.contents();
    EXPECT_EQ(forced.contents(), first);
    forced.set_contents(first);
    EXPECT_EQ(forced.contents(), first);
    forced.set_child(Hash{{2}}, {.gas_limit = 7});
    forced.forget_sender(Hash{{1}});
    EXPECT_EQ(first->senders.size(), 1u);
    EXPECT_TRUE(first->children.empty());
    EXPECT_TRUE(forced.contents()->senders.empty());
    EXPECT_EQ(forced.contents()->children.size(), 1u);
}

TEST(forced, a_contract_may_be_the_sender_that_was_named) {
    state::MemoryState beneath;
    state::State state{beneath};
    state.set_balance(ALICE, uint256{1u} << 80);
    state.set_code(ALICE, evm::make_code(Bytes{0x00}));
    auto tx = transaction(TxType::dynamic_fee);
    impersonate(tx, ALICE);
    Environment environment;
    environment.block.chain_id = ChainId{1};
    environment.block.gas_limit = 30'000'000;
    const auto forced = std::make_shared<Forced>();
    environment.forced = forced;
    EXPECT_EQ(validate_transaction(state, environment, tx, ALICE).error(), TxError::sender_not_eoa);
    forced->set_sender(hash(tx), ALICE);
    EXPECT_TRUE(validate_transaction(state, environment, tx, ALICE).has_value());
}

}  // namespace
}  // namespace scope::execution
