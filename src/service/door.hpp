#pragma once

#include "node/node.hpp"
#include "rpc/network.hpp"
#include "service/operations.hpp"
#include "service/served_chain.hpp"

namespace scope::service {

/// What a builder looks at before it takes a root: a scope that is open on the heads, in which roots
/// and calls are simulated. What can't be read throws state::Unavailable.
///
/// For one thread.
class Door {
  public:
    /// @param l1, node      Must outlive it.
    /// @param l1_contracts  Contracts on L1 that roots are likely to call.
    Door(const L1Now& l1, node::Node& node, std::vector<Address> l1_contracts = {})
        : l1_(l1), node_(node), l1_contracts_(std::move(l1_contracts)) {}

    /// Forgets the open scope: heads have moved, or a test changed something.
    void heads_moved() { open_.reset(); }

    /// Simulates a call as a root; nothing is kept.
    Result<builder::RootCallResult, builder::Refusal> simulate(const builder::RootCall& call);
    /// Simulates roots, one after the other; nothing is kept.
    std::vector<Result<builder::RootResult, builder::Refusal>> simulate(
        std::span<const builder::Root> roots);

    /// Refuses a root that the heads refuse, if it is its sender's next transaction, or behind others
    /// of its sender that wait.
    Result<void, builder::Refusal> check(ServedChain& chain, const pool::PooledTransaction& root);
    /// Refuses an operation that the heads refuse. REQUIRES: it is its account's next.
    Result<void, builder::Refusal> check(const builder::L1Root& operation);

  private:
    /// Simulates in a scope, after what that reads of L1 was read ahead.
    template <typename Simulate>
    auto simulate_in(builder::ScopeBuilder& scope, std::optional<l1::Foreseen::Call> call,
                     const Simulate& simulate);
    Result<builder::ScopeBuilder, builder::Refusal> open_new_scope();
    /// Returns the scope that is open on the heads.
    Result<builder::ScopeBuilder*, builder::Refusal> open_scope();
    /// Returns whether a root that was refused so may do in the scope behind the blocks that wait.
    [[nodiscard]] bool may_do_later(const builder::Refusal& refusal) const;

    const L1Now& l1_;
    node::Node& node_;
    std::vector<Address> l1_contracts_;
    struct Open {
        builder::ScopeBuilder scope;
        uint64_t timestamp_s = 0;  // of L1's next block as it was opened
    };
    std::optional<Open> open_;
};

}  // namespace scope::service
