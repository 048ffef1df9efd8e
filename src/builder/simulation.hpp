#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "builder/call_tree.hpp"
#include "execution/host.hpp"

namespace scope::builder {

/// A chain of the scope as simulation runs it.
struct SimulatedChain {
    ChainId chain_id;
    Address callable;  ///< ScopedCallable
    Address loader;    ///< the one that may load: the settlement contract, or the system sender
    state::State* state = nullptr;
    const execution::Environment* environment = nullptr;
    /// L1: the host on which the scope's one transaction is open. Null on a rollup, where every
    /// root has a transaction.
    execution::Host* scope_transaction = nullptr;
    /// Gas that serving a root's inbound calls may take, ScopedCallable's part included; and as
    /// much that nobody pays for may be taken meanwhile.
    uint64_t serve_gas = 0;
    /// The rule that a root breaks if that, or gas for asking, is too little: scope_full where
    /// another scope would have more.
    RefusalRule when_short = RefusalRule::gas_budget;
    /// Limits that the root may be the first to bring (§10); none on L1. All are loaded, for they
    /// change nothing but what they allow; the plan has those that are needed.
    std::vector<protocol::Limit> limits = {};
};

/// Returns the human-readable reason why a chain is not of the scope.
using WhyAbsent = std::function<std::string(const uint256& chain_id)>;

/// One run of a root, with the real contracts, which finds out what every chain has to be given
/// (docs/life-of-a-scoped-call.md).
///
/// It fills on demand: where a contract takes an answer (ScopedCallable's call to its own
/// answerOf), the target's side runs at once in the target's state, its answer is filled, and the
/// caller goes on. A callback is a side inside a side: there is one thread of control, so recursion
/// is enough. All states share one journal, so a frame that reverts takes back what it caused on
/// every chain.
///
/// One request at one point can have two answers, where its callbacks see what the caller did in
/// between. Then all that was done for it is taken back up to the wait in which those callbacks
/// ran, and the contract there asks by its next variant (§7).
///
/// Gas is that of execution but for callbacks, which execution runs in the frame that waits:
/// simulation measures them and charges that frame what they took.
class Simulation {
  public:
    /// @param chains  All chains of the scope; their states share a journal. The root's own chain
    ///                has loaded the root with its limits, without fills or records.
    Simulation(const std::vector<SimulatedChain>& chains, const protocol::RootContext& context,
               WhyAbsent why_absent);
    ~Simulation();
    Simulation(const Simulation&) = delete;
    Simulation& operator=(const Simulation&) = delete;

    /// Has @p tracer see what contracts do on a chain of the scope; null: none. Not seen is what
    /// simulation itself has ScopedCallable do. Before the root's own code runs.
    void trace(ChainId chain_id, evm::Tracer* tracer);

    /// Returns the host on which the user's transaction or operation runs: over the state of the
    /// root's own chain.
    [[nodiscard]] execution::Host& host() noexcept;

    /// Returns why the root can't go on, or nullopt if it can; else its frames end quickly.
    [[nodiscard]] const std::optional<Refusal>& refusal() const noexcept;

    /// Ends the simulation once the root's own code has ended: finds out which records are kept.
    ///
    /// States are left as they are: the caller takes back to before the root.
    /// @param result  With success, output and gas_used of the root's own code.
    /// @return  It with the rest filled in.
    Result<RootResult, Refusal> finish(RootResult result);

  private:
    struct Side;
    class Interceptor;
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace scope::builder
