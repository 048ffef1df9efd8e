#include "builder/root_call.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "builder/plan_execution.hpp"
#include "builder/refuse.hpp"
#include "builder/root_simulation.hpp"
#include "builder/simulation.hpp"
#include "execution/call.hpp"

namespace scope::builder {

namespace callable = protocol::callable;

namespace {

/// An operation's target runs below executeScope and its account.
constexpr int TARGET_DEPTH = 2;

RootResult result_of(const execution::Outcome& outcome) {
    return {.success = outcome.succeeded(), .output = outcome.output, .gas_used = outcome.gas_used};
}

Result<execution::Outcome, execution::TxError> run(execution::Host& host, const RootCall& call) {
    return execution::execute_call(host, call.transaction, call.from);
}

/// Runs it as an account runs its operation's target, in the scope's one transaction.
execution::Outcome run_on_l1(OpenL1& l1, execution::Host& host, const RootCall& call) {
    const auto& tx = call.transaction;
    host.access_account(call.from);
    evm::Message message = execution::frame_of(tx, call.from, {});
    message.depth = TARGET_DEPTH;
    message.gas = static_cast<int64_t>(std::min(tx.gas_limit, l1.budget.left()));
    if (tx.to) {
        host.access_account(*tx.to);
        if (const auto target = host.delegation(*tx.to)) host.access_account(*target);
    }
    const size_t logs_before = l1.state().logs().size();
    auto ran = host.call(message);
    execution::Outcome outcome;
    outcome.status = ran.status;
    outcome.gas_used = static_cast<uint64_t>(message.gas - ran.gas_left);
    outcome.output = std::move(ran.output);
    if (!outcome.succeeded()) return outcome;
    if (!tx.to) outcome.created = ran.created;
    const auto& logs = l1.state().logs();
    outcome.logs.assign(logs.begin() + static_cast<std::ptrdiff_t>(logs_before), logs.end());
    return outcome;
}

/// Ends a simulation in which the call has run, or could not.
Result<RootCallResult, Refusal> finish(Simulation& simulation, const RootCall& call,
                                       Result<execution::Outcome, execution::TxError> outcome) {
    if (call.inspect) call.inspect(simulation.host().state());
    if (!outcome && !simulation.refusal())
        return refuse(L2Root{call.chain_id, call.transaction}, outcome.error());
    RootResult root = TRY(simulation.finish(outcome ? result_of(*outcome) : RootResult{}));
    return RootCallResult{.outcome = std::move(*outcome), .root = std::move(root), .asked_wei = {}};
}

Result<RootCallResult, Refusal> simulate_on_l1(OpenScope& scope, const RootCall& call,
                                               const protocol::RootContext& context) {
    auto& l1 = scope.l1();
    const auto loaded = l1.call(callable::load_root(context, {}));
    if (loaded.status != evm::Status::success)
        return refuse(RefusalRule::execution_failed, describe_revert(loaded.output));
    Simulation simulation = open_simulation(scope, context);
    simulation.trace(call.traced_chain.value_or(call.chain_id), call.tracer);
    return finish(simulation, call, run_on_l1(l1, simulation.host(), call));
}

Result<RootCallResult, Refusal> simulate_on_rollup(OpenScope& scope, const RootCall& call,
                                                   const protocol::RootContext& context) {
    TRY_VOID(load_root(scope, *scope.find(call.chain_id), context));
    Simulation simulation = open_simulation(scope, context, call.environment);
    simulation.trace(call.traced_chain.value_or(call.chain_id), call.tracer);
    return finish(simulation, call, run(simulation.host(), call));
}

}  // namespace

Transaction as_signed(Transaction tx) {
    constexpr uint64_t USUAL_NONCE = 0xffff;
    const uint256 usual_fee{0xffff'ffff'ffffu};  // wei
    tx.nonce = std::max(tx.nonce, USUAL_NONCE);
    tx.max_fee_per_gas = std::max(tx.max_fee_per_gas, usual_fee);
    tx.max_priority_fee_per_gas = std::max(tx.max_priority_fee_per_gas, usual_fee);
    tx.y_parity = true;
    tx.r = tx.s = ~uint256{};
    return tx;
}

Result<RootCallResult, Refusal> simulate(OpenScope& scope, const RootCall& call,
                                         const protocol::RootContext& context) {
    return call.chain_id == scope.l1().chain_id() ? simulate_on_l1(scope, call, context)
                                                  : simulate_on_rollup(scope, call, context);
}

Result<execution::Outcome, Refusal> execute(OpenScope& scope, const RootCall& call,
                                            const protocol::RootContext& context,
                                            const Plan& plan) {
    execution::Outcome outcome;
    const auto run_own = [&](OpenRollup& rollup) -> Result<Ending, Refusal> {
        auto& block = rollup.block();
        execution::Host host{block.state(),
                             call.environment ? *call.environment : block.environment()};
        auto ran = run(host, call);
        if (!ran && ran.error() == execution::TxError::aborted)
            return refuse_fault(rollup, reverted(*host.rollup()->abort_reason()));
        if (!ran) return refuse(L2Root{call.chain_id, call.transaction}, ran.error());
        outcome = std::move(*ran);
        return Ending{outcome.succeeded(), outcome.output, outcome.gas_used};
    };
    const Transaction signed_one = as_signed(call.transaction);
    TRY_VOID(execute_around(scope, {context, call.chain_id, signed_one}, plan, run_own));
    return outcome;
}

}  // namespace scope::builder
