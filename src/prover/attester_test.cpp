#include "prover/attester.hpp"

#include <gtest/gtest.h>

#include <functional>

#include "execution/statistics.hpp"
#include "prover/test_input.hpp"

namespace scope::prover {
namespace {

using namespace rollup::test;
using namespace test;
using protocol::PublicInputs;

TEST(attester, signs_what_it_found_itself) {
    for (const auto data_in : {DataIn::calldata, DataIn::blobs}) {
        Setting s;
        Member attester{key(11), s.l1, {s.rollup}};
        const auto input = s.input(data_in);
        const auto attestation = attester.attest(encode(input));
        ASSERT_TRUE(attestation.has_value()) << to_string(attestation.error());
        EXPECT_EQ(attestation->signer, crypto::address_of(key(11)));
        EXPECT_EQ(attestation->public_inputs_hash, protocol::public_inputs_hash(input.claim));
        EXPECT_EQ(signer_of(input.claim, attestation->signature), attestation->signer);
        // It signs before settlement, and moves only with it.
        EXPECT_EQ(attester.follower().rollup(CHAIN)->next_batch(), 0u);
    }
}

TEST(attester, goes_on_from_what_settled) {
    Setting s;
    Member attester{key(11), s.l1, {s.rollup}};
    const auto first = s.claimed(DataIn::blobs);
    const auto input = s.input_of(first);
    ASSERT_TRUE(attester.attest(encode(input)).has_value());
    s.l1.settle({first.claim}, first.versioned_hashes);

    // Once more: it is not the next batch any longer.
    const auto again = attester.attest(encode(input));
    ASSERT_FALSE(again.has_value());
    EXPECT_EQ(again.error().kind, DisagreementKind::different_field);
    EXPECT_EQ(again.error().field, "batchNumber");
    EXPECT_EQ(attester.follower().rollup(CHAIN)->next_batch(), 1u);
    EXPECT_EQ(attester.follower().rollup(CHAIN)->chain.head()->hash,
              first.execution.last_block_hash);
}

TEST(attester, does_not_execute_again_what_it_attested) {
    Setting s;
    Member attester{key(11), s.l1, {s.rollup}};
    const auto first = s.claimed(DataIn::calldata);
    ASSERT_TRUE(attester.attest(encode(s.input_of(first))).has_value());
    s.l1.settle({first.claim});
    const uint64_t before = execution::statistics.executed;
    ASSERT_EQ(attester.follower().advance()->batches, 1u);
    EXPECT_EQ(execution::statistics.executed, before);
    EXPECT_EQ(attester.follower().rollup(CHAIN)->chain.head()->hash,
              first.execution.last_block_hash);
}

TEST(attester, goes_on_attesting_after_a_reorganisation) {
    Setting s;
    Member attester{key(11), s.l1, {s.rollup}};
    const auto first = s.claimed(DataIn::calldata);
    ASSERT_TRUE(attester.attest(encode(s.input_of(first))).has_value());
    s.l1.settle({first.claim});
    ASSERT_EQ(attester.follower().advance()->batches, 1u);

    // L1's block is replaced by an empty one: the batch is the next one again, and an origin that
    // is canonical no more is refused.
    const auto lost = s.l1.head();
    s.l1.blocks_.resize(1);
    s.l1.add({}, {});
    ASSERT_TRUE(attester.attest(encode(s.input_of(first))).has_value());
    EXPECT_EQ(attester.follower().rollup(CHAIN)->next_batch(), 0u);
    s.batch = sample_batch(s.chain, lost->hash, 1);
    const auto on_lost = attester.attest(encode(s.input(DataIn::calldata)));
    ASSERT_FALSE(on_lost.has_value());
    EXPECT_EQ(on_lost.error().kind, DisagreementKind::unknown_l1_origin);
    s.batch = sample_batch(s.chain, s.l1.head()->hash, 1);
    EXPECT_TRUE(attester.attest(encode(s.input(DataIn::calldata))).has_value());
}

TEST(attester, waits_only_with_a_rollup_that_stopped) {
    Setting s;
    const auto other = rollup::test::config(REMOTE);
    protocol::BatchClaim bad;
    bad.chain_id = uint256{REMOTE};
    bad.data = {0xff};
    s.l1.settle({bad});
    Member attester{key(11), s.l1, {s.rollup, other}};
    Member of_one{key(12), s.l1, {s.rollup}};

    // The sample batch crosses with REMOTE; who doesn't follow that one can't tell.
    const auto crossing = encode(s.input(DataIn::calldata));
    ASSERT_TRUE(of_one.attest(crossing).has_value());
    const auto refused = attester.attest(crossing);
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().kind, DisagreementKind::stopped_rollup);
    EXPECT_EQ(refused.error().detail,
              "L1 block 1, chain 902, batch 0: bad_batch: malformed_batch: version: not 0x01, "
              "transaction 0, chain 902");

    Author author;
    s.batch = make_batch(s.chain, {{author.open_scope()}}, 0, s.l1.head()->hash, 1);
    EXPECT_TRUE(attester.attest(encode(s.input(DataIn::calldata))).has_value());
    auto its_own = s.input(DataIn::calldata);
    its_own.claim.chain_id = uint256{REMOTE};
    EXPECT_EQ(attester.attest(encode(its_own)).error().kind, DisagreementKind::stopped_rollup);
}

// --- Wrong claims ---

struct Wrong {
    const char* name;
    const char* field;
    std::function<void(PublicInputs&)> change;
};

class wrong_claim : public testing::TestWithParam<Wrong> {};

TEST_P(wrong_claim, is_not_signed_and_named) {
    Setting s;
    Member attester{key(11), s.l1, {s.rollup}};
    auto input = s.input(DataIn::calldata);
    GetParam().change(input.claim);
    const auto attestation = attester.attest(encode(input));
    ASSERT_FALSE(attestation.has_value());
    EXPECT_EQ(to_string(attestation.error().kind), to_string(DisagreementKind::different_field));
    EXPECT_EQ(attestation.error().field, GetParam().field);
    EXPECT_EQ(attestation.error().member, crypto::address_of(key(11)));
    EXPECT_FALSE(attestation.error().detail.empty());
    // The digests are true, so nothing differs in the blocks.
    EXPECT_FALSE(attestation.error().block_number.has_value());
}

INSTANTIATE_TEST_SUITE_P(
    fields, wrong_claim,
    testing::Values(
        Wrong{"l1ChainId", "l1ChainId", [](auto& c) { c.l1_chain_id = uint256{5u}; }},
        Wrong{"settlement", "settlement", [](auto& c) { c.settlement = {}; }},
        Wrong{"batchNumber", "batchNumber", [](auto& c) { c.batch_number = uint256{1u}; }},
        Wrong{"preStateRoot", "preStateRoot", [](auto& c) { c.pre_state_root = {}; }},
        Wrong{"postStateRoot", "postStateRoot", [](auto& c) { c.post_state_root = {}; }},
        Wrong{"firstBlock", "firstBlock", [](auto& c) { c.first_block = uint256{2u}; }},
        Wrong{"lastBlockHash", "lastBlockHash", [](auto& c) { c.last_block_hash = {}; }},
        Wrong{"l1OriginHash", "l1OriginHash", [](auto& c) { c.l1_origin_hash = {}; }},
        Wrong{"l1OriginNumber", "l1OriginNumber",
              [](auto& c) { c.l1_origin_number = uint256{1u}; }},
        Wrong{"daCommitment", "daCommitment", [](auto& c) { c.da_commitment = {}; }},
        Wrong{"forcedQueuePosition", "forcedQueuePosition",
              [](auto& c) { c.forced_queue_position = uint256{1u}; }},
        Wrong{"no_remotes", "remotes", [](auto& c) { c.remotes.clear(); }},
        Wrong{"remote", "remotes", [](auto& c) { c.remotes[0].chain_id = uint256{903u}; }},
        Wrong{"requestsOut", "remotes", [](auto& c) { c.remotes[0].hashes.requests_out = {}; }},
        Wrong{"requestsIn", "remotes", [](auto& c) { c.remotes[0].hashes.requests_in = {}; }},
        Wrong{"responsesOut", "remotes", [](auto& c) { c.remotes[0].hashes.responses_out = {}; }},
        Wrong{"responsesIn", "remotes", [](auto& c) { c.remotes[0].hashes.responses_in = {}; }},
        Wrong{"valueIn", "remotes", [](auto& c) { c.remotes[0].value_in = uint256{9u}; }},
        Wrong{"valueOut", "remotes", [](auto& c) { c.remotes[0].value_out = uint256{9u}; }},
        Wrong{"programId", "programId", [](auto& c) { c.program_id = {}; }}),
    [](const auto& info) { return std::string{info.param.name}; });

// --- Where it differs ---

TEST(attester, places_the_first_difference) {
    Setting s;
    Member attester{key(11), s.l1, {s.rollup}};
    auto input = s.input(DataIn::calldata);
    // A claimant whose EVM went wrong in the second transaction of the second block.
    const Address recipient{{0x03}};
    auto& block = input.digests[1];
    block.block_hash = block.state_root = input.claim.post_state_root = Hash{{0x66}};
    auto& accounts = block.transactions[1].accounts;
    const auto account = std::ranges::find(accounts, recipient, &rollup::AccountDigest::address);
    ASSERT_NE(account, accounts.end());

    account->digest = Hash{{0x66}};
    const auto changed = attester.attest(encode(input));
    ASSERT_FALSE(changed.has_value());
    EXPECT_EQ(changed.error().field, "postStateRoot");
    EXPECT_EQ(changed.error().block_number, 2u);
    EXPECT_EQ(changed.error().transaction_index, 1u);
    EXPECT_EQ(changed.error().account, recipient);

    accounts.erase(account);
    const auto missing = attester.attest(encode(input));
    ASSERT_FALSE(missing.has_value());
    EXPECT_EQ(missing.error().transaction_index, 1u);
    EXPECT_EQ(missing.error().account, recipient);

    input.digests.clear();
    const auto unplaced = attester.attest(encode(input));
    ASSERT_FALSE(unplaced.has_value());
    EXPECT_EQ(unplaced.error().field, "postStateRoot");
    EXPECT_FALSE(unplaced.error().block_number.has_value());
}

TEST(attester, a_member_with_another_state_says_so) {
    Setting s;
    const auto input = s.input(DataIn::calldata);
    auto other = s.rollup;
    other.genesis.alloc[Address{{0x99}}].balance = uint256{1u};
    Member attester{key(11), s.l1, {other}};
    const auto attestation = attester.attest(encode(input));
    ASSERT_FALSE(attestation.has_value());
    EXPECT_EQ(attestation.error().field, "preStateRoot");
    EXPECT_EQ(attestation.error().block_number, 1u);  // the parent's hash is in its header
}

// --- Wrong data ---

TEST(attester, refuses_wrong_data_by_kind) {
    Setting s;
    Member attester{key(11), s.l1, {s.rollup}};
    const auto kind_of = [&](const ProofInput& input) {
        const auto attestation = attester.attest(encode(input));
        return attestation ? "signed" : to_string(attestation.error().kind);
    };
    const auto good = s.input(DataIn::calldata);
    const auto in_blobs = s.input(DataIn::blobs);

    EXPECT_EQ(attester.attest(Bytes{1, 2, 3}).error().kind, DisagreementKind::malformed_input);

    auto input = good;
    input.batch.pop_back();
    EXPECT_EQ(kind_of(input), "malformed_batch");
    input = good;
    input.batch = with_envelope(s.batch, {0x7c, 0xc0});  // no such transaction type
    EXPECT_EQ(kind_of(input), "malformed_batch");

    input = in_blobs;
    input.blobs[0][0] = 0xff;
    EXPECT_EQ(kind_of(input), "bad_blob");
    input = in_blobs;
    input.blobs[0][32] = 1;
    EXPECT_EQ(kind_of(input), "malformed_batch");
    input = in_blobs;
    input.blobs.emplace_back();
    EXPECT_EQ(kind_of(input), "malformed_batch");
    // More than any batch takes: no time goes into them, so it isn't seen that one is none.
    input = in_blobs;
    input.blobs[0][0] = 0xff;
    input.blobs.resize(7);
    EXPECT_EQ(kind_of(input), "malformed_batch");
    input = in_blobs;
    input.blobs[0][1 + 4 + 20] ^= 1;  // inside the batch's fields
    EXPECT_NE(kind_of(input), "signed");

    input = good;
    input.claim.chain_id = uint256{999u};
    EXPECT_EQ(kind_of(input), "unknown_rollup");
    EXPECT_EQ(kind_of(good), "signed");
    EXPECT_EQ(kind_of(in_blobs), "signed");
}

TEST(attester, refuses_a_clock_far_ahead_of_l1) {
    Setting s;
    Member attester{key(11), s.l1, {s.rollup}};
    auto batch = s.batch;
    batch.blocks[1].timestamp_s += rollup::MAX_CLOCK_AHEAD_S + 1000;
    auto input = s.input(DataIn::calldata);
    input.batch = rollup::encode(batch);
    input.claim.da_commitment = protocol::da_commitment_of_calldata(input.batch);
    const auto attestation = attester.attest(encode(input));
    ASSERT_FALSE(attestation.has_value());
    EXPECT_EQ(attestation.error().kind, DisagreementKind::refused_batch);
    EXPECT_EQ(attestation.error().detail, "block 1: timestamp_ahead_of_l1");
}

TEST(attester, refuses_a_batch_that_breaks_a_rule) {
    Setting s;
    Member attester{key(11), s.l1, {s.rollup}};
    auto batch = s.batch;
    // A used nonce: the second block's transfer once more.
    batch.blocks[1].transactions.push_back(batch.blocks[1].transactions[1]);
    auto input = s.input(DataIn::calldata);
    input.batch = rollup::encode(batch);
    input.claim.da_commitment = protocol::da_commitment_of_calldata(input.batch);
    const auto attestation = attester.attest(encode(input));
    ASSERT_FALSE(attestation.has_value());
    EXPECT_EQ(attestation.error().kind, DisagreementKind::refused_batch);
    EXPECT_EQ(attestation.error().block_number, 2u);
    EXPECT_EQ(attestation.error().transaction_index, 2u);
    EXPECT_EQ(attestation.error().detail,
              "block 1, transaction 2: refused_transaction: nonce_too_low");
}

TEST(attester, knows_its_own_l1) {
    Setting s;
    Member attester{key(11), s.l1, {s.rollup}};
    const auto attest_with_origin = [&](const Hash& hash, uint64_t number) {
        s.batch.l1_origin_hash = hash;
        s.batch.l1_origin_number = number;
        return attester.attest(encode(s.input(DataIn::calldata)));
    };
    const Hash known = s.l1.head()->hash;
    const auto invented = attest_with_origin(Hash{{0x66}}, 0);
    ASSERT_FALSE(invented.has_value());
    EXPECT_EQ(invented.error().kind, DisagreementKind::unknown_l1_origin);
    const auto misnumbered = attest_with_origin(known, 1);
    ASSERT_FALSE(misnumbered.has_value());
    EXPECT_EQ(misnumbered.error().kind, DisagreementKind::unknown_l1_origin);
    EXPECT_TRUE(attest_with_origin(known, 0).has_value());

    s.l1.add({}, {});
    s.l1.blocks_.back()->receipts.resize(1);
    const auto broken = attest_with_origin(known, 0);
    ASSERT_FALSE(broken.has_value());
    EXPECT_EQ(broken.error().kind, DisagreementKind::not_following);
}

}  // namespace
}  // namespace scope::prover
