#include "prover/proof_input.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <utility>

namespace scope::prover {
namespace {

ProofInput sample() {
    protocol::PublicInputs claim;
    claim.l1_chain_id = uint256{1u};
    claim.chain_id = uint256{901u};
    claim.program_id = Hash{{0x11}};
    claim.data = {Hash{{0x12}}, uint256{}, uint256{2u}};
    claim.remotes.push_back({uint256{902u}, {}, uint256{3u}, uint256{}, uint256{4u}});
    auto other = claim;
    other.chain_id = uint256{902u};
    other.data.offset = uint256{2u};
    ProofInput input;
    input.claims = {claim, other};
    input.data = {1, 2, 3};
    input.digests = {
        {{Hash{{0x21}}, Hash{{0x22}}, {{Hash{{0x23}}, {{Address{{0x24}}, Hash{{0x25}}}}}}}, {}},
        {}};
    return input;
}

TEST(proof_input, round_trip) {
    auto input = sample();
    EXPECT_EQ(decode_proof_input(encode(input)), input);
    input.digests.clear();
    EXPECT_EQ(decode_proof_input(encode(input)), input);
    input.data.clear();
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
    bytes[0] = 1;
    EXPECT_EQ(decode_proof_input(bytes).error(), ProofInputError::unknown_version);
    bytes = good;
    bytes.push_back(0);
    EXPECT_EQ(decode_proof_input(bytes).error(), ProofInputError::malformed);
    bytes = good;
    bytes[15] ^= 0x80;  // inside the first claim, behind three headers of 3 bytes
    EXPECT_EQ(decode_proof_input(bytes).error(), ProofInputError::malformed_claim);
}

struct Refused {
    ProofInputError error;
    std::function<void(ProofInput&)> change;
};

TEST(proof_input, refuses_what_does_not_belong_together) {
    using enum ProofInputError;
    const Refused cases[]{
        {ambiguous_data, [](auto& input) { input.blobs.resize(1); }},
        {ambiguous_data, [](auto& input) { input.data.clear(); }},
        {no_claims, [](auto& input) { input.claims.clear(); }},
        {mixed_claims, [](auto& input) { input.claims[1].program_id = {}; }},
        {mixed_claims, [](auto& input) { input.claims[1].data.commitment = {}; }},
        {mixed_claims, [](auto& input) { input.claims[1].chain_id = uint256{901u}; }},
        {mixed_claims, [](auto& input) { std::swap(input.claims[0], input.claims[1]); }},
        {wrong_digest_count, [](auto& input) { input.digests.pop_back(); }},
        {wrong_digest_count, [](auto& input) { input.digests.emplace_back(); }},
    };
    for (const auto& [error, change] : cases) {
        auto input = sample();
        change(input);
        const auto decoded = decode_proof_input(encode(input));
        ASSERT_FALSE(decoded.has_value()) << to_string(error);
        EXPECT_EQ(to_string(decoded.error()), to_string(error));
    }
}

TEST(proof_input, holds_64_claims) {
    auto input = sample();
    input.digests.clear();
    for (uint64_t chain_id = 903; input.claims.size() < MAX_CLAIMS; ++chain_id) {
        input.claims.push_back(input.claims[0]);
        input.claims.back().chain_id = uint256{chain_id};
    }
    EXPECT_EQ(decode_proof_input(encode(input)), input);
    input.claims.push_back(input.claims[0]);
    input.claims.back().chain_id = uint256{~uint64_t{0}};
    EXPECT_EQ(decode_proof_input(encode(input)).error(), ProofInputError::too_many_claims);
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
