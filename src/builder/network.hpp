#pragma once

#include <vector>

#include "rollup/rollup_config.hpp"

namespace scope::builder {

struct RollupNode {
    rollup::RollupConfig config;
    chain::Chain* chain = nullptr;  ///< the builder's own
};

/// An L1 with its settlement contract, and the rollups that settle there.
struct Network {
    chain::Chain* l1 = nullptr;
    protocol::SettlementId settlement;
    Address l1_callable;              ///< ScopedCallable on L1
    std::vector<RollupNode> rollups;  ///< ascending chain id
};

}  // namespace scope::builder
