#include "node_app/builder_metrics.hpp"

#include <fmt/format.h>

#include "base/hex.hpp"
#include "node_app/metrics_text.hpp"

namespace scope::node_app {

namespace {

std::string of_chain(ChainId chain_id) {
    return fmt::format("chain_id=\"{}\"", chain_id.number());
}

}  // namespace

std::string metrics_text(const BuilderMetrics& metrics) {
    const auto& scopes = metrics.scopes;
    MetricsText text;
    text.begin("scope_builder_waiting", "gauge",
               "Transactions in a rollup's pool; of L1, operations.");
    for (const auto& [chain_id, count] : metrics.waiting) text.value(count, of_chain(chain_id));
    text.begin("scope_builder_unsettled_blocks", "gauge", "Blocks that no batch has settled.");
    for (const auto& [chain_id, count] : metrics.unsettled) text.value(count, of_chain(chain_id));
    text.one("scope_builder_in_flight", "gauge", "Whether a scope is on its way to L1.",
             metrics.is_in_flight ? 1 : 0);
    text.begin("scope_builder_scopes_total", "counter",
               "Scopes, by how far they came; sent and replaced are L1 transactions.");
    for (const auto& [step, count] :
         {std::pair{"built", scopes.built}, std::pair{"proved", scopes.proved},
          std::pair{"sent", scopes.sent}, std::pair{"replaced", scopes.replaced},
          std::pair{"settled", scopes.settled}, std::pair{"reverted", scopes.reverted}})
        text.value(count, fmt::format("step=\"{}\"", step));
    text.begin("scope_builder_send_errors_total", "counter",
               "Transactions that L1's client didn't take, by rule.");
    for (const auto& [rule, count] : scopes.send_errors)
        text.value(count, fmt::format("rule=\"{}\"", rule));
    text.begin("scope_builder_dissents_total", "counter",
               "Proofs that a member of the committee didn't sign, by why.");
    for (const auto& [dissent, count] : scopes.dissents)
        text.value(count, fmt::format("member=\"{}\",kind=\"{}\"", to_hex(dissent.first),
                                      to_string(dissent.second)));
    if (metrics.balance) {
        text.begin("scope_builder_submitter_balance_wei", "gauge",
                   "What pays for settling, on L1.");
        text.value(to_decimal(*metrics.balance),
                   fmt::format("account=\"{}\"", to_hex(metrics.submitter)));
    }
    return text.take();
}

}  // namespace scope::node_app
