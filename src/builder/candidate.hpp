#pragma once

#include "builder/open_scope.hpp"

namespace scope::builder {

/// A root on its way into a scope.
struct Candidate {
    const Root& root;
    protocol::RootContext context;
    Address sender;  ///< of a rollup's transaction
};

/// Returns the root, named by its place in the scope; refuses what can't run at all.
/// @param root        Must outlive what is returned.
/// @param next_index  The least place that is left.
Result<Candidate, Refusal> admit(OpenScope& scope, const Root& root, uint64_t next_index);

/// Returns whether a transaction is a root by the rollup's rule, as its block stands.
bool is_root(OpenRollup& rollup, const Transaction& tx);

/// Returns the refusal of a transaction that can't stand in its rollup's block.
std::unexpected<Refusal> refuse(const L2Root& root, execution::TxError error);

}  // namespace scope::builder
