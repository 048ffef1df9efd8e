#include "node_app/builder_metrics.hpp"

#include <gtest/gtest.h>

namespace scope::node_app {
namespace {

TEST(builder_metrics, name_chains_steps_and_members) {
    BuilderMetrics metrics;
    metrics.waiting = {{ChainId{1}, 2}, {ChainId{42001}, 3}};
    metrics.unsettled = {{ChainId{42001}, 4}};
    metrics.is_in_flight = true;
    metrics.scopes.sent = 5;
    metrics.scopes.send_errors["underpriced"] = 6;
    metrics.scopes.dissents[{Address{{0xaa}}, prover::DisagreementKind::timed_out}] = 7;
    metrics.submitter = Address{{0xbb}};
    EXPECT_EQ(metrics_text(metrics).find("submitter_balance"), std::string::npos);
    metrics.balance = uint256{1u} << 70;
    const auto text = metrics_text(metrics);
    for (const auto* const line :
         {"scope_builder_waiting{chain_id=\"1\"} 2\n",
          "scope_builder_waiting{chain_id=\"42001\"} 3\n",
          "scope_builder_unsettled_blocks{chain_id=\"42001\"} 4\n", "scope_builder_in_flight 1\n",
          "scope_builder_scopes_total{step=\"sent\"} 5\n",
          "scope_builder_scopes_total{step=\"reverted\"} 0\n",
          "scope_builder_send_errors_total{rule=\"underpriced\"} 6\n",
          "scope_builder_dissents_total{member=\"0xaa00000000000000000000000000000000000000\","
          "kind=\"timed_out\"} 7\n",
          "scope_builder_submitter_balance_wei{account="
          "\"0xbb00000000000000000000000000000000000000\"} 1180591620717411303424\n"})
        EXPECT_NE(text.find(line), std::string::npos) << line << "in\n" << text;
}

}  // namespace
}  // namespace scope::node_app
