#include "prover/proof_input.hpp"

#include <gtest/gtest.h>

namespace scope::prover {
namespace {

ProofInput sample() {
    ProofInput input;
    input.claim.l1_chain_id = uint256{1u};
    input.claim.chain_id = uint256{901u};
    input.claim.post_state_root = Hash{{0x11}};
    input.claim.remotes.push_back({uint256{902u}, {}, uint256{3u}, uint256{}});
    input.batch = {1, 2, 3};
    input.digests = {
        {Hash{{0x21}}, Hash{{0x22}}, {{Hash{{0x23}}, {{Address{{0x24}}, Hash{{0x25}}}}}}}, {}};
    return input;
}

TEST(proof_input, round_trip) {
    auto input = sample();
    EXPECT_EQ(decode_proof_input(encode(input)), input);
    input.batch.clear();
    input.blobs.resize(2);
    input.blobs[1][5] = 7;
    EXPECT_EQ(decode_proof_input(encode(input)), input);
}

TEST(proof_input, refuses_malformed_bytes_by_rule) {
    const Bytes good = encode(sample());
    EXPECT_EQ(decode_proof_input({}).error(), ProofInputError::unknown_version);
    EXPECT_EQ(decode_proof_input(Bytes(MAX_PROOF_INPUT_SIZE + 1, 1)).error(),
              ProofInputError::too_large);
    Bytes bytes = good;
    bytes[0] = 2;
    EXPECT_EQ(decode_proof_input(bytes).error(), ProofInputError::unknown_version);
    bytes = good;
    bytes.push_back(0);
    EXPECT_EQ(decode_proof_input(bytes).error(), ProofInputError::malformed);
    bytes = good;
    bytes[10] ^= 0x80;  // inside the claim, behind headers of 3 and 3 bytes
    EXPECT_EQ(decode_proof_input(bytes).error(), ProofInputError::malformed_claim);

    auto input = sample();
    input.blobs.resize(1);
    EXPECT_EQ(decode_proof_input(encode(input)).error(), ProofInputError::ambiguous_data);
    input.blobs.clear();
    input.batch.clear();
    EXPECT_EQ(decode_proof_input(encode(input)).error(), ProofInputError::ambiguous_data);
}

TEST(proof_input, every_prefix_is_refused) {
    const Bytes good = encode(sample());
    for (size_t size = 0; size < good.size(); ++size)
        ASSERT_FALSE(decode_proof_input(BytesView{good}.first(size)).has_value()) << size;
}

TEST(proof_input, a_changed_byte_is_refused_or_another_input) {
    const Bytes good = encode(sample());
    for (size_t i = 0; i < good.size(); ++i) {
        for (const int flip : {0x01, 0x80, 0xff}) {
            Bytes bytes = good;
            bytes[i] = static_cast<uint8_t>(bytes[i] ^ flip);
            const auto decoded = decode_proof_input(bytes);
            if (decoded) ASSERT_EQ(encode(*decoded), bytes);
        }
    }
}

}  // namespace
}  // namespace scope::prover
