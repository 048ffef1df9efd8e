#include "attester/attest_format.hpp"

#include <gtest/gtest.h>

#include "base/hex.hpp"
#include "rlp/encode.hpp"

namespace scope::attester {
namespace {

using prover::Attestation;
using prover::Disagreement;
using prover::DisagreementKind;

Attestation attestation(size_t hashes = 2) {
    Attestation result;
    result.signer = Address{{1}};
    for (size_t i = 0; i < hashes; ++i)
        result.input_hashes.push_back(Hash{{static_cast<uint8_t>(i), 7}});
    result.signature[64] = 27;
    return result;
}
Disagreement disagreement() {
    Disagreement result;
    result.member = Address{{2}};
    result.kind = DisagreementKind::different_field;
    result.chain_id = ChainId{901};
    result.field = "lastBlockHash";
    result.detail = "claimed 1, found 2";
    result.block_number = 0;
    result.transaction_index = 7;
    result.account = Address{{3}};
    return result;
}
Bytes encoded(Disagreement said) {
    return encode(Answer{std::unexpected{std::move(said)}});
}
void expect_equal(const Disagreement& a, const Disagreement& b) {
    EXPECT_EQ(a.member, b.member);
    EXPECT_EQ(a.kind, b.kind);
    EXPECT_EQ(a.chain_id, b.chain_id);
    EXPECT_EQ(a.field, b.field);
    EXPECT_EQ(a.detail, b.detail);
    EXPECT_EQ(a.block_number, b.block_number);
    EXPECT_EQ(a.transaction_index, b.transaction_index);
    EXPECT_EQ(a.account, b.account);
}
std::string error_of(BytesView bytes) {
    const auto answer = decode_answer(bytes);
    return answer ? "none" : std::string{to_string(answer.error())};
}

TEST(attest_format, reads_attestations_as_it_writes_them) {
    for (const size_t hashes : {size_t{0}, size_t{1}, prover::MAX_CLAIMS}) {
        const auto written = attestation(hashes);
        const auto bytes = encode(Answer{written});
        EXPECT_LE(bytes.size(), MAX_ANSWER_SIZE);
        const auto read = decode_answer(bytes);
        ASSERT_TRUE(read && *read) << to_string(read.error());
        EXPECT_EQ((*read)->signer, written.signer);
        EXPECT_EQ((*read)->input_hashes, written.input_hashes);
        EXPECT_EQ((*read)->signature, written.signature);
    }
}

TEST(attest_format, reads_disagreements_as_it_writes_them) {
    const auto read = decode_answer(encoded(disagreement()));
    ASSERT_TRUE(read && !*read);
    expect_equal(read->error(), disagreement());
    for (size_t i = 0; i < prover::DISAGREEMENT_KIND_COUNT; ++i) {
        Disagreement bare;
        bare.kind = static_cast<DisagreementKind>(i);
        const auto again = decode_answer(encoded(bare));
        ASSERT_TRUE(again && !*again);
        expect_equal(again->error(), bare);
    }
}

TEST(attest_format, cuts_and_escapes_text_that_is_written) {
    auto said = disagreement();
    said.field = std::string(1'000, 'f');
    said.detail = "\x1b[2J";
    for (int i = 0; i < 10'000; ++i) said.detail += "\u00fc\n";
    const auto bytes = encoded(said);
    EXPECT_LE(bytes.size(), MAX_ANSWER_SIZE);
    const auto read = decode_answer(bytes);
    ASSERT_TRUE(read && !*read) << to_string(read.error());
    EXPECT_EQ(read->error().field, std::string(MAX_FIELD_SIZE, 'f'));
    EXPECT_TRUE(read->error().detail.starts_with("\\x1b[2J\u00fc\\n"));
    EXPECT_LE(read->error().detail.size(), MAX_DETAIL_SIZE);
}

TEST(attest_format, refuses_what_it_does_not_write) {
    const auto good = encode(Answer{attestation()});
    const auto said = encoded(disagreement());
    const auto changed = [](Bytes bytes, size_t at, uint8_t to) {
        bytes[at] = to;
        return bytes;
    };
    EXPECT_EQ(error_of({}), "unknown_version");
    EXPECT_EQ(error_of(changed(good, 0, 2)), "unknown_version");
    EXPECT_EQ(error_of(Bytes{1}), "unknown_tag");
    EXPECT_EQ(error_of(changed(good, 1, 2)), "unknown_tag");
    EXPECT_EQ(error_of(changed(good, 1, 1)), "malformed");
    EXPECT_EQ(error_of(changed(said, 1, 0)), "malformed");
    EXPECT_EQ(error_of(Bytes(MAX_ANSWER_SIZE + 1, 1)), "too_large");
    EXPECT_EQ(error_of(concat(good, Bytes{0x80})), "malformed");
    for (size_t size = 2; size < good.size(); ++size)
        EXPECT_EQ(error_of(BytesView{good}.first(size)), "malformed") << size;
    EXPECT_EQ(error_of(encode(Answer{attestation(prover::MAX_CLAIMS + 1)})), "too_many");

    const auto with = [](Bytes kind, const std::vector<uint64_t>& block_number, Bytes detail) {
        Bytes out{1, 1};
        rlp::encode_list_to(out, Address{}, kind, std::vector<ChainId>{}, Bytes{}, detail,
                            block_number, std::vector<uint64_t>{}, std::vector<Address>{});
        return out;
    };
    const auto kind = to_bytes(as_bytes("timed_out"));
    EXPECT_EQ(error_of(with(kind, {}, {})), "none");
    EXPECT_EQ(error_of(with(kind, {1, 2}, {})), "too_many");
    EXPECT_EQ(error_of(with(kind, {}, {0x1b})), "bad_text");
    EXPECT_EQ(error_of(with(kind, {}, {0xff})), "bad_text");
    EXPECT_EQ(error_of(with(kind, {}, Bytes(MAX_DETAIL_SIZE + 1, 'x'))), "bad_text");
    EXPECT_EQ(error_of(with(to_bytes(as_bytes("angry")), {}, {})), "unknown_kind");
    EXPECT_EQ(error_of(with({}, {}, {})), "unknown_kind");
}

TEST(attest_format, reads_claims_about_a_genesis_as_it_writes_them) {
    const protocol::GenesisClaim claim{.l1_chain_id = uint256{1u},
                                       .settlement = Address{{1}},
                                       .owner = Address{{2}},
                                       .chain_id = uint256{901u},
                                       .program_id = Hash{{3}},
                                       .block_hash = Hash{{4}},
                                       .state_root = Hash{{5}},
                                       .supply = uint256{1u} << 200};
    const auto bytes = encode(claim);
    EXPECT_LE(bytes.size(), MAX_GENESIS_CLAIM_SIZE);
    EXPECT_EQ(decode_genesis_claim(bytes), claim);
    for (size_t size = 0; size < bytes.size(); ++size)
        EXPECT_FALSE(decode_genesis_claim(BytesView{bytes}.first(size))) << size;
    EXPECT_FALSE(decode_genesis_claim(concat(bytes, Bytes{0x80})));
    auto other = bytes;
    other[0] = 2;
    EXPECT_FALSE(decode_genesis_claim(other));
}

TEST(attest_format, reads_a_status_as_it_writes_it) {
    AttesterStatus status;
    status.address = Address{{9}};
    EXPECT_EQ(read_status(to_json(status)), status);
    status.l1 = AttesterStatus::Head{7, Hash{{1}}};
    status.rollups = {{ChainId{901}, {5, Hash{{2}}}, ""}, {ChainId{902}, {0, Hash{{3}}}, "why"}};
    EXPECT_EQ(read_status(to_json(status)), status);
    for (const auto* const bad :
         {"", "{}", "[]", R"({"version":2,"address":"0x01"})",
          R"({"version":1,"address":"0x01","rollups":[]})", R"({"version":1})"})
        EXPECT_FALSE(read_status(bad)) << bad;
}

}  // namespace
}  // namespace scope::attester
