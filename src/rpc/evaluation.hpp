#pragma once

#include <functional>
#include <memory>

#include "execution/call.hpp"
#include "rpc/blocks.hpp"
#include "rpc/network.hpp"
#include "rpc/service.hpp"
#include "rpc/trace_recorder.hpp"

// What eth_call, eth_estimateGas, eth_createAccessList, eth_simulateV1 and debug_traceCall have in
// common: a state and an environment, both with what the caller has them assume; the call as a
// transaction; and the ways to run it, plainly or as a root.

namespace scope::rpc {

/// The most gas that a call may take, as geth's --rpc.gascap.
inline constexpr uint64_t CALL_GAS_CAP = 50'000'000;

/// Changes a state as the caller has it assume, and notes the precompiles that are elsewhere then.
/// Throws RpcFailure.
/// @param precompiles  null: none can be moved.
void apply_overrides(state::State& state, const StateOverrides& overrides, evm::Revision revision,
                     execution::MovedPrecompiles* precompiles);
/// Changes the environment of a block likewise. Throws RpcFailure for what only eth_simulateV1 can
/// change.
void apply_overrides(execution::Environment& environment, const BlockOverrides& overrides);

/// A block's state and environment, with what the caller has them assume; calls run on it one after
/// the other, each on what it has left or not.
class Evaluation {
  public:
    /// Throws RpcFailure: there is no such block, or the overrides contradict each other.
    Evaluation(Request& request, const BlockTag& tag, StateOverrides overrides = {},
               BlockOverrides block_overrides = {});

    [[nodiscard]] const chain::StoredBlock& block() const noexcept { return *at_.block; }
    [[nodiscard]] state::State& state() noexcept { return state_; }
    [[nodiscard]] const execution::Environment& environment() const noexcept {
        return environment_;
    }
    /// Returns the environment in which a call runs: fees that it doesn't pay are 0.
    [[nodiscard]] execution::Environment environment_for(const Transaction& tx) const;

    /// Returns the call as a transaction. Throws RpcFailure.
    [[nodiscard]] Transaction call_of(const TransactionArgs& args,
                                      uint64_t gas_cap = CALL_GAS_CAP) const;

    /// The outcome of a call that nothing of the network knows of.
    struct Plain {
        Result<execution::Outcome, execution::TxError> outcome;
        bool asked = false;  ///< a contract asked ScopedCallable for another chain
    };
    /// Runs it and takes it back. What a create returns is the contract's code.
    Plain run(const Transaction& tx, const Address& from, TraceRecorder* recorder = nullptr,
              evm::Tracer* tracer = nullptr);

    /// Returns whether it is a root by its rollup's rule.
    [[nodiscard]] bool is_root(const Transaction& tx) const;
    /// Runs it as a root on the heads. Throws RpcFailure if it would be refused, or if what the
    /// caller has it assume is no head.
    builder::RootCallResult run_as_root(const Transaction& tx, const Address& from,
                                        TraceRecorder* recorder = nullptr,
                                        evm::Tracer* tracer = nullptr);
    /// Does what run_as_is does, and has @p recorder record it.
    execution::Outcome trace(const Transaction& tx, const Address& from, TraceRecorder& recorder) {
        return run_as_is(tx, from, &recorder, &recorder);
    }
    /// Runs it as what it is: a root as a root, anything else plainly. Throws RpcFailure for what
    /// would be refused, for scoped calls of what is no root, and for what can't stand at all.
    execution::Outcome run_as_is(const Transaction& tx, const Address& from,
                                 evm::Tracer* tracer = nullptr) {
        return run_as_is(tx, from, nullptr, tracer);
    }

    /// Returns why the call can't stand, with its numbers.
    [[nodiscard]] std::string describe(execution::TxError error, const Transaction& tx,
                                       const Address& from) const;
    /// Throws RpcFailure: scoped calls of what is no root.
    [[noreturn]] void fail_asking() const;

  private:
    execution::Outcome run_as_is(const Transaction& tx, const Address& from,
                                 TraceRecorder* recorder, evm::Tracer* tracer);
    [[nodiscard]] std::optional<std::string> why_not_at_head() const;
    void prepare(state::State& state, const Transaction& tx, const Address& from,
                 TraceRecorder* recorder);

    Network& network_;
    ChainView& chain_;
    ChainId chain_id_;
    BlockTag tag_;
    StateAt at_;
    StateOverrides overrides_;
    bool has_block_overrides_ = false;
    std::unique_ptr<execution::BlockHashes> ancestors_;
    execution::Environment environment_;
    state::State state_;
};

/// Returns the address of ScopedCallable on a chain; nullopt if the chain takes part in no scopes.
std::optional<Address> callable_of(const Network& network, const ChainView& chain,
                                   ChainId chain_id);

/// Returns whether @p message asks the contract @p callable for another chain, so that it reverts
/// where no root is open.
bool asks(const evm::Message& message, const Address& callable) noexcept;

/// A host that notes whether a contract asks for another chain.
class WatchingHost final : public execution::Host {
  public:
    WatchingHost(state::State& state, const execution::Environment& environment,
                 const std::optional<Address>& callable)
        : Host(state, environment), callable_(callable) {}

    evm::CallResult call(const evm::Message& message) override {
        asked = asked || (callable_ && asks(message, *callable_));
        return Host::call(message);
    }
    bool asked = false;

  private:
    std::optional<Address> callable_;
};

/// Returns the transaction of the type that the arguments are of, without what is not given.
Transaction transaction_of(const TransactionArgs& args, ChainId chain_id);

}  // namespace scope::rpc
