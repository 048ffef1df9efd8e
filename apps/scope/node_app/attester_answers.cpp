#include "node_app/attester_answers.hpp"

#include <fmt/format.h>

#include "node_app/metrics_text.hpp"

namespace scope::node_app {

std::string metrics_text(const AttesterAnswers& answers) {
    uint64_t asked = answers.signed_count;
    for (const auto& [kind, count] : answers.refused) asked += count;
    MetricsText text;
    text.one("scope_attester_asked_total", "counter",
             "Attestations that were asked for, of scopes and of geneses.", asked);
    text.one("scope_attester_signed_total", "counter", "Those that it gave.", answers.signed_count);
    text.begin("scope_attester_refused_total", "counter", "Those that it refused, by why.");
    for (const auto& [kind, count] : answers.refused)
        text.value(count, fmt::format("kind=\"{}\"", to_string(kind)));
    return text.take();
}

}  // namespace scope::node_app
