#include "l1/local_l1.hpp"

#include <gtest/gtest.h>

#include "crypto/secp256k1.hpp"
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
