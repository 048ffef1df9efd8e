#include "prover/attester.hpp"

#include <gtest/gtest.h>

#include <functional>

#include "execution/statistics.hpp"
#include "test_prover/test_input.hpp"

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
        EXPECT_EQ(attestation->input_hashes,
                  std::vector{protocol::public_inputs_hash(input.claims[0])});
        EXPECT_EQ(signer_of(input, attestation->signature), attestation->signer);
        // It signs before settlement, and moves only with it.
        EXPECT_EQ(attester.follower().rollup(CHAIN)->next_batch(), 0u);
    }
}

TEST(attester, signs_all_batches_of_a_scope_together) {
    for (const auto data_in : {DataIn::calldata, DataIn::blobs}) {
        Setting s;
        const auto other = rollup::test::config(REMOTE);
        const auto other_chain = make_chain(other);
        const auto other_batch = sample_batch(other_chain, s.l1.head()->hash, 0);
        const std::vector batches{s.claimed(data_in),
                                  claim_of(other_chain, other, other_batch, data_in)};
        const auto input = s.input_of(batches);
        Member attester{key(11), s.l1, {s.rollup, other}};
        const auto attestation = attester.attest(encode(input));
        ASSERT_TRUE(attestation.has_value()) << to_string(attestation.error());
        EXPECT_EQ(attestation->input_hashes, hashes_of(input.claims));
        EXPECT_EQ(signer_of(input, attestation->signature), attestation->signer);

        // It keeps what it signed of both.
        s.l1.settle(batches);
        const uint64_t before = execution::statistics.executed;
        ASSERT_EQ(attester.follower().advance()->batches, 2u);
        EXPECT_EQ(execution::statistics.executed, before);
    }
}

TEST(attester, signs_nothing_if_one_of_the_claims_is_wrong) {
    Setting s;
    const auto other = rollup::test::config(REMOTE);
    const auto other_chain = make_chain(other);
    const auto input =
        s.input_of({s.claimed(DataIn::calldata),
                    claim_of(other_chain, other, sample_batch(other_chain, s.l1.head()->hash, 0),
                             DataIn::calldata)});
    Member attester{key(11), s.l1, {s.rollup, other}};
    auto wrong = input;
    wrong.claims[1].last_block_hash = {};
    const auto refused = attester.attest(encode(wrong));
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().kind, DisagreementKind::different_field);
    EXPECT_EQ(refused.error().chain_id, REMOTE);
    // What is cheap to see of any of them comes before anything is executed.
    wrong = input;
    wrong.claims[1].batch_number = uint256{1u};
    const uint64_t before = execution::statistics.executed;
    EXPECT_EQ(attester.attest(encode(wrong)).error().field, "batchNumber");
    EXPECT_EQ(execution::statistics.executed, before);
    // One's bytes for the other's.
    wrong = input;
    std::swap(wrong.claims[0].data, wrong.claims[1].data);
    const auto swapped = attester.attest(encode(wrong));
    ASSERT_FALSE(swapped.has_value());
    EXPECT_EQ(swapped.error().field, "chainId");
    EXPECT_EQ(swapped.error().chain_id, CHAIN);
    // A member that follows only one of them can't tell.
    Member of_one{key(12), s.l1, {s.rollup}};
    EXPECT_EQ(of_one.attest(encode(input)).error().kind, DisagreementKind::unknown_rollup);
}

TEST(attester, signs_several_batches_of_one_number) {
    Setting s;
    Member attester{key(11), s.l1, {s.rollup}};
    const auto first = s.claimed(DataIn::calldata);
    ASSERT_TRUE(attester.attest(encode(s.input_of(first))).has_value());
    s.batch.blocks.pop_back();
    const auto second = s.claimed(DataIn::calldata);
    ASSERT_TRUE(attester.attest(encode(s.input_of(second))).has_value());
    // One that it has signed already takes no second place.
    ASSERT_TRUE(attester.attest(encode(s.input_of(second))).has_value());
    EXPECT_EQ(attester.follower().rollup(CHAIN)->executed.size(), 2u);
    // L1 takes one; whichever it is has been executed.
    s.l1.settle({first});
    const uint64_t before = execution::statistics.executed;
    ASSERT_EQ(attester.follower().advance()->batches, 1u);
    EXPECT_EQ(execution::statistics.executed, before);
}

TEST(attester, takes_the_builder_and_the_policys_hash_as_claimed) {
    Setting s;
    Member attester{key(11), s.l1, {s.rollup}};
    auto input = s.input(DataIn::calldata);
    input.claims[0].builder = Address{{0x77}};
    input.claims[0].policy_hash = Hash{{0x78}};
    const auto attestation = attester.attest(encode(input));
    ASSERT_TRUE(attestation.has_value()) << to_string(attestation.error());
    EXPECT_EQ(attestation->input_hashes, hashes_of(input.claims));
}

TEST(attester, goes_on_from_what_settled) {
    Setting s;
    Member attester{key(11), s.l1, {s.rollup}};
    const auto first = s.claimed(DataIn::blobs);
    const auto input = s.input_of(first);
    ASSERT_TRUE(attester.attest(encode(input)).has_value());
    s.l1.settle({first});

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
    s.l1.settle({first});
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
    s.l1.settle({first});
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
    EXPECT_EQ(on_lost.error().kind, DisagreementKind::refused_batch);
    EXPECT_EQ(on_lost.error().detail, "block 0: unknown_l1_origin");
    s.batch = sample_batch(s.chain, s.l1.head()->hash, 1);
    EXPECT_TRUE(attester.attest(encode(s.input(DataIn::calldata))).has_value());
}

TEST(attester, signs_no_child_of_a_block_that_was_reorganised_away) {
    // Two batches of one number, each on a branch of L1 of its own, and a child of the first one.
    Setting s;
    const Hash origin = s.l1.head()->hash;
    const auto on_branch = [&](uint64_t value_wei) {
        Author author;
        return make_batch(s.chain,
                          {{author.open_scope(), author.transfer(Address{{0x01}}, value_wei)}}, 0,
                          origin, 0);
    };
    s.batch = on_branch(1);
    const auto lost_batch = s.batch;
    const auto lost = s.claimed(DataIn::calldata);
    s.batch = on_branch(2);
    const auto kept = s.claimed(DataIn::calldata);
    ASSERT_NE(lost.execution.last_block_hash, kept.execution.last_block_hash);
    adopt_batch(s.chain, s.rollup, lost_batch, {}, lost.execution);
    Author author;
    auto open = author.open_scope();
    open.nonce = 1;
    s.batch = make_batch(s.chain, {{open}}, 1, origin, 0);
    const auto child = s.input(DataIn::calldata);

    Member attester{key(11), s.l1, {s.rollup}};
    s.l1.settle({lost});
    ASSERT_TRUE(attester.attest(encode(child)).has_value());
    s.l1.blocks_.pop_back();
    s.l1.settle({kept});
    const auto refused = attester.attest(encode(child));
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().kind, DisagreementKind::different_field);
    EXPECT_EQ(refused.error().field, "parentBlockHash");

    // Nor does it sign that the child is its own head's.
    auto lie = child;
    lie.claims[0].parent_block_hash = kept.execution.last_block_hash;
    const auto caught = attester.attest(encode(lie));
    ASSERT_FALSE(caught.has_value());
    EXPECT_EQ(caught.error().field, "lastBlockHash");

    // The first branch is back.
    s.l1.blocks_.pop_back();
    s.l1.settle({lost});
    EXPECT_TRUE(attester.attest(encode(child)).has_value());
}

TEST(attester, waits_only_with_a_rollup_that_stopped) {
    Setting s;
    const auto other = rollup::test::config(REMOTE);
    Claimed bad;
    bad.claim.chain_id = uint256{REMOTE};
    bad.claim.data_length = uint256{1u};
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
              "L1 block 1, chain 902, batch 0: bad_batch: malformed_batch: version: not 0x02, "
              "transaction 0, chain 902");

    Author author;
    s.batch = make_batch(s.chain, {{author.open_scope()}}, 0, s.l1.head()->hash, 1);
    EXPECT_TRUE(attester.attest(encode(s.input(DataIn::calldata))).has_value());
    auto its_own = s.input(DataIn::calldata);
    its_own.claims[0].chain_id = uint256{REMOTE};
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
    GetParam().change(input.claims[0]);
    const auto attestation = attester.attest(encode(input));
    ASSERT_FALSE(attestation.has_value());
    EXPECT_EQ(to_string(attestation.error().kind), to_string(DisagreementKind::different_field));
    EXPECT_EQ(attestation.error().field, GetParam().field);
    EXPECT_EQ(attestation.error().member, crypto::address_of(key(11)));
    EXPECT_EQ(attestation.error().chain_id, CHAIN);
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
        Wrong{"parentBlockHash", "parentBlockHash", [](auto& c) { c.parent_block_hash = {}; }},
        Wrong{"firstBlock", "firstBlock", [](auto& c) { c.first_block = uint256{2u}; }},
        Wrong{"lastBlockHash", "lastBlockHash", [](auto& c) { c.last_block_hash = {}; }},
        Wrong{"l1OriginHash", "l1OriginHash", [](auto& c) { c.l1_origin_hash = {}; }},
        Wrong{"l1OriginNumber", "l1OriginNumber",
              [](auto& c) { c.l1_origin_number = uint256{1u}; }},
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
        Wrong{"limit", "remotes", [](auto& c) { c.remotes[0].limit = uint256{9u}; }},
        Wrong{"programId", "programId", [](auto& c) { c.program_id = {}; }}),
    [](const auto& info) { return std::string{info.param.name}; });

// --- Where it differs ---

TEST(attester, places_the_first_difference) {
    Setting s;
    Member attester{key(11), s.l1, {s.rollup}};
    auto input = s.input(DataIn::calldata);
    // A claimant whose EVM went wrong in the second transaction of the second block.
    const Address recipient{{0x03}};
    auto& block = input.digests[0][1];
    block.block_hash = block.state_root = input.claims[0].last_block_hash = Hash{{0x66}};
    auto& accounts = block.transactions[1].accounts;
    const auto account = std::ranges::find(accounts, recipient, &rollup::AccountDigest::address);
    ASSERT_NE(account, accounts.end());

    account->digest = Hash{{0x66}};
    const auto changed = attester.attest(encode(input));
    ASSERT_FALSE(changed.has_value());
    EXPECT_EQ(changed.error().field, "lastBlockHash");
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
    EXPECT_EQ(unplaced.error().field, "lastBlockHash");
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
    EXPECT_EQ(attestation.error().field, "parentBlockHash");
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
    replace_batch(input, to_bytes(BytesView{good.data}.first(good.data.size() - 1)));
    EXPECT_EQ(kind_of(input), "malformed_batch");
    input = good;
    replace_batch(input, with_envelope(s.batch, {0x7c, 0xc0}));  // no such transaction type
    EXPECT_EQ(kind_of(input), "malformed_batch");
    input = good;
    input.claims[0].data.offset = uint256{1u};
    EXPECT_EQ(kind_of(input), "bad_slice");
    input.claims[0].data.length -= uint256{1u};
    EXPECT_EQ(kind_of(input), "malformed_batch");
    input = good;
    input.data.back() ^= 1;
    EXPECT_EQ(attester.attest(encode(input)).error().field, "data.commitment");

    input = in_blobs;
    input.blobs[0][0] = 0xff;
    EXPECT_EQ(kind_of(input), "bad_blob");
    input = in_blobs;
    input.blobs[0][32] = 1;
    EXPECT_EQ(kind_of(input), "malformed_data");
    input = in_blobs;
    input.blobs.emplace_back();
    EXPECT_EQ(kind_of(input), "malformed_data");
    // More than any scope takes: no time goes into them, so it isn't seen that one is none.
    input = in_blobs;
    input.blobs[0][0] = 0xff;
    input.blobs.resize(7);
    EXPECT_EQ(kind_of(input), "malformed_data");
    input = in_blobs;
    input.blobs[0][1 + 4 + 20] ^= 1;  // inside the batch's fields
    EXPECT_NE(kind_of(input), "signed");

    input = good;
    input.claims[0].chain_id = uint256{999u};
    EXPECT_EQ(kind_of(input), "unknown_rollup");
    input.claims[0].chain_id = uint256{0, 1, 0, 0};
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
    replace_batch(input, rollup::encode(batch));
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
    replace_batch(input, rollup::encode(batch));
    const auto attestation = attester.attest(encode(input));
    ASSERT_FALSE(attestation.has_value());
    EXPECT_EQ(attestation.error().kind, DisagreementKind::refused_batch);
    EXPECT_EQ(attestation.error().block_number, 2u);
    EXPECT_EQ(attestation.error().transaction_index, 2u);
    EXPECT_EQ(attestation.error().detail,
              "block 1, transaction 2: refused_transaction: nonce_too_low");
}

/// Returns the bytes of the blocks that a follower keeps of batches that haven't settled, as they
/// are.
size_t kept_bytes(const rollup::Follower& follower) {
    size_t size_bytes = 0;
    for (const auto& each : follower.rollup(CHAIN)->executed)
        for (const auto& sealed : each.execution.blocks)
            size_bytes += chain::size_in_memory(sealed.block);
    return size_bytes;
}

TEST(attester, signs_a_batch_that_is_too_large_to_keep) {
    Setting s;
    Member attester{key(11), s.l1, {s.rollup}};
    s.batch = logging_batch(s.chain, MOST_LOGGING_GAS, s.l1.head()->hash, 0);
    const auto claimed = s.claimed(DataIn::calldata);
    EXPECT_GT(claimed.execution.gas_used, rollup::MAX_BATCH_GAS / 10 * 9);
    ASSERT_TRUE(attester.attest(encode(s.input_of(claimed))).has_value());
    EXPECT_TRUE(attester.follower().rollup(CHAIN)->executed.empty());

    // When it settles it is checked as by any follower, and executed again as it is adopted.
    uint64_t transactions = 0;
    for (const auto& block : s.batch.blocks) transactions += block.transactions.size();
    s.l1.settle({claimed});
    const uint64_t before = execution::statistics.executed;
    ASSERT_EQ(attester.follower().advance()->batches, 1u);
    EXPECT_EQ(execution::statistics.executed, before + 2 * transactions);
    EXPECT_EQ(attester.follower().rollup(CHAIN)->chain.head()->hash,
              claimed.execution.last_block_hash);
}

TEST(attester, keeps_no_more_of_several_batches_than_of_one) {
    Setting s;
    Member attester{key(11), s.l1, {s.rollup}};
    s.batch = logging_batch(s.chain, 100'000'000, s.l1.head()->hash, 0);
    std::vector<Claimed> versions;
    for (uint8_t i = 0; i < 3; ++i) {
        s.batch.blocks[0].coinbase = Address{{i}};
        versions.push_back(s.claimed(DataIn::calldata));
        ASSERT_TRUE(attester.attest(encode(s.input_of(versions.back()))).has_value());
        EXPECT_LE(kept_bytes(attester.follower()), rollup::MAX_KEPT_BYTES);
    }
    // More than one of them: the last ones.
    const size_t kept = attester.follower().rollup(CHAIN)->executed.size();
    EXPECT_GT(kept, 1u);
    EXPECT_LT(kept, versions.size());
    s.l1.settle({versions.back()});
    const uint64_t before = execution::statistics.executed;
    ASSERT_EQ(attester.follower().advance()->batches, 1u);
    EXPECT_EQ(execution::statistics.executed, before);
}

TEST(attester, gives_up_what_takes_too_long) {
    Setting s;
    rollup::Follower follower{s.l1, {s.rollup}};
    Attester attester{crypto::local_signer(key(11)),
                      follower,
                      {.request = std::chrono::milliseconds{-1}, .requester = {}}};
    const auto attestation = attester.attest(encode(s.input(DataIn::calldata)));
    ASSERT_FALSE(attestation.has_value());
    EXPECT_EQ(attestation.error().kind, DisagreementKind::timed_out);
    EXPECT_EQ(attestation.error().detail, "block 0, transaction 0: out_of_time");
}

/// A clock that stands still but while an attester executes for a requester.
class ExecutionClock {
  public:
    Attester::Clock::duration execution{};  ///< that the next request takes
    Attester::Clock::time_point now{std::chrono::hours{1}};

    /// Returns what an attester says to a request, "signed" if it signs.
    std::string ask(Attester& attester, BytesView input, const std::optional<Address>& requester) {
        readings_ = 0;
        const auto attestation = attester.attest(input, requester);
        return attestation ? "signed" : std::string{to_string(attestation.error().kind)};
    }
    /// An attester reads it before it takes a request, before it executes, and behind that.
    Attester::Clock::time_point read(bool is_counted) {
        if (++readings_ == (is_counted ? 3 : 2)) now += execution;
        return now;
    }

  private:
    int readings_ = 0;
};

TEST(attester, serves_others_while_a_requester_has_used_its_time) {
    using namespace std::chrono_literals;
    constexpr Address GREEDY{{1}};
    constexpr Address OTHER{{2}};
    Setting s;
    rollup::Follower follower{s.l1, {s.rollup}};
    ExecutionClock clock;
    Attester attester{
        crypto::local_signer(key(11)), follower, {}, [&] { return clock.read(true); }};
    const Bytes input = encode(s.input(DataIn::calldata));
    auto wrong_input = s.input(DataIn::calldata);
    wrong_input.claims[0].last_block_hash = {};
    const Bytes wrong = encode(wrong_input);

    // What is refused in the end has been executed as well.
    clock.execution = 25s;
    EXPECT_EQ(clock.ask(attester, wrong, GREEDY), "different_field");
    EXPECT_EQ(clock.ask(attester, input, GREEDY), "signed");
    const uint64_t before = execution::statistics.executed;
    EXPECT_EQ(clock.ask(attester, input, GREEDY), "requester_over_limit");
    EXPECT_EQ(execution::statistics.executed, before);

    clock.execution = 1s;
    EXPECT_EQ(clock.ask(attester, input, OTHER), "signed");
    EXPECT_EQ(clock.ask(attester, input, GREEDY), "requester_over_limit");
    clock.now += 60s;
    EXPECT_EQ(clock.ask(attester, input, GREEDY), "signed");
}

TEST(attester, executes_for_its_own_process_whatever_that_takes) {
    using namespace std::chrono_literals;
    Setting s;
    rollup::Follower follower{s.l1, {s.rollup}};
    ExecutionClock clock;
    clock.execution = 1h;
    Attester attester{
        crypto::local_signer(key(11)), follower, {}, [&] { return clock.read(false); }};
    const Bytes input = encode(s.input(DataIn::calldata));
    for (int i = 0; i < 3; ++i) EXPECT_EQ(clock.ask(attester, input, std::nullopt), "signed");
}

TEST(attester, gives_a_request_no_more_time_than_its_requester_has) {
    using namespace std::chrono_literals;
    constexpr Address REQUESTER{{1}};
    Setting s;
    rollup::Follower follower{s.l1, {s.rollup}};
    ExecutionClock clock;
    // A nanosecond is left for the second request.
    clock.execution = 30s - 1ns;
    Attester attester{
        crypto::local_signer(key(11)), follower, {}, [&] { return clock.read(true); }};
    const Bytes input = encode(s.input(DataIn::calldata));
    EXPECT_EQ(clock.ask(attester, input, REQUESTER), "signed");
    EXPECT_EQ(clock.ask(attester, input, REQUESTER), "timed_out");
}

TEST(attester, knows_its_own_l1) {
    Setting s;
    s.l1.add({}, {});
    Member attester{key(11), s.l1, {s.rollup}};
    const auto attest_with_origin = [&](const Hash& hash, uint64_t number) {
        s.batch = sample_batch(s.chain, hash, number);
        return attester.attest(encode(s.input(DataIn::calldata)));
    };
    const Hash known = s.l1.head()->hash;
    for (const auto& [hash, number] :
         {std::pair{Hash{{0x66}}, uint64_t{1}}, std::pair{known, uint64_t{0}},
          std::pair{known, uint64_t{2}}}) {
        const auto refused = attest_with_origin(hash, number);
        ASSERT_FALSE(refused.has_value());
        EXPECT_EQ(refused.error().kind, DisagreementKind::refused_batch);
        EXPECT_EQ(refused.error().detail, "block 0: unknown_l1_origin");
    }
    EXPECT_TRUE(attest_with_origin(known, 1).has_value());

    // An origin before the last batch's.
    const auto first = s.claimed(DataIn::calldata);
    adopt_batch(s.chain, s.rollup, s.batch, {}, first.execution);
    s.l1.settle({first});
    Author author;
    auto open = author.open_scope();
    open.nonce = 3;  // of the system sender, after the first batch
    s.batch = make_batch(s.chain, {{open}}, 1, s.l1.blocks_[0]->hash, 0);
    const auto stale = attester.attest(encode(s.input(DataIn::calldata)));
    ASSERT_FALSE(stale.has_value());
    EXPECT_EQ(stale.error().detail, "block 0: l1_origin_before_parent");

    s.l1.add({}, {});
    s.l1.blocks_.back()->block.header.number = 7;
    const auto broken = attester.attest(encode(s.input(DataIn::calldata)));
    ASSERT_FALSE(broken.has_value());
    EXPECT_EQ(broken.error().kind, DisagreementKind::not_following);
}

TEST(attester, demands_that_registered_chains_are_made_known) {
    Setting s;
    s.l1.register_rollups({uint256{950u}});
    Member attester{key(11), s.l1, {s.rollup}};
    s.batch = sample_batch(s.chain, s.l1.head()->hash, 1);
    const auto without = attester.attest(encode(s.input(DataIn::calldata)));
    ASSERT_FALSE(without.has_value());
    EXPECT_EQ(without.error().detail, "block 0: missing_add_chains");
    Author author;
    s.batch = make_batch(s.chain, {{author.open_scope(), author.add_chains({uint256{950u}})}}, 0,
                         s.l1.head()->hash, 1);
    const auto with = attester.attest(encode(s.input(DataIn::calldata)));
    EXPECT_TRUE(with.has_value()) << to_string(with.error());
}

TEST(attester, finds_the_forced_position_by_executing) {
    Setting s;
    s.l1.queue(CHAIN, {deposit(Address{{0x55}}, 7), deposit(Address{{0x55}}, 8)});
    const rollup::BatchOptions options{.l1 = &s.l1};
    s.batch =
        make_batch(s.chain, {Author{s.chain}.openings(options, 1, 2)}, 0, s.l1.head()->hash, 1);
    const auto claimed = claim_of(s.chain, s.rollup, s.batch, DataIn::calldata, nullptr, options);
    auto input = s.input_of(claimed);
    EXPECT_EQ(input.claims[0].forced_queue_position, uint256{2u});
    Member attester{key(11), s.l1, {s.rollup}};
    const auto attestation = attester.attest(encode(input));
    ASSERT_TRUE(attestation.has_value()) << to_string(attestation.error());
    for (const uint64_t position : {0u, 1u, 3u}) {
        input.claims[0].forced_queue_position = uint256{position};
        const auto refused = attester.attest(encode(input));
        ASSERT_FALSE(refused.has_value());
        EXPECT_EQ(refused.error().field, "forcedQueuePosition");
    }
    // What it signed it keeps, with what the batch doesn't carry.
    s.l1.settle({claimed});
    const uint64_t before = execution::statistics.executed;
    ASSERT_EQ(attester.follower().advance()->batches, 1u);
    EXPECT_EQ(execution::statistics.executed, before);
    EXPECT_EQ(attester.follower().rollup(CHAIN)->forced_queue_position(), 2u);
}

TEST(attester, signs_no_batch_that_leaves_out_what_is_due) {
    Setting s;
    s.l1.queue(CHAIN, {deposit(Address{{0x55}}, 7)});
    for (uint64_t i = 0; i < protocol::FORCED_DEADLINE; ++i) s.l1.add({}, {});
    s.batch = sample_batch(s.chain, s.l1.head()->hash, s.l1.head()->header().number);
    Member attester{key(11), s.l1, {s.rollup}};
    const auto refused = attester.attest(encode(s.input(DataIn::calldata)));
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().detail, "block 0: missing_take_forced");
}

TEST(attester, signs_nothing_of_a_closed_rollup) {
    Setting s;
    Member attester{key(11), s.l1, {s.rollup}};
    s.l1.emit({closing(uint256{CHAIN})});
    const auto refused = attester.attest(encode(s.input(DataIn::calldata)));
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().kind, DisagreementKind::stopped_rollup);
    s.l1.blocks_.pop_back();
    s.l1.add({}, {});
    EXPECT_TRUE(attester.attest(encode(s.input(DataIn::calldata))).has_value());
}

/// A key that doesn't sign.
class NoSigner final : public crypto::Signer {
  public:
    [[nodiscard]] const Address& address() const noexcept override { return address_; }
    [[nodiscard]] Result<crypto::Signature, std::string> sign(
        BytesView /*message*/) const override {
        return std::unexpected{"nobody is there"};
    }

  private:
    Address address_{{7}};
};

TEST(attester, says_why_its_key_does_not_sign) {
    Setting s;
    rollup::Follower follower{s.l1, {s.rollup}};
    Attester attester{std::make_shared<NoSigner>(), follower};
    const auto refused = attester.attest(encode(s.input(DataIn::calldata)));
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().kind, DisagreementKind::failed);
    EXPECT_EQ(refused.error().member, attester.address());
    EXPECT_EQ(refused.error().detail, "its key did not sign: nobody is there");
}

TEST(attester, signs_the_genesis_that_it_is_configured_with) {
    Setting s;
    rollup::Follower follower{s.l1, {s.rollup}};
    const Attester attester{crypto::local_signer(key(11)), follower};
    const auto genesis = s.chain.head();
    const protocol::GenesisClaim claim{.l1_chain_id = uint256{L1_CHAIN},
                                       .settlement = s.rollup.settlement.settlement,
                                       .chain_id = uint256{CHAIN},
                                       .program_id = s.rollup.program_id,
                                       .block_hash = genesis->hash,
                                       .state_root = genesis->header().state_root,
                                       .supply = rollup::genesis_supply(s.rollup).value()};
    const auto attestation = attester.attest_genesis(claim);
    ASSERT_TRUE(attestation.has_value()) << to_string(attestation.error());
    EXPECT_EQ(attestation->signer, crypto::address_of(key(11)));
    EXPECT_EQ(attestation->input_hashes, std::vector{protocol::genesis_hash(claim)});
    const Hash message = protocol::attestation_hash(claim.program_id, attestation->input_hashes);
    EXPECT_EQ(attestation->signature, crypto::to_rsv(crypto::sign(message, key(11))));

    using Claim = protocol::GenesisClaim;
    const std::vector<std::pair<std::string, std::function<void(Claim&)>>> changes{
        {"l1ChainId", [](Claim& c) { c.l1_chain_id = {}; }},
        {"settlement", [](Claim& c) { c.settlement = {}; }},
        {"programId", [](Claim& c) { c.program_id = {}; }},
        {"genesisBlockHash", [](Claim& c) { c.block_hash = {}; }},
        {"genesisStateRoot", [](Claim& c) { c.state_root = {}; }},
        {"supply", [](Claim& c) { c.supply += uint256{1u}; }},
    };
    for (const auto& [field, change] : changes) {
        auto wrong = claim;
        change(wrong);
        const auto refused = attester.attest_genesis(wrong);
        ASSERT_FALSE(refused.has_value()) << field;
        EXPECT_EQ(refused.error().kind, DisagreementKind::different_field);
        EXPECT_EQ(refused.error().field, field);
        EXPECT_EQ(refused.error().member, attester.address());
    }
    for (const uint256& chain_id : {uint256{REMOTE}, uint256{CHAIN.number(), 1, 0, 0}}) {
        auto other = claim;
        other.chain_id = chain_id;
        EXPECT_EQ(attester.attest_genesis(other).error().kind, DisagreementKind::unknown_rollup);
    }
}

TEST(attester, signs_no_genesis_from_which_no_rollup_can_start) {
    Setting s;
    s.rollup.genesis.gas_limit = rollup::MIN_GAS_LIMIT - 1;
    rollup::Follower follower{s.l1, {s.rollup}};
    const Attester attester{crypto::local_signer(key(11)), follower};
    EXPECT_EQ(attester.attest_genesis({.chain_id = uint256{CHAIN}}).error().kind,
              DisagreementKind::unsound_genesis);
}

}  // namespace
}  // namespace scope::prover
