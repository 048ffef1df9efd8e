#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "l1/l1_source.hpp"
#include "net/rpc_caller.hpp"
#include "rollup/followed.hpp"

namespace scope::node_app {

/// A node as those who watch it see it: what /ready and /metrics are made of.
struct NodeStatus {
    struct Rollup {
        ChainId chain_id;
        uint64_t latest = 0;  ///< block numbers
        uint64_t safe = 0;
        uint64_t finalized = 0;
        std::optional<std::string> stopped;  ///< why it doesn't go on
    };

    /// What a builder is at beside following.
    struct Builder {
        bool is_loaded = false;  ///< it has what waited as it began, and takes more
        std::string trouble;     ///< why nothing settles; empty: it does
        uint64_t trouble_since_s = 0;
    };

    uint64_t now_s = 0;
    std::optional<l1::L1Heads> l1;        ///< as they were told last
    std::optional<std::string> l1_error;  ///< of the last try
    uint64_t l1_failing_since_s = 0;      ///< if there is one
    std::optional<rollup::FollowedBlock> followed;
    std::vector<Rollup> rollups;
    std::optional<Builder> builder;  ///< of a node that is one
    uint64_t scopes = 0;             ///< that were followed since the start
    uint64_t reorganisations = 0;
    uint64_t unwound_blocks = 0;                ///< of L1
    std::map<std::string, uint64_t> l1_errors;  ///< how often an endpoint began to fail so, by rule
    net::RpcCounts l1_asked;                    ///< of all endpoints together
};

/// Returns why a node should not be asked; empty: it should.
/// @param slot_s  The time between blocks of L1: a node that is two behind isn't ready.
std::vector<std::string> why_not_ready(const NodeStatus& status, uint64_t slot_s);
/// Returns {"ready": false, "reasons": [...]}.
std::string ready_json(const std::vector<std::string>& reasons);

/// Returns the metrics in Prometheus' text format.
std::string metrics_text(const NodeStatus& status);

}  // namespace scope::node_app
