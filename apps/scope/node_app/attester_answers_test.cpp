#include "node_app/attester_answers.hpp"

#include <gtest/gtest.h>

namespace scope::node_app {
namespace {

TEST(attester_answers, are_counted_by_why_they_are_refused) {
    AttesterAnswers answers;
    answers.add(prover::Attestation{});
    prover::Disagreement disagreement;
    disagreement.kind = prover::DisagreementKind::different_field;
    for (int i = 0; i < 2; ++i) answers.add(std::unexpected{disagreement});
    const auto text = metrics_text(answers);
    for (const auto* const line :
         {"scope_attester_asked_total 3\n", "scope_attester_signed_total 1\n",
          "scope_attester_refused_total{kind=\"different_field\"} 2\n"})
        EXPECT_NE(text.find(line), std::string::npos) << line << "in\n" << text;
}

}  // namespace
}  // namespace scope::node_app
