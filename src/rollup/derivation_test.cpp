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
        const auto claimed = claim_of(f.chain, f.rollup, f.batch, data_in, &f.l1);
        f.l1.settle({claimed});
        const auto scopes = derive_scopes(f.l1, *f.l1.head(), f.rollup.settlement);
        ASSERT_TRUE(scopes.has_value()) << to_string(scopes.error());
        ASSERT_EQ(scopes->size(), 1u);
        EXPECT_EQ((*scopes)[0].data_commitment, claimed.data_commitment);
        ASSERT_EQ((*scopes)[0].batches.size(), 1u);
        const auto& derived = (*scopes)[0].batches[0].value();
        EXPECT_EQ(derived.batch, f.batch);
        EXPECT_EQ(derived.claim, claimed.claim);
    }
}

/// Counts how often a blob is asked for.
class CountingL1 final : public l1::L1Source {
  public:
    explicit CountingL1(const l1::L1Source& l1) : l1_(l1) {}
    [[nodiscard]] Result<l1::L1Heads, l1::L1Error> heads() const override { return l1_.heads(); }
    [[nodiscard]] Result<chain::StoredBlockPtr, l1::L1Error> block(uint64_t number) const override {
        return l1_.block(number);
    }
    [[nodiscard]] Result<chain::StoredBlobPtr, l1::L1Error> blob(const Hash& hash) const override {
        ++blobs;
        return l1_.blob(hash);
    }
    mutable int blobs = 0;

  private:
    const l1::L1Source& l1_;
};

TEST(derivation, reads_once_what_the_batches_of_a_scope_share) {
    for (const auto data_in : {DataIn::calldata, DataIn::blobs}) {
        Fixture f;
        const auto other = config(REMOTE);
        const auto other_chain = make_chain(other);
        const auto other_batch = sample_batch(other_chain, f.l1.head()->hash, 0);
        f.l1.settle({claim_of(f.chain, f.rollup, f.batch, data_in),
                     claim_of(other_chain, other, other_batch, data_in)});
        const CountingL1 l1{f.l1};
        const auto scopes = derive_scopes(l1, *f.l1.head(), f.rollup.settlement);
        ASSERT_TRUE(scopes.has_value()) << to_string(scopes.error());
        ASSERT_EQ((*scopes)[0].batches.size(), 2u);
        EXPECT_EQ((*scopes)[0].batches[0].value().batch, f.batch);
        EXPECT_EQ((*scopes)[0].batches[1].value().batch, other_batch);
        EXPECT_EQ(l1.blobs, data_in == DataIn::blobs ? 1 : 0);

        const auto only = [](ChainId wanted) {
            return [=](ChainId chain_id) { return chain_id == wanted; };
        };
        const auto of_other = derive_scopes(f.l1, *f.l1.head(), f.rollup.settlement, only(REMOTE));
        ASSERT_EQ(of_other->at(0).batches.size(), 1u);
        EXPECT_EQ((*of_other)[0].batches[0].value().batch, other_batch);
        // Nobody's data is not looked at.
        l1.blobs = 0;
        const auto of_none = derive_scopes(l1, *f.l1.head(), f.rollup.settlement, only(ChainId{5}));
        EXPECT_TRUE(of_none->at(0).batches.empty());
        EXPECT_EQ(l1.blobs, 0);
    }
}

TEST(derivation, a_bad_slice_stops_no_other_batch_and_bad_data_all) {
    Fixture f;
    const auto other = config(REMOTE);
    const auto other_chain = make_chain(other);
    auto one = claim_of(f.chain, f.rollup, f.batch, DataIn::blobs);
    const auto two = claim_of(other_chain, other, sample_batch(other_chain, f.l1.head()->hash, 0),
                              DataIn::blobs);
    const auto good = one.claim;
    one.claim.data_length = uint256{~uint64_t{0}};
    f.l1.settle({one, two});
    const auto sliced = derive_scopes(f.l1, *f.l1.head(), f.rollup.settlement);
    ASSERT_EQ(sliced->at(0).batches.size(), 2u);
    EXPECT_EQ((*sliced)[0].batches[0].error().rule, DerivationRule::bad_slice);
    EXPECT_EQ((*sliced)[0].batches[0].error().chain_id, CHAIN);
    EXPECT_TRUE((*sliced)[0].batches[1].has_value());

    one.claim = good;
    f.l1.settle({one, two});
    f.l1.blobs_.clear();
    const auto missing = derive_scopes(f.l1, *f.l1.head(), f.rollup.settlement);
    ASSERT_EQ(missing->at(0).batches.size(), 2u);
    for (const auto& batch : (*missing)[0].batches)
        EXPECT_EQ(batch.error().rule, DerivationRule::missing_blob);
    EXPECT_EQ((*missing)[0].batches[0].error().chain_id, CHAIN);
    EXPECT_EQ((*missing)[0].batches[1].error().chain_id, REMOTE);
}

TEST(derivation, finds_a_batch_between_others_bytes) {
    Fixture f;
    auto claimed = claim_of(f.chain, f.rollup, f.batch, DataIn::calldata);
    claimed.data = concat(Bytes(100, 0x66), claimed.data, Bytes(7, 0x66));
    claimed.claim.data_offset = uint256{100u};
    f.l1.settle({claimed});
    const auto scopes = derive_scopes(f.l1, *f.l1.head(), f.rollup.settlement);
    ASSERT_TRUE(scopes.has_value()) << to_string(scopes.error());
    EXPECT_EQ((*scopes)[0].batches[0].value().batch, f.batch);
}

TEST(derivation, tells_which_rollups_were_registered) {
    Fixture f;
    f.l1.register_rollups({uint256{950u}, uint256{0, 1, 0, 0}, uint256{940u}});
    EXPECT_EQ(rollup_events(*f.l1.head(), f.rollup.settlement).registered,
              (std::vector{ChainId{950}, ChainId{940}}));
    const protocol::SettlementId elsewhere{L1_CHAIN, Address{{0x66}}};
    EXPECT_TRUE(rollup_events(*f.l1.head(), elsewhere).registered.empty());
    auto reverted = *f.l1.head();
    reverted.receipts[0].success = false;
    EXPECT_EQ(rollup_events(reverted, f.rollup.settlement).registered, (std::vector{ChainId{940}}));
    f.l1.settle({claim_of(f.chain, f.rollup, f.batch, DataIn::calldata)});
    EXPECT_TRUE(rollup_events(*f.l1.head(), f.rollup.settlement).registered.empty());
}

TEST(derivation, a_reverted_transaction_and_others_events_settle_nothing) {
    Fixture f;
    const auto claimed = claim_of(f.chain, f.rollup, f.batch, DataIn::blobs, &f.l1);
    const auto settled = settling({claimed});

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
    auto settled = settling({claimed});
    const Bytes canonical = settled.transaction.data;
    GetParam().change(settled.transaction.data);
    ASSERT_NE(settled.transaction.data, canonical);
    f.l1.add({settled.transaction}, {settled.receipt});
    const auto scopes = derive_scopes(f.l1, *f.l1.head(), f.rollup.settlement);
    ASSERT_TRUE(scopes.has_value()) << to_string(scopes.error());
    EXPECT_EQ((*scopes)[0].batches[0].value().batch, f.batch);
}

/// The canonical calldata: the scope's offset, then the scope with the offsets of its five parts.
constexpr size_t SCOPE = 4 + 32;
enum Part : size_t { environment, data, batches, legs, proofs, part_count };
constexpr size_t offset_of(Part part) {
    return SCOPE + 32 * static_cast<size_t>(part);
}
void set_word(Bytes& calldata, size_t at, const uint256& value) {
    store_be32(calldata.data() + at, value);
}
uint64_t number_at(const Bytes& calldata, size_t at) {
    return load_be32(calldata.data() + at)[0];
}
size_t place_of(const Bytes& calldata, Part part) {
    return SCOPE + number_at(calldata, offset_of(part));
}
/// Returns where the fields of the one batch begin: behind the batches' count and its offset.
size_t place_of_batch(const Bytes& calldata) {
    return place_of(calldata, batches) + 64;
}

INSTANTIATE_TEST_SUITE_P(
    all, derivation_encoding,
    testing::Values(Encoding{"a_byte_behind_the_end", [](Bytes& bytes) { bytes.push_back(0); }},
                    Encoding{"a_gap_before_the_scope",
                             [](Bytes& bytes) {
                                 bytes.insert(bytes.begin() + SCOPE, 45, 0xff);
                                 set_word(bytes, 4, uint256{32u + 45u});
                             }},
                    Encoding{"everything_before_the_scope",
                             [](Bytes& bytes) {
                                 const Bytes head = to_bytes(BytesView{bytes}.subspan(
                                     SCOPE, 32 * static_cast<size_t>(part_count)));
                                 const Bytes tail = to_bytes(BytesView{bytes}.subspan(
                                     SCOPE + 32 * static_cast<size_t>(part_count)));
                                 bytes.resize(SCOPE);
                                 append(bytes, tail);
                                 append(bytes, head);
                                 set_word(bytes, 4, uint256{32u + tail.size()});
                                 // Each part is as much nearer as it was moved, or behind.
                                 for (size_t at = SCOPE + tail.size(); at < bytes.size(); at += 32)
                                     set_word(bytes, at,
                                              load_be32(bytes.data() + at) -
                                                  uint256{tail.size() + head.size()});
                             }},
                    Encoding{"legs_that_nobody_follows",
                             [](Bytes& bytes) { set_word(bytes, offset_of(legs), ~uint256{}); }},
                    Encoding{"proofs_that_nobody_follows",
                             [](Bytes& bytes) { set_word(bytes, offset_of(proofs), ~uint256{}); }},
                    Encoding{"policy_data_that_share_the_batchs_words",
                             [](Bytes& bytes) {
                                 set_word(bytes, place_of_batch(bytes) + 11 * 32, uint256{});
                             }},
                    Encoding{"dirty_padding",
                             [](Bytes& bytes) {
                                 const size_t tail = place_of(bytes, data);
                                 const size_t size = number_at(bytes, tail);
                                 ASSERT_NE(size % 32, 0u);
                                 bytes[tail + 32 + size] = 0xff;
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
    auto settled = settling({claimed});
    expected.change(f, claimed, settled);
    for (const auto& blob : settled.blobs) f.l1.keep(blob);
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
        settled.transaction.data = settling({claimed}).transaction.data;
    };
}
/// Calldata and event that agree, and say otherwise than the data.
auto both_changed(std::function<void(Claimed&)> change) {
    return [change](Fixture&, Claimed& claimed, Settling& settled) {
        change(claimed);
        settled = settling({claimed});
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
                    s.transaction.gas_limit = 3 * (c.data.size() / 32);
                }},
        Refused{"data_and_blobs", DerivationRule::malformed_calldata, "data", DataIn::calldata,
                [](Fixture&, Claimed&, Settling& s) {
                    s.transaction.type = TxType::blob;
                    s.receipt.type = TxType::blob;
                    s.transaction.blob_versioned_hashes = {Hash{{0x01}}};
                }},
        Refused{
            "neither_data_nor_blobs", DerivationRule::malformed_calldata, "data", DataIn::blobs,
            [](Fixture&, Claimed&, Settling& s) { s.transaction.blob_versioned_hashes.clear(); }},
        Refused{"batch_number", DerivationRule::wrong_event, "batchNumber", DataIn::calldata,
                claim_changed([](auto& claim) { claim.batch_number = uint256{1u}; })},
        Refused{"last_block_hash", DerivationRule::wrong_event, "lastBlockHash", DataIn::calldata,
                claim_changed([](auto& claim) { claim.last_block_hash = {}; })},
        Refused{"data_offset", DerivationRule::wrong_event, "dataOffset", DataIn::calldata,
                claim_changed([](auto& claim) { claim.data_offset = uint256{1u}; })},
        Refused{"data_length", DerivationRule::wrong_event, "dataLength", DataIn::blobs,
                claim_changed([](auto& claim) { claim.data_length = uint256{2u}; })},
        Refused{"a_batch_less", DerivationRule::wrong_event, "batches", DataIn::calldata,
                [](Fixture&, Claimed&, Settling& s) {
                    s.transaction.data = protocol::execute_scope({});
                }},
        Refused{"commitment_of_calldata", DerivationRule::wrong_commitment, "dataCommitment",
                DataIn::calldata,
                [](Fixture&, Claimed& c, Settling& s) {
                    c.data.back() ^= 1;
                    s.transaction.data = settling({c}).transaction.data;
                }},
        Refused{"other_blob", DerivationRule::wrong_commitment, "dataCommitment", DataIn::blobs,
                [](Fixture& f, Claimed&, Settling& s) {
                    // Another batch's blob, under its own true hash.
                    f.batch.number = 1;
                    const auto other = claim_of(f.chain, f.rollup, f.batch, DataIn::blobs, &f.l1);
                    s.transaction.blob_versioned_hashes = other.versioned_hashes;
                }},
        Refused{"a_blob_more", DerivationRule::malformed_data, "", DataIn::blobs,
                both_changed([](Claimed& c) {
                    c.blobs.emplace_back();
                    c.versioned_hashes.push_back(versioned_hash_of(c.blobs.back()).value());
                })},
        Refused{"offset_beyond_the_data", DerivationRule::bad_slice, "dataOffset", DataIn::calldata,
                both_changed([](Claimed& c) {
                    c.claim.data_offset = c.claim.data_length + uint256{1u};
                })},
        Refused{"length_beyond_the_data", DerivationRule::bad_slice, "dataLength", DataIn::blobs,
                both_changed([](Claimed& c) { c.claim.data_offset = uint256{1u}; })},
        Refused{"malformed_batch", DerivationRule::malformed_batch, "", DataIn::calldata,
                both_changed([](Claimed& c) { c.claim.data_length -= uint256{1u}; })},
        Refused{"wrong_chain", DerivationRule::wrong_batch, "chainId", DataIn::calldata,
                both_changed([](Claimed& c) { c.claim.chain_id = uint256{REMOTE}; })},
        Refused{"wrong_batch_number", DerivationRule::wrong_batch, "batchNumber", DataIn::calldata,
                both_changed([](Claimed& c) { c.claim.batch_number = uint256{1u}; })},
        Refused{"wrong_first_block", DerivationRule::wrong_batch, "firstBlock", DataIn::calldata,
                both_changed([](Claimed& c) { c.claim.first_block = uint256{2u}; })},
        Refused{"wrong_origin_number", DerivationRule::wrong_batch, "l1OriginNumber",
                DataIn::calldata,
                both_changed([](Claimed& c) { c.claim.l1_origin_number = uint256{1u}; })},
        Refused{"wrong_origin", DerivationRule::wrong_batch, "l1OriginHash", DataIn::calldata,
                both_changed([](Claimed& c) { c.claim.l1_origin_hash = {}; })}),
    [](const auto& info) { return std::string{info.param.name}; });

TEST(derivation, believes_no_blob_that_does_not_hash) {
    Fixture f;
    const auto claimed = claim_of(f.chain, f.rollup, f.batch, DataIn::blobs, &f.l1);
    f.l1.settle({claimed});
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
}

}  // namespace
}  // namespace scope::rollup
