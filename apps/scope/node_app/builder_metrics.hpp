#pragma once

#include <map>
#include <optional>
#include <string>

#include "node_app/scope_watch.hpp"

namespace scope::node_app {

/// A builder as those who watch it see it, beside its status.
struct BuilderMetrics {
    ScopeWatch::Counts scopes;
    std::map<ChainId, uint64_t> waiting;    ///< transactions in pools; of L1: operations
    std::map<ChainId, uint64_t> unsettled;  ///< blocks that no batch has settled
    bool is_in_flight = false;              ///< a scope is on its way to L1
    Address submitter;
    std::optional<uint256> balance;  ///< of the submitter on L1, in wei; nullopt: it isn't known
};

/// Returns them in Prometheus' text format.
std::string metrics_text(const BuilderMetrics& metrics);

}  // namespace scope::node_app
