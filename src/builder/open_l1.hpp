#pragma once

#include <algorithm>
#include <vector>

#include "builder/bundle.hpp"
#include "builder/l1_budget.hpp"
#include "builder/revert.hpp"
#include "execution/host.hpp"
#include "protocol/callable.hpp"

namespace scope::builder {

/// The end of a root's own code.
struct Ending {
    bool success = false;
    Bytes output;  ///< RootResult's
    uint64_t gas_used = 0;
    Hash return_data_hash = {};  ///< of an operation's target
    Hash outcome = {};           ///< of an operation, once its plan was executed
};

/// L1 while a scope is built: its next block's state and environment, in which the scope's one
/// transaction is open as executeScope leaves it to the legs; and the legs so far.
class OpenL1 {
  public:
    /// Opens the transaction.
    OpenL1(L1Snapshot snapshot, const L1Contracts& contracts, const BuilderOptions& options,
           state::Journal& journal);
    /// Opens the scope in the transaction: once, before any leg.
    /// @param remotes  The scope's rollups, ascending.
    Result<void, Failure> open_scope(const std::vector<uint256>& remotes);

    [[nodiscard]] ChainId chain_id() const noexcept { return contracts_.settlement.l1_chain_id; }
    [[nodiscard]] const L1Contracts& contracts() const noexcept { return contracts_; }
    [[nodiscard]] const protocol::SettlementId& settlement() const noexcept {
        return contracts_.settlement;
    }
    /// Returns who signs the scope's transaction.
    [[nodiscard]] const Address& submitter() const noexcept { return host_.transaction().origin; }
    /// Returns the address of ScopedCallable.
    [[nodiscard]] const Address& callable() const noexcept { return contracts_.l1_callable; }
    /// Returns what the scope is built on.
    [[nodiscard]] const L1Snapshot& snapshot() const noexcept { return block_.snapshot(); }
    /// Returns the head of the snapshot.
    [[nodiscard]] const l1::L1Head& parent() const noexcept { return snapshot().head; }
    [[nodiscard]] state::State& state() noexcept { return block_.state(); }
    [[nodiscard]] const execution::Environment& environment() const noexcept {
        return block_.environment();
    }
    /// Returns the host on which the scope's transaction is open.
    [[nodiscard]] execution::Host& host() noexcept { return host_; }
    /// Returns the values of @p fields in the block and the transaction.
    [[nodiscard]] std::vector<protocol::EnvironmentValue> values_of(
        const std::set<protocol::EnvironmentField>& fields) const;

    // --- Calls that the settlement contract makes ---

    /// Calls ScopedCallable.
    evm::CallResult call(const Bytes& calldata);
    evm::CallResult call(const Bytes& calldata, uint64_t gas);
    /// Checks all that an operation says of itself but for submitter and signature, deploys its
    /// owner's account if that is missing, and counts its nonce. Before its root is loaded.
    Result<void, Failure> begin_operation(const protocol::SignedOperation& operation);
    /// Runs the account's executeOperation on @p host with the gas that it signed; returns why, if
    /// that failed.
    Result<Ending, Failure> run_operation(execution::Host& host,
                                          const protocol::SignedOperation& operation);
    /// Returns a rollup as the registry has it. Leaves nothing warm: executeScope reads it after
    /// the legs.
    std::optional<protocol::RegisteredRollup> registered(ChainId chain_id);
    /// Returns whether somebody has started the closing of a rollup, and no batch has undone it.
    bool is_closing(ChainId chain_id, const protocol::RegisteredRollup& registered);

    // --- What the scope's transaction holds ---

    std::vector<protocol::L1Leg> legs;
    L1Budget budget;
    /// Returns whether a root may lack gas here that it would have in a scope of its own.
    [[nodiscard]] bool is_short_of_gas(uint64_t most) const {
        return budget.left() < std::min(most, left_at_first_);
    }
    /// Returns whether an operation that gets too little gas here would get it in a scope of its own.
    [[nodiscard]] bool may_fit_elsewhere(const protocol::Operation& operation) const;
    bool runs_alone = false;  ///< a leg signed that it is the only one

    /// A point before a root, to come back to. For the state the journal has its own.
    struct Checkpoint {
        size_t legs = 0;
        size_t operations = 0;
        L1Budget budget;
        bool runs_alone = false;
    };
    [[nodiscard]] Checkpoint checkpoint() const {
        return {legs.size(), accounts_.size(), budget, runs_alone};
    }
    void rollback(const Checkpoint& checkpoint);

  private:
    evm::CallResult call(execution::Host& host, const Address& target, const Bytes& calldata,
                         uint64_t gas);
    /// Returns what a contract answers the settlement contract; leaves nothing, not even warm.
    Bytes view(const Address& target, const Bytes& calldata);
    /// Returns nullopt if the settlement contract does not say.
    std::optional<uint256> next_nonce(const Address& account);
    Result<void, Failure> require_account(const protocol::SignedOperation& operation);

    L1Contracts contracts_;
    NextL1Block block_;
    execution::Host host_;
    std::vector<Address> accounts_;  // of the operations that were begun
    uint64_t left_at_first_ = 0;     // of the budget
};

}  // namespace scope::builder
