#include "l1/local_l1.hpp"

#include <gtest/gtest.h>

#include "crypto/secp256k1.hpp"
#include "evm/analysis.hpp"
#include "types/blob.hpp"
#include "types/signing.hpp"

namespace scope::l1 {
namespace {

constexpr ChainId CHAIN_ID{1};
constexpr uint64_t GENESIS_TIME_S = 1'000;
const Address RECEIVER{{0xbb}};

crypto::SecretKey key() {
    return *crypto::SecretKey::from(to_be(uint256{0x1234u}));
}

LocalL1 make_l1(LocalL1Options options = {}) {
    chain::Genesis genesis;
    genesis.timestamp_s = GENESIS_TIME_S;
    genesis.alloc[crypto::address_of(key())].balance = uint256{1u} << 80;
    // Cancun needs no contracts of the system.
    return {chain::ChainSpec::of(evm::Revision::cancun, CHAIN_ID), genesis, std::move(options)};
}

Transaction transfer(uint64_t nonce) {
    Transaction tx;
    tx.type = TxType::dynamic_fee;
    tx.chain_id = CHAIN_ID;
    tx.nonce = nonce;
    tx.max_fee_per_gas = uint256{uint64_t{20'000'000'000}};
    tx.gas_limit = 21'000;
    tx.to = RECEIVER;
    tx.value = uint256{5u};
    sign(tx, key());
    return tx;
}

chain::StoredBlobPtr make_blob(uint8_t content) {
    auto stored = std::make_shared<chain::StoredBlob>();
    stored->blob[31] = content;
    stored->commitment = *crypto::blob_to_commitment(stored->blob);
    stored->proof = *crypto::compute_blob_proof(stored->blob, stored->commitment);
    return stored;
}

Transaction blob_transaction(const chain::StoredBlobPtr& blob) {
    auto tx = transfer(0);
    tx.type = TxType::blob;
    tx.max_fee_per_blob_gas = uint256{uint64_t{1'000'000'000}};
    tx.blob_versioned_hashes = {crypto::versioned_hash(blob->commitment)};
    sign(tx, key());
    return tx;
}

uint64_t head_number(const LocalL1& l1) {
    return l1.heads()->latest.number;
}

TEST(local_l1, mines_what_it_is_sent_and_tells_where_it_stands) {
    auto l1 = make_l1();
    const auto tx = transfer(0);
    EXPECT_EQ(to_string(l1.status(hash(tx))->stage), "unknown");
    const auto expected = *l1.next_block();
    ASSERT_TRUE(l1.send(tx, {}).has_value());

    EXPECT_EQ(head_number(l1), 1u);
    const auto block = *l1.block(1);
    EXPECT_EQ(block->header().timestamp_s, GENESIS_TIME_S + 12);
    EXPECT_EQ(block->header().timestamp_s, expected.timestamp_s);
    EXPECT_EQ(block->header().prev_randao, expected.prev_randao);
    const auto status = *l1.status(hash(tx));
    EXPECT_EQ(to_string(status.stage), "included");
    const auto& place = status.place;
    ASSERT_TRUE(place.has_value());
    EXPECT_EQ(place->block->hash, block->hash);
    EXPECT_EQ(place->index, 0u);
    EXPECT_EQ((*l1.state(block->hash))->account(RECEIVER)->balance, uint256{5u});
}

TEST(local_l1, refuses_what_no_block_takes_and_mines_nothing) {
    auto l1 = make_l1();
    const auto refused = l1.send(transfer(1), {});
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().rule, SendError::Rule::refused);
    EXPECT_EQ(to_string(refused.error()), "refused: nonce_too_high");
    EXPECT_EQ(head_number(l1), 0u);
}

TEST(local_l1, keeps_blobs_only_with_their_proof_and_their_transaction) {
    auto l1 = make_l1();
    const auto blob = make_blob(1);
    const auto tx = blob_transaction(blob);
    const auto other = make_blob(2);
    auto false_proof = std::make_shared<chain::StoredBlob>(*blob);
    false_proof->proof = other->proof;
    for (const auto& blobs :
         {std::vector<chain::StoredBlobPtr>{}, {other}, {false_proof}, {blob, blob}}) {
        const auto refused = l1.send(tx, blobs);
        ASSERT_FALSE(refused.has_value());
        EXPECT_EQ(refused.error().rule, SendError::Rule::blobs);
    }
    EXPECT_EQ(head_number(l1), 0u);
    EXPECT_EQ(*l1.blob(tx.blob_versioned_hashes[0]), nullptr);

    ASSERT_TRUE(l1.send(tx, std::vector{blob}).has_value());
    EXPECT_EQ((*l1.blob(tx.blob_versioned_hashes[0]))->blob, blob->blob);
}

TEST(local_l1, has_the_next_block_made_as_told_once) {
    auto l1 = make_l1();
    auto attributes = *l1.next_block();
    attributes.timestamp_s += 5;
    attributes.coinbase = Address{{0xc0}};
    l1.set_next_block(attributes);
    EXPECT_EQ(l1.next_block()->coinbase, attributes.coinbase);
    ASSERT_TRUE(l1.mine({}).has_value());
    EXPECT_EQ((*l1.block(1))->header().timestamp_s, attributes.timestamp_s);
    EXPECT_EQ(l1.next_block()->coinbase, Address{});
}

TEST(local_l1, goes_by_the_clock_that_it_is_given) {
    uint64_t now_s = GENESIS_TIME_S - 50;
    auto l1 = make_l1({.now_s = [&] { return now_s; }});
    const auto mined_at = [&] { return l1.mine({})->sealed.block.header().timestamp_s; };
    EXPECT_EQ(mined_at(),
              GENESIS_TIME_S + 1);  // a second after its parent, whatever the clock says
    now_s = GENESIS_TIME_S + 100;
    EXPECT_EQ(mined_at(), GENESIS_TIME_S + 100);
    EXPECT_EQ(mined_at(), GENESIS_TIME_S + 101);
}

TEST(local_l1, mines_what_it_is_sent_in_the_block_that_it_told_of) {
    uint64_t now_s = GENESIS_TIME_S + 10;
    auto l1 = make_l1({.now_s = [&] { return now_s; }});
    ASSERT_EQ(l1.next_block()->timestamp_s, GENESIS_TIME_S + 10);
    now_s += 5;
    ASSERT_TRUE(l1.send(transfer(0), {}).has_value());
    EXPECT_EQ(l1.head()->header.timestamp_s, GENESIS_TIME_S + 10);
    // Not of the one before.
    now_s += 5;
    ASSERT_TRUE(l1.send(transfer(1), {}).has_value());
    EXPECT_EQ(l1.head()->header.timestamp_s, GENESIS_TIME_S + 20);
    // What is set after it was told counts.
    ASSERT_TRUE(l1.next_block().has_value());
    l1.set_next({.timestamp_s = GENESIS_TIME_S + 30});
    ASSERT_TRUE(l1.send(transfer(2), {}).has_value());
    EXPECT_EQ(l1.head()->header.timestamp_s, GENESIS_TIME_S + 30);
}

TEST(local_l1, takes_single_attributes_for_the_next_block_alone) {
    auto l1 = make_l1();
    l1.set_coinbase(Address{{0xc0}});
    l1.set_next({.timestamp_s = GENESIS_TIME_S + 7, .gas_limit = 60'000'100});
    l1.set_next({.coinbase = Address{{0xc1}}, .prev_randao = Hash{{0xf1}}});
    ASSERT_TRUE(l1.mine({}).has_value());
    const auto first = l1.head()->header;
    EXPECT_EQ(first.timestamp_s, GENESIS_TIME_S + 7);
    EXPECT_EQ(first.gas_limit, 60'000'100u);
    EXPECT_EQ(first.coinbase, Address{{0xc1}});
    EXPECT_EQ(first.prev_randao, Hash{{0xf1}});
    ASSERT_TRUE(l1.mine({}).has_value());
    const auto second = l1.head()->header;
    EXPECT_EQ(second.timestamp_s, GENESIS_TIME_S + 19);
    EXPECT_EQ(second.gas_limit, 60'000'100u);
    EXPECT_EQ(second.coinbase, Address{{0xc0}});
}

TEST(local_l1, has_others_stand_behind_what_it_is_sent) {
    auto l1 = make_l1();
    const auto blob = make_blob(1);
    auto with_blob = blob_transaction(blob);
    with_blob.nonce = 2;
    sign(with_blob, key());
    ASSERT_TRUE(l1.add_blobs_of(with_blob, std::vector{blob}).has_value());
    // The third can't stand.
    l1.set_behind({transfer(1), with_blob, transfer(7), transfer(3)});
    ASSERT_TRUE(l1.send(transfer(0), {}).has_value());
    const auto block = *l1.block(1);
    EXPECT_EQ(block->transaction_hashes, (std::vector{hash(transfer(0)), hash(transfer(1)),
                                                      hash(with_blob), hash(transfer(3))}));
    EXPECT_EQ(*block->header().blob_gas_used, GAS_PER_BLOB);
    EXPECT_NE(*l1.blob(with_blob.blob_versioned_hashes[0]), nullptr);
    ASSERT_TRUE(l1.send(transfer(4), {}).has_value());
    EXPECT_EQ((*l1.block(2))->transaction_hashes.size(), 1u);
    // They are dropped with one that is refused.
    l1.set_behind({transfer(5)});
    ASSERT_FALSE(l1.send(transfer(9), {}).has_value());
    ASSERT_TRUE(l1.mine({}).has_value());
    EXPECT_TRUE((*l1.block(3))->transaction_hashes.empty());
}

TEST(local_l1, takes_blobs_only_of_their_transaction) {
    auto l1 = make_l1();
    const auto blob = make_blob(1);
    const auto refused = l1.add_blobs_of(blob_transaction(blob), std::vector{make_blob(2)});
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().rule, SendError::Rule::blobs);
}

TEST(local_l1, builds_on_what_was_forced) {
    auto spec = chain::ChainSpec::of(evm::Revision::cancun, CHAIN_ID);
    spec.forced = std::make_shared<execution::Forced>();
    LocalL1 l1{spec, {.timestamp_s = GENESIS_TIME_S}};
    const Address contract{{0xcc}};
    chain::force_state(l1.chain(), l1.head()->hash, [&](state::State& state) {
        state.set_balance(contract, uint256{1u} << 80);
        state.set_code(contract, evm::make_code(Bytes{0x00}));
    });
    EXPECT_EQ((*l1.state(l1.head()->hash))->account(contract)->balance, uint256{1u} << 80);
    auto tx = transfer(0);
    execution::impersonate(tx, contract);
    EXPECT_FALSE(l1.send(tx, {}).has_value());
    spec.forced->set_sender(hash(tx), contract);
    ASSERT_TRUE(l1.send(tx, {}).has_value());
    EXPECT_EQ((*l1.block(1))->senders, std::vector{contract});
    EXPECT_EQ((*l1.state(l1.head()->hash))->account(RECEIVER)->balance, uint256{5u});
}

TEST(local_l1, tells_safe_and_finalized_by_depth) {
    auto l1 = make_l1({.safe_depth = 2, .finalized_depth = 3});
    EXPECT_EQ(l1.heads()->finalized.number, 0u);
    for (int i = 0; i < 5; ++i) ASSERT_TRUE(l1.mine({}).has_value());
    const auto heads = *l1.heads();
    EXPECT_EQ(heads.latest.number, 5u);
    EXPECT_EQ(heads.safe, (L1BlockId{3, (*l1.block(3))->hash}));
    EXPECT_EQ(heads.finalized, (L1BlockId{2, (*l1.block(2))->hash}));
}

TEST(local_l1, reorganises_to_a_block_it_mined) {
    auto l1 = make_l1();
    const Hash genesis = l1.head()->hash;
    ASSERT_TRUE(l1.send(transfer(0), {}).has_value());
    const Hash lost = l1.head()->hash;
    l1.set_head(genesis);
    EXPECT_EQ(head_number(l1), 0u);
    EXPECT_EQ(*l1.block(1), nullptr);
    EXPECT_FALSE(l1.status(hash(transfer(0)))->place.has_value());
    ASSERT_TRUE(l1.mine({}).has_value());
    EXPECT_NE(l1.head()->hash, lost);
    l1.set_head(lost);
    EXPECT_TRUE(l1.status(hash(transfer(0)))->place.has_value());
}

TEST(local_l1, has_no_state_of_a_block_it_does_not_know) {
    const auto l1 = make_l1();
    EXPECT_EQ(l1.state(Hash{{1}}).error(), L1Error::unknown_block);
    EXPECT_EQ(l1.ancestors(Hash{{1}}).error(), L1Error::unknown_block);
}

}  // namespace
}  // namespace scope::l1
