#include "node_app/node_status.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/printable.hpp"
#include "json/appender.hpp"
#include "node_app/metrics_text.hpp"

namespace scope::node_app {

namespace {

/// Blocks that L1 may be ahead: the last one may just have come.
constexpr uint64_t MAX_BEHIND = 2;

}  // namespace

std::vector<std::string> why_not_ready(const NodeStatus& status, uint64_t slot_s) {
    std::vector<std::string> reasons;
    const uint64_t patience_s = std::max<uint64_t>(2 * slot_s, 5);
    if (status.l1_error && status.now_s >= status.l1_failing_since_s + patience_s)
        reasons.push_back(fmt::format("L1 can't be followed for {} s: {}",
                                      status.now_s - status.l1_failing_since_s, *status.l1_error));
    if (!status.l1) {
        if (reasons.empty()) reasons.emplace_back("L1 has not been asked yet");
    } else {
        const uint64_t head = status.l1->latest.number;
        const uint64_t followed = status.followed ? status.followed->id.number : 0;
        if (!status.followed || followed + MAX_BEHIND < head)
            reasons.push_back(
                status.followed ? fmt::format("not synced: L1 block {} of {}", followed, head)
                                : fmt::format("not synced: no L1 block of {} was followed", head));
    }
    if (status.builder) {
        const auto& [is_loaded, trouble, since_s] = *status.builder;
        if (!is_loaded)
            reasons.emplace_back("it doesn't know yet what waited when it ended");
        else if (!trouble.empty() && status.now_s >= since_s + patience_s)
            reasons.push_back(
                fmt::format("nothing settles for {} s: {}", status.now_s - since_s, trouble));
    }
    for (const auto& rollup : status.rollups)
        if (rollup.stopped)
            reasons.push_back(fmt::format("rollup {} has stopped: {}", rollup.chain_id.number(),
                                          *rollup.stopped));
    return reasons;
}

std::string ready_json(const std::vector<std::string>& reasons) {
    json::Appender json;
    json.begin_object();
    json.key("ready").boolean(reasons.empty());
    json.key("reasons").begin_array();
    for (const auto& reason : reasons) json.string(printable(reason));
    json.end_array();
    json.end_object();
    return json.take() + "\n";
}

std::string metrics_text(const NodeStatus& status) {
    MetricsText text;
    if (status.l1) {
        text.begin("scope_l1_head", "gauge", "L1's blocks by its fork choice.");
        text.value(status.l1->latest.number, "label=\"latest\"");
        text.value(status.l1->safe.number, "label=\"safe\"");
        text.value(status.l1->finalized.number, "label=\"finalized\"");
    }
    text.one("scope_l1_failing", "gauge", "Whether L1 can't be followed.", status.l1_error ? 1 : 0);
    if (status.followed) {
        text.one("scope_followed_l1_block", "gauge", "The last L1 block that was followed.",
                 status.followed->id.number);
        text.one("scope_followed_l1_timestamp_seconds", "gauge", "Its time.",
                 status.followed->timestamp_s);
        text.one("scope_seconds_since_l1_block", "gauge", "Since its time.",
                 status.now_s - std::min(status.now_s, status.followed->timestamp_s));
    }
    text.begin("scope_rollup_head", "gauge", "Blocks of rollups, by label.");
    for (const auto& [chain_id, latest, safe, finalized, stopped] : status.rollups)
        for (const auto& [label, number] : {std::pair{"latest", latest}, std::pair{"safe", safe},
                                            std::pair{"finalized", finalized}})
            text.value(number,
                       fmt::format("chain_id=\"{}\",label=\"{}\"", chain_id.number(), label));
    text.begin("scope_rollup_stopped", "gauge", "Whether a rollup doesn't go on.");
    for (const auto& rollup : status.rollups)
        text.value(rollup.stopped ? 1 : 0,
                   fmt::format("chain_id=\"{}\"", rollup.chain_id.number()));
    text.one("scope_followed_scopes_total", "counter", "Scopes that were followed.", status.scopes);
    text.one("scope_l1_reorganisations_total", "counter", "Reorganisations of L1.",
             status.reorganisations);
    text.one("scope_l1_unwound_blocks_total", "counter", "L1 blocks that they undid.",
             status.unwound_blocks);
    text.begin("scope_l1_errors_total", "counter", "How often an endpoint began to fail, by rule.");
    for (const auto& [rule, count] : status.l1_errors)
        text.value(count, fmt::format("rule=\"{}\"", rule));
    text.one("scope_l1_round_trips_total", "counter", "Requests of JSON-RPC to L1's clients.",
             status.l1_asked.round_trips);
    text.one("scope_l1_calls_total", "counter", "Calls in them.", status.l1_asked.calls);
    return text.take();
}

}  // namespace scope::node_app
