#pragma once

#include "builder/open_scope.hpp"

namespace scope::builder {

/// A root on its way into a scope.
struct Candidate {
    const Root& root;
    protocol::RootContext context;
    Address sender;  ///< of a rollup's transaction
};

/// Names the root by its place in the scope, or refuses what can't run at all.
/// @param root  Must outlive what is returned.
Result<Candidate, Refusal> admit(OpenScope& scope, const Root& root, uint64_t index);

/// Why a transaction can't stand in its rollup's block.
std::unexpected<Refusal> refuse(const L2Root& root, execution::TxError error);

}  // namespace scope::builder
