#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "attester/attest_format.hpp"

namespace scope::node_app {

/// What an attester was asked and said, counted. For one thread.
struct AttesterAnswers {
    uint64_t signed_count = 0;
    std::map<prover::DisagreementKind, uint64_t> refused;

    void add(const attester::Answer& answer) {
        if (answer)
            ++signed_count;
        else
            ++refused[answer.error().kind];
    }
};

/// Returns them in Prometheus' text format.
std::string metrics_text(const AttesterAnswers& answers);

}  // namespace scope::node_app
