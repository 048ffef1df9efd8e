#pragma once

#include <functional>

#include "builder/call_tree.hpp"
#include "evm/tracer.hpp"
#include "execution/transaction.hpp"
#include "types/transaction.hpp"

namespace scope::builder {

class OpenScope;

/// A call that is simulated as a root though nobody signed it: what eth_call and its like ask.
///
/// Nonce and signature are not checked, fees as execution::validate_call has it; on L1 it pays none.
struct RootCall {
    ChainId chain_id;  ///< L1's id: run as an operation's target is, called by `from`
    Address from;
    Transaction transaction;  ///< with all fields of its type, but for the signature; no blobs
    /// Surroundings of its own rollup's block; null: of the one that comes next. Outlives the call.
    const execution::Environment* environment = nullptr;
    /// Changes a chain's state before it runs; null: nothing.
    std::function<void(ChainId chain_id, state::State& state)> prepare = {};
    /// Sees its own chain's state once it has run; null: nobody.
    std::function<void(const state::State& state)> inspect = {};
    /// Sees the instructions on a chain while the call is simulated; null: none.
    evm::Tracer* tracer = nullptr;
    std::optional<ChainId> traced_chain = {};  ///< nullopt: the root's own
};

/// The outcome of a RootCall.
struct RootCallResult {
    execution::Outcome outcome;
    RootResult root;  ///< with the tree of calls; without an outcome to sign
    /// On a rollup: the wei that the builder asks of it by its price rule; 0 if that is off.
    uint256 asked_wei;
};

/// Runs the call on all chains of the scope at once, to find its plan; `prepare` has run. Leaves the
/// scope as the run left it: the caller takes it back.
Result<RootCallResult, Refusal> simulate(OpenScope& scope, const RootCall& call,
                                         const protocol::RootContext& context);

/// Returns a call's transaction as large as one like it that is signed: for what its bytes cost.
Transaction as_signed(Transaction tx);

/// Runs the plan of a rollup's call with nothing intercepted, as execute does for a root.
Result<execution::Outcome, Refusal> execute(OpenScope& scope, const RootCall& call,
                                            const protocol::RootContext& context, const Plan& plan);

}  // namespace scope::builder
