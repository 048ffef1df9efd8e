#include "builder/proving.hpp"

#include <gtest/gtest.h>

#include <atomic>

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
        ++asked;
        return input.digests.empty() ? without_ : with_;
    }
    std::atomic<int> asked = 0;

  private:
    Answer without_, with_;
};

prover::Proof proof(uint8_t number, std::vector<Disagreement> dissents = {}) {
    return {Bytes{number}, std::move(dissents)};
}
std::unexpected<prover::ProofFailure> failure(std::vector<Disagreement> dissents) {
    return std::unexpected{prover::ProofFailure{.threshold = 2, .dissents = std::move(dissents)}};
}

std::vector<RollupPart> parts(size_t count) {
    std::vector<RollupPart> out(count);
    for (size_t i = 0; i < count; ++i) out[i].chain_id = ChainId{901 + i};
    return out;
}

/// Counts how often digests were made.
struct Digesting {
    std::atomic<int> made = 0;
    DigestsOf digests_of = [this](const RollupPart& /*part*/) {
        ++made;
        return std::vector<rollup::BlockDigest>(1);
    };
};

TEST(proving, makes_no_digests_if_nobody_found_another_value) {
    for (const auto& dissents : {std::vector<Disagreement>{},
                                 {dissent(DisagreementKind::timed_out)},
                                 {dissent(DisagreementKind::refused_batch)}}) {
        FakeProver prover{proof(1, dissents), failure({})};
        Digesting digesting;
        const auto proofs = prove(parts(3), prover, digesting.digests_of);
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
    const auto proofs = prove(parts(1), prover, digesting.digests_of);
    ASSERT_TRUE(proofs.has_value());
    EXPECT_EQ((*proofs)[0].dissents[0].transaction_index, 4u);
    EXPECT_EQ(prover.asked, 2);
    EXPECT_EQ(digesting.made, 1);
}

TEST(proving, a_proof_stands_whatever_comes_of_asking_again) {
    FakeProver prover{proof(1, {dissent(DisagreementKind::different_field)}),
                      failure({dissent(DisagreementKind::timed_out)})};
    Digesting digesting;
    const auto proofs = prove(parts(1), prover, digesting.digests_of);
    ASSERT_TRUE(proofs.has_value());
    EXPECT_EQ((*proofs)[0].bytes, Bytes{1});
}

TEST(proving, tells_where_those_disagree_who_did_not_sign) {
    auto placed = dissent(DisagreementKind::different_field);
    placed.account = Address{{0xab}};
    FakeProver prover{failure({dissent(DisagreementKind::different_field)}), failure({placed})};
    Digesting digesting;
    const auto proofs = prove(parts(2), prover, digesting.digests_of);
    ASSERT_FALSE(proofs.has_value());
    EXPECT_EQ(proofs.error().rule, SealRule::not_proved);
    EXPECT_NE(proofs.error().reason.find("0xab"), std::string::npos) << proofs.error().reason;
}

}  // namespace
}  // namespace scope::builder
