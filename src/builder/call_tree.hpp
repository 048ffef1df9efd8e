#pragma once

#include <map>
#include <set>
#include <vector>

#include "builder/revert.hpp"
#include "builder/root.hpp"
#include "protocol/plan.hpp"

namespace scope::builder {

/// One scoped call as simulation saw it, with those made inside it.
struct CallTree {
    protocol::Request request;
    Hash request_hash;
    bool success = false;
    Bytes output;           ///< return data, or revert data of a failed callee
    uint64_t gas_used = 0;  ///< on the target, handleScopedCall included
    bool kept = false;      ///< every frame around it on its source survived
    std::vector<CallTree> calls;
};

/// The section that each chain gets for one root, by chain id (§6).
using Plan = std::map<ChainId, protocol::RootSection>;

/// A root with all that happened under it.
struct RootResult {
    protocol::RootContext context;
    Hash root_id;
    bool success = false;
    /// Of the user's transaction; of an operation's target as its account tells it, so no more than
    /// its first 2,048 bytes.
    Bytes output;
    /// On L1: what the user may sign as the operation's outcome, for this root index (§11). Zero
    /// on a rollup.
    Hash outcome;
    /// Gas on the root's own chain: the transaction's, or that of the operation's frame.
    uint64_t gas_used = 0;
    std::vector<CallTree> calls;
    Plan plan;
    /// Parts of L1's environment that it looked at: it runs as simulated where these are the same.
    std::set<protocol::EnvironmentField> environment;
};

/// Counts all scoped calls in the tree.
size_t count_calls(const std::vector<CallTree>& calls);

/// The reason why a root was refused, and the calls up to there.
struct Refusal {
    RefusalRule rule{};
    std::string reason;           ///< for the user: names the chain, the call and the error
    std::vector<CallTree> calls;  ///< up to where it ended
    /// If it is underpaid, the fee that would do: a transaction's max_priority_fee_per_gas, or an
    /// operation's fee; wei.
    uint256 sufficient_fee = {};

    [[nodiscard]] std::string to_string() const;
};

}  // namespace scope::builder
