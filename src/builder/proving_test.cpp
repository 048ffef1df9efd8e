#include "builder/proving.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <mutex>

namespace scope::builder {
namespace {

using prover::Disagreement;
using prover::DisagreementKind;
using prover::ProofInput;

Disagreement dissent(DisagreementKind kind) {
    Disagreement out;
    out.kind = kind;
    return out;
}

/// Answers as it is told, by whether the input has digests.
class FakeProver final : public prover::Prover {
  public:
    using Answer = Result<prover::Proof, prover::ProofFailure>;
    FakeProver(Answer without, Answer with)
        : without_(std::move(without)), with_(std::move(with)) {}

    Answer prove(const ProofInput& input) override {
        const std::scoped_lock lock{mutex_};
        ++asked;
        asked_of.push_back(input);
        return input.digests.empty() ? without_ : with_;
    }
    int asked = 0;
    std::vector<ProofInput> asked_of;  // in any order

  private:
    std::mutex mutex_;
    Answer without_, with_;
};

prover::Proof proof(uint8_t number, std::vector<Disagreement> dissents = {}) {
    return {Bytes{number}, std::move(dissents)};
}
std::unexpected<prover::ProofFailure> failure(std::vector<Disagreement> dissents) {
    return std::unexpected{prover::ProofFailure{.threshold = 2, .dissents = std::move(dissents)}};
}

/// Parts of rollups that all have verifiers of their own.
std::vector<RollupPart> parts(size_t count) {
    std::vector<RollupPart> out(count);
    for (size_t i = 0; i < count; ++i) {
        out[i].chain_id = ChainId{901 + i};
        out[i].verifier = Address{{static_cast<uint8_t>(i + 1)}};
        out[i].public_inputs.chain_id = uint256{out[i].chain_id};
    }
    return out;
}

const ScopeData DATA{.calldata = {1, 2, 3}, .blobs = {}};

/// Counts how often digests were made.
struct Digesting {
    std::atomic<int> made = 0;
    DigestsOf digests_of = [this](const RollupPart& /*part*/) {
        ++made;
        return std::vector<rollup::BlockDigest>(1);
    };
};

TEST(proving, groups_parts_by_verifier_and_program) {
    auto mixed = parts(5);
    mixed[2].verifier = mixed[0].verifier;
    mixed[3].verifier = mixed[0].verifier;
    mixed[3].public_inputs.program_id = Hash{{1}};
    mixed[4].verifier = mixed[1].verifier;
    EXPECT_EQ(proof_groups(mixed), (std::vector<ProofGroup>{{0, 2}, {1, 4}, {3}}));
    EXPECT_TRUE(proof_groups({}).empty());
}

TEST(proving, asks_once_for_all_that_share_a_proof) {
    auto shared = parts(3);
    shared[2].verifier = shared[0].verifier;
    FakeProver prover{proof(1), failure({})};
    Digesting digesting;
    const auto proofs = prove(shared, DATA, prover, digesting.digests_of);
    ASSERT_TRUE(proofs.has_value());
    EXPECT_EQ(proofs->size(), 2u);
    ASSERT_EQ(prover.asked_of.size(), 2u);
    std::ranges::sort(prover.asked_of, std::greater{},
                      [](const ProofInput& input) { return input.claims.size(); });
    const auto& both = prover.asked_of[0];
    ASSERT_EQ(both.claims.size(), 2u);
    EXPECT_EQ(both.claims[0].chain_id, uint256{901u});
    EXPECT_EQ(both.claims[1].chain_id, uint256{903u});
    for (const auto& input : prover.asked_of) EXPECT_EQ(input.data, DATA.calldata);
}

TEST(proving, gives_digests_of_every_claim) {
    auto shared = parts(2);
    shared[1].verifier = shared[0].verifier;
    FakeProver prover{proof(1, {dissent(DisagreementKind::different_field)}), proof(2)};
    Digesting digesting;
    ASSERT_TRUE(prove(shared, DATA, prover, digesting.digests_of).has_value());
    ASSERT_EQ(prover.asked_of.size(), 2u);
    EXPECT_EQ(prover.asked_of[1].digests.size(), 2u);
    EXPECT_EQ(digesting.made, 2);
}

TEST(proving, makes_no_digests_if_nobody_found_another_value) {
    for (const auto& dissents : {std::vector<Disagreement>{},
                                 {dissent(DisagreementKind::timed_out)},
                                 {dissent(DisagreementKind::refused_batch)}}) {
        FakeProver prover{proof(1, dissents), failure({})};
        Digesting digesting;
        const auto proofs = prove(parts(3), DATA, prover, digesting.digests_of);
        ASSERT_TRUE(proofs.has_value());
        ASSERT_EQ(proofs->size(), 3u);
        EXPECT_EQ((*proofs)[2].dissents.size(), dissents.size());
        EXPECT_EQ(prover.asked, 3);
        EXPECT_EQ(digesting.made, 0);
    }
}

TEST(proving, asks_again_with_digests_to_place_a_disagreement) {
    auto placed = dissent(DisagreementKind::different_field);
    placed.transaction_index = 4;
    FakeProver prover{proof(1, {dissent(DisagreementKind::different_field)}), proof(2, {placed})};
    Digesting digesting;
    const auto proofs = prove(parts(1), DATA, prover, digesting.digests_of);
    ASSERT_TRUE(proofs.has_value());
    EXPECT_EQ((*proofs)[0].dissents[0].transaction_index, 4u);
    EXPECT_EQ(prover.asked, 2);
    EXPECT_EQ(digesting.made, 1);
}

TEST(proving, a_proof_stands_whatever_comes_of_asking_again) {
    FakeProver prover{proof(1, {dissent(DisagreementKind::different_field)}),
                      failure({dissent(DisagreementKind::timed_out)})};
    Digesting digesting;
    const auto proofs = prove(parts(1), DATA, prover, digesting.digests_of);
    ASSERT_TRUE(proofs.has_value());
    EXPECT_EQ((*proofs)[0].bytes, Bytes{1});
}

TEST(proving, tells_where_those_disagree_who_did_not_sign) {
    auto placed = dissent(DisagreementKind::different_field);
    placed.account = Address{{0xab}};
    FakeProver prover{failure({dissent(DisagreementKind::different_field)}), failure({placed})};
    Digesting digesting;
    const auto proofs = prove(parts(2), DATA, prover, digesting.digests_of);
    ASSERT_FALSE(proofs.has_value());
    EXPECT_EQ(proofs.error().rule, SealRule::not_proved);
    EXPECT_NE(proofs.error().reason.find("0xab"), std::string::npos) << proofs.error().reason;
    EXPECT_TRUE(proofs.error().suspects.empty());  // no proof at all was to be had
    placed.chain_id = ChainId{902};
    FakeProver naming{failure({placed}), failure({placed})};
    EXPECT_THAT(prove(parts(2), DATA, naming, digesting.digests_of).error().suspects,
                testing::ElementsAre(std::vector{ChainId{902}}));
}

}  // namespace
}  // namespace scope::builder
