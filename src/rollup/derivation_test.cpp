#include "rollup/derivation.hpp"

#include <gtest/gtest.h>

#include <functional>

#include "test_rollup/test_rollup.hpp"

namespace scope::rollup {
namespace {

using namespace test;

/// A rollup with one batch, and an L1 on which nothing has settled yet.
struct Fixture {
    RollupConfig rollup = config();
    chain::Chain chain = make_chain(rollup);
    FakeL1 l1;
    Batch batch = sample_batch(chain, l1.head()->hash, 0);
};

/// Returns why the block, or the one batch in it, does not derive.
DerivationError refusal_of(const Result<std::vector<DerivedScope>, DerivationError>& scopes) {
    return scopes ? scopes->at(0).batches.at(0).error() : scopes.error();
}

TEST(derivation, gives_back_what_settled_in_calldata_or_blobs) {
    for (const auto data_in : {DataIn::calldata, DataIn::blobs}) {
        Fixture f;
        auto claimed = claim_of(f.chain, f.rollup, f.batch, data_in, &f.l1);
        f.l1.settle({claimed.claim}, claimed.versioned_hashes);
        const auto scopes = derive_scopes(f.l1, *f.l1.head(), f.rollup.settlement);
        ASSERT_TRUE(scopes.has_value()) << to_string(scopes.error());
        ASSERT_EQ(scopes->size(), 1u);
        ASSERT_EQ((*scopes)[0].batches.size(), 1u);
        const auto& derived = (*scopes)[0].batches[0].value();
        EXPECT_EQ(derived.batch, f.batch);
        EXPECT_EQ(derived.da_commitment, claimed.da_commitment);
        claimed.claim.data.clear();
        EXPECT_EQ(derived.claim, claimed.claim);
    }
}

TEST(derivation, finds_a_batch_behind_anothers_blobs) {
    Fixture f;
    auto claimed = claim_of(f.chain, f.rollup, f.batch, DataIn::blobs, &f.l1);
    claimed.claim.first_blob = uint256{1u};
    f.l1.settle({claimed.claim}, {Hash{{0x01, 0x99}}, claimed.versioned_hashes[0]});
    const auto scopes = derive_scopes(f.l1, *f.l1.head(), f.rollup.settlement);
    ASSERT_TRUE(scopes.has_value()) << to_string(scopes.error());
    EXPECT_EQ((*scopes)[0].batches[0].value().batch, f.batch);
}

TEST(derivation, a_reverted_transaction_and_others_events_settle_nothing) {
    Fixture f;
    const auto claimed = claim_of(f.chain, f.rollup, f.batch, DataIn::blobs, &f.l1);
    const auto settled = settling({claimed.claim}, claimed.versioned_hashes);

    auto reverted = settled;
    reverted.receipt.success = false;
    reverted.receipt.logs.clear();
    auto of_another = settled;
    of_another.receipt.logs[0].address = Address{{0x66}};
    auto another_event = settled;
    another_event.receipt.logs[0].topics[0] = Hash{{0x66}};
    f.l1.add({reverted.transaction, of_another.transaction, another_event.transaction},
             {reverted.receipt, of_another.receipt, another_event.receipt});
    const auto scopes = derive_scopes(f.l1, *f.l1.head(), f.rollup.settlement);
    ASSERT_TRUE(scopes.has_value()) << to_string(scopes.error());
    EXPECT_TRUE(scopes->empty());
}

/// Other calldata from which the settlement contract reads the same batches.
struct Encoding {
    const char* name;
    std::function<void(Bytes&)> change;
};

class derivation_encoding : public testing::TestWithParam<Encoding> {};

TEST_P(derivation_encoding, is_read_as_the_contract_reads_it) {
    Fixture f;
    const auto claimed = claim_of(f.chain, f.rollup, f.batch, DataIn::calldata);
    auto settled = settling({claimed.claim});
    const Bytes canonical = settled.transaction.data;
    GetParam().change(settled.transaction.data);
    ASSERT_NE(settled.transaction.data, canonical);
    f.l1.add({settled.transaction}, {settled.receipt});
    const auto scopes = derive_scopes(f.l1, *f.l1.head(), f.rollup.settlement);
    ASSERT_TRUE(scopes.has_value()) << to_string(scopes.error());
    EXPECT_EQ((*scopes)[0].batches[0].value().batch, f.batch);
}

/// Words of the canonical calldata: the scope's offset, then the scope: offsets of environment,
/// batches and legs, the environment's length 0, the batches.
constexpr size_t SCOPE = 4 + 32;
constexpr size_t BATCHES = SCOPE + 4 * 32;
uint256 minus(uint64_t value) {
    return uint256{} - uint256{value};
}
void set_word(Bytes& calldata, size_t at, const uint256& value) {
    store_be32(calldata.data() + at, value);
}
uint64_t number_at(const Bytes& calldata, size_t at) {
    return load_be32(calldata.data() + at)[0];
}

INSTANTIATE_TEST_SUITE_P(
    all, derivation_encoding,
    testing::Values(Encoding{"a_byte_behind_the_end", [](Bytes& data) { data.push_back(0); }},
                    Encoding{"a_gap_before_the_scope",
                             [](Bytes& data) {
                                 data.insert(data.begin() + SCOPE, 45, 0xff);
                                 set_word(data, 4, uint256{32u + 45u});
                             }},
                    Encoding{"batches_before_the_scope",
                             [](Bytes& data) {
                                 const Bytes batches = to_bytes(BytesView{data}.subspan(BATCHES));
                                 data.resize(SCOPE);
                                 append(data, batches);
                                 set_word(data, 4, uint256{32u + batches.size()});
                                 for (const auto& offset : {uint256{96u}, minus(batches.size()),
                                                            uint256{96u}, uint256{}})
                                     append(data, to_be(offset));
                             }},
                    Encoding{"legs_that_nobody_follows",
                             [](Bytes& data) { set_word(data, SCOPE + 64, ~uint256{}); }},
                    Encoding{"a_proof_that_shares_the_datas_tail",
                             [](Bytes& data) {
                                 const size_t batch = BATCHES + 64;
                                 set_word(data, batch + 13 * 32,
                                          uint256{number_at(data, batch + 8 * 32)});
                             }},
                    Encoding{"no_proof_before_the_calldata",
                             [](Bytes& data) {
                                 set_word(data, BATCHES + 64 + 13 * 32,
                                          uint256{0, 0, 0, uint64_t{1} << 63});
                             }},
                    Encoding{"dirty_padding",
                             [](Bytes& data) {
                                 const size_t batch = BATCHES + 64;
                                 const size_t tail = batch + number_at(data, batch + 8 * 32);
                                 const size_t size = number_at(data, tail);
                                 ASSERT_NE(size % 32, 0u);
                                 data[tail + 32 + size] = 0xff;
                             }}),
    [](const auto& info) { return std::string{info.param.name}; });

struct Refused {
    const char* name;
    DerivationRule rule;
    const char* field;
    DataIn data_in;
    /// Changes what is on L1 before it is put there.
    std::function<void(Fixture&, Claimed&, Settling&)> change;
};

class derivation_refusal : public testing::TestWithParam<Refused> {};

TEST_P(derivation_refusal, names_the_rule) {
    const auto& expected = GetParam();
    Fixture f;
    auto claimed = claim_of(f.chain, f.rollup, f.batch, expected.data_in, &f.l1);
    auto settled = settling({claimed.claim}, claimed.versioned_hashes);
    expected.change(f, claimed, settled);
    f.l1.add({settled.transaction}, {settled.receipt});
    const auto scopes = derive_scopes(f.l1, *f.l1.head(), f.rollup.settlement);
    const auto refusal = refusal_of(scopes);
    EXPECT_EQ(to_string(refusal.rule), to_string(expected.rule));
    EXPECT_EQ(refusal.field, expected.field);
    EXPECT_EQ(refusal.transaction_index, 0u);
}

/// Calldata that says otherwise than the event.
auto claim_changed(std::function<void(protocol::BatchClaim&)> change) {
    return [change](Fixture&, Claimed& claimed, Settling& settled) {
        change(claimed.claim);
        settled.transaction.data = protocol::execute_scope({{}, {claimed.claim}, {}});
    };
}
/// Calldata and event that agree, and say otherwise than the data.
auto both_changed(std::function<void(Fixture&, Claimed&)> change) {
    return [change](Fixture& f, Claimed& claimed, Settling& settled) {
        change(f, claimed);
        settled = settling({claimed.claim}, claimed.versioned_hashes);
    };
}

INSTANTIATE_TEST_SUITE_P(
    rules, derivation_refusal,
    testing::Values(
        Refused{"indirect", DerivationRule::indirect_settlement, "", DataIn::calldata,
                [](Fixture&, Claimed&, Settling& s) { s.transaction.to = Address{{1}}; }},
        Refused{"event_data", DerivationRule::malformed_event, "", DataIn::calldata,
                [](Fixture&, Claimed&, Settling& s) { s.receipt.logs[0].data.push_back(0); }},
        Refused{"event_topics", DerivationRule::malformed_event, "", DataIn::calldata,
                [](Fixture&, Claimed&, Settling& s) { s.receipt.logs[0].topics.pop_back(); }},
        Refused{"calldata", DerivationRule::malformed_calldata, "", DataIn::calldata,
                [](Fixture&, Claimed&, Settling& s) { s.transaction.data.resize(100); }},
        Refused{"decoded_beyond_its_gas", DerivationRule::malformed_calldata, "", DataIn::calldata,
                [](Fixture&, Claimed& c, Settling& s) {
                    s.transaction.gas_limit = 3 * (c.claim.data.size() / 32);
                }},
        Refused{"data_and_blobs", DerivationRule::malformed_calldata, "data", DataIn::blobs,
                both_changed([](Fixture&, Claimed& c) { c.claim.data = {1}; })},
        Refused{"batch_number", DerivationRule::wrong_event, "batchNumber", DataIn::calldata,
                claim_changed([](auto& claim) { claim.batch_number = uint256{1u}; })},
        Refused{"post_state_root", DerivationRule::wrong_event, "postStateRoot", DataIn::calldata,
                claim_changed([](auto& claim) { claim.post_state_root = {}; })},
        Refused{"last_block_hash", DerivationRule::wrong_event, "lastBlockHash", DataIn::calldata,
                claim_changed([](auto& claim) { claim.last_block_hash = {}; })},
        Refused{"blob_count", DerivationRule::wrong_event, "blobCount", DataIn::blobs,
                claim_changed([](auto& claim) { claim.blob_count = uint256{2u}; })},
        Refused{"a_batch_less", DerivationRule::wrong_event, "batches", DataIn::calldata,
                [](Fixture&, Claimed&, Settling& s) {
                    s.transaction.data = protocol::execute_scope({});
                }},
        Refused{"commitment_of_calldata", DerivationRule::wrong_commitment, "daCommitment",
                DataIn::calldata, claim_changed([](auto& claim) { claim.data.back() ^= 1; })},
        Refused{
            "blob_index", DerivationRule::missing_blob, "blobCount", DataIn::blobs,
            [](Fixture&, Claimed&, Settling& s) { s.transaction.blob_versioned_hashes.clear(); }},
        Refused{"other_blob", DerivationRule::wrong_commitment, "daCommitment", DataIn::blobs,
                [](Fixture& f, Claimed&, Settling& s) {
                    // Another batch's blob, under its own true hash.
                    f.batch.number = 1;
                    const auto other = claim_of(f.chain, f.rollup, f.batch, DataIn::blobs, &f.l1);
                    s.transaction.blob_versioned_hashes = other.versioned_hashes;
                }},
        Refused{"malformed_batch", DerivationRule::malformed_batch, "", DataIn::calldata,
                both_changed([](Fixture&, Claimed& c) { c.claim.data.pop_back(); })},
        Refused{"wrong_batch_number", DerivationRule::wrong_batch, "batchNumber", DataIn::calldata,
                both_changed([](Fixture&, Claimed& c) { c.claim.batch_number = uint256{1u}; })},
        Refused{"wrong_origin", DerivationRule::wrong_batch, "l1OriginHash", DataIn::calldata,
                both_changed([](Fixture&, Claimed& c) { c.claim.l1_origin_hash = {}; })}),
    [](const auto& info) { return std::string{info.param.name}; });

TEST(derivation, believes_no_blob_and_no_block_that_does_not_hash) {
    Fixture f;
    const auto claimed = claim_of(f.chain, f.rollup, f.batch, DataIn::blobs, &f.l1);
    f.l1.settle({claimed.claim}, claimed.versioned_hashes);
    const auto refusal = [&] {
        return refusal_of(derive_scopes(f.l1, *f.l1.head(), f.rollup.settlement)).rule;
    };

    auto& blob = *f.l1.blobs_.at(claimed.versioned_hashes[0]);
    blob.blob[100] ^= 1;
    EXPECT_EQ(refusal(), DerivationRule::wrong_blob);
    blob.blob[100] ^= 1;
    blob.blob[0] = 0xff;  // not below the modulus
    EXPECT_EQ(refusal(), DerivationRule::wrong_blob);
    f.l1.blobs_.clear();
    EXPECT_EQ(refusal(), DerivationRule::missing_blob);
    f.l1.blobs_unreachable_ = true;
    EXPECT_FALSE(derive_scopes(f.l1, *f.l1.head(), f.rollup.settlement).has_value());
    EXPECT_EQ(refusal(), DerivationRule::unreachable);

    auto& block = *f.l1.blocks_.back();
    auto before = block;
    block.receipts[0].success = false;
    EXPECT_EQ(refusal(), DerivationRule::wrong_receipts_root);
    block = before;
    block.receipts.clear();
    EXPECT_EQ(refusal(), DerivationRule::wrong_receipts_root);
    block = before;
    block.block.transactions[0].nonce = 9;
    EXPECT_EQ(refusal(), DerivationRule::wrong_transactions_root);
    block = before;
    block.block.header.gas_used = 1;
    EXPECT_EQ(refusal(), DerivationRule::wrong_block_hash);
}

}  // namespace
}  // namespace scope::rollup
