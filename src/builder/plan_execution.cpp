#include "builder/plan_execution.hpp"

#include <fmt/format.h>

#include "base/hex.hpp"
#include "builder/refuse.hpp"
#include "protocol/fault.hpp"

namespace scope::builder {

namespace callable = protocol::callable;

namespace {

protocol::RootSection section_of(const Plan& plan, ChainId chain_id) {
    const auto found = plan.find(chain_id);
    return found == plan.end() ? protocol::RootSection{} : found->second;
}

/// A chain's transaction for the root can't stand.
std::unexpected<Refusal> refuse_fault(ChainId chain_id, const Failure& failure) {
    const bool short_of_gas =
        protocol::fault_of(failure.revert_data) == protocol::Fault::too_little_gas;
    const auto rule = failure.is_full ? RefusalRule::scope_full
                      : short_of_gas  ? RefusalRule::gas_budget
                                      : RefusalRule::execution_failed;
    return refuse(rule, fmt::format("chain {}: {}", chain_id, failure.reason));
}

std::unexpected<Refusal> refuse_l1(const Failure& failure) {
    const bool full = protocol::fault_of(failure.revert_data) == protocol::Fault::too_little_gas ||
                      protocol::is_too_little_gas_for_operation(failure.revert_data);
    return refuse(full ? RefusalRule::scope_full : RefusalRule::execution_failed,
                  "L1: " + failure.reason);
}

/// Counts the batches that the scope has with the root, and what it adds to those that are published
/// in calldata.
/// @param transaction  Its own; null: an operation.
void add_batches(OpenScope& scope, const protocol::RootContext& context, const Plan& plan,
                 const Transaction* transaction) {
    std::set<ChainId> touched;
    for (const auto& [chain_id, section] : plan) touched.insert(chain_id);
    if (const auto own = ChainId::from(context.root_chain_id)) touched.insert(*own);
    scope.count_batches(touched);
    if (scope.options().data_availability != DataAvailability::calldata) return;
    auto& l1 = scope.l1();
    for (const auto& [chain_id, section] : plan)
        if (chain_id != l1.chain_id()) l1.budget.add_calldata(callable::run_root(context, section));
    if (transaction != nullptr) l1.budget.add_calldata(encode(*transaction));
}

/// The root's own operation, once its leg is loaded.
Result<Ending, Refusal> execute_operation(OpenL1& l1, const protocol::SignedOperation& signed_one,
                                          const protocol::RootSection& section) {
    const auto& operation = signed_one.operation;
    auto ending = l1.run_operation(l1.host(), signed_one);
    if (!ending) return refuse_l1(ending.error());
    l1.budget.add_gas(ending->gas_used);
    const auto open = callable::decode_open_root(l1.call(callable::get_baton()).output);
    if (!open) return refuse_l1({.reason = "getBaton", .revert_data = {}});
    ending->outcome = protocol::outcome_of(ending->success, ending->return_data_hash,
                                           open->baton.trace, section.fills, section.records);
    if (!operation.outcome.is_zero() && operation.outcome != ending->outcome)
        return refuse(RefusalRule::operation,
                      fmt::format("outcome: is {}, signed was {}", to_hex(ending->outcome),
                                  to_hex(operation.outcome)));
    if (l1.call(callable::close_root()).status != evm::Status::success)
        return refuse_l1({.reason = "closeRoot", .revert_data = {}});
    l1.runs_alone |= operation.runs_alone;
    return std::move(*ending);
}

/// Returns how the operation ended, if the root is one.
Result<Ending, Refusal> execute_on_l1(OpenL1& l1, const protocol::RootContext& context,
                                      const L1Root* root, const protocol::RootSection& section) {
    protocol::L1Leg leg{context, section.fills, section.records, {}};
    if (root) leg.signed_operation = protocol::encode(root->operation);
    l1.budget.add_leg(leg);
    if (root)
        if (const auto begun = l1.begin_operation(root->operation); !begun)
            return refuse(RefusalRule::operation, begun.error().reason);
    const uint64_t gas = l1.budget.left();
    const auto loaded = l1.call(
        root ? callable::load_root(context, section) : callable::run_root(context, section), gas);
    if (loaded.status != evm::Status::success) return refuse_l1(reverted(loaded.output));
    l1.budget.add_gas(gas - static_cast<uint64_t>(loaded.gas_left));
    Ending ending;
    if (root) ending = TRY(execute_operation(l1, root->operation, section));
    l1.legs.push_back(std::move(leg));
    if (l1.runs_alone && l1.legs.size() > 1)
        return refuse(RefusalRule::operation, "an operation signed that it runs alone on L1");
    return ending;
}

/// Runs a rollup's section of a root: with @p run_own, the root is its own.
Result<Ending, Refusal> execute_on_rollup(OpenRollup& rollup, const protocol::RootContext& context,
                                          const protocol::RootSection& section,
                                          const RunOwn* run_own) {
    const auto run = rollup.run_system(run_own ? callable::load_root(context, section)
                                               : callable::run_root(context, section));
    if (!run) return refuse_fault(rollup.chain_id(), run.error());
    rollup.add_limits(section.limits);
    return run_own ? (*run_own)(rollup) : Ending{};
}

/// Runs the plan on all rollups that it names, and on the root's own.
Result<Ending, Refusal> execute_on_rollups(OpenScope& scope, const protocol::RootContext& context,
                                           const Plan& plan, ChainId root_chain,
                                           const RunOwn& run_own) {
    Ending ending;
    for (auto& rollup : scope.rollups()) {
        const ChainId id = rollup.chain_id();
        const bool is_own = id == root_chain;
        if (!is_own && !plan.contains(id)) continue;
        auto ended = TRY(
            execute_on_rollup(rollup, context, section_of(plan, id), is_own ? &run_own : nullptr));
        if (is_own) ending = std::move(ended);
    }
    return ending;
}

Result<void, Refusal> require_l1_gas(OpenScope& scope) {
    if (scope.l1().budget.left() != 0) return {};
    return refuse(RefusalRule::scope_full, "the L1 transaction has no gas left for it");
}

/// The root's own transaction, once its section is loaded.
Result<Ending, Refusal> execute_transaction(OpenRollup& rollup, const Candidate& candidate) {
    const auto& root = std::get<L2Root>(candidate.root);
    execution::Host host{rollup.block().state(), rollup.block().environment()};
    auto outcome = rollup.run(root.transaction, candidate.sender, &host);
    if (!outcome && outcome.error() == execution::TxError::aborted)
        return refuse_fault(rollup, reverted(*host.rollup()->abort_reason()));
    if (!outcome) return refuse(root, outcome.error());
    return Ending{outcome->succeeded(), std::move(outcome->output), outcome->gas_used};
}

Result<Ending, Refusal> execute(OpenScope& scope, const Candidate& candidate, const L1Root& root,
                                const Plan& plan) {
    auto& l1 = scope.l1();
    add_batches(scope, candidate.context, plan, nullptr);
    TRY_VOID(require_l1_gas(scope));
    auto ending = TRY(execute_on_l1(l1, candidate.context, &root, section_of(plan, l1.chain_id())));
    TRY_VOID(execute_on_rollups(scope, candidate.context, plan, l1.chain_id(), {}));
    return ending;
}

Result<Ending, Refusal> execute(OpenScope& scope, const Candidate& candidate, const L2Root& root,
                                const Plan& plan) {
    return execute_around(
        scope, {candidate.context, root.chain_id, root.transaction}, plan,
        [&](OpenRollup& rollup) { return execute_transaction(rollup, candidate); });
}

}  // namespace

std::unexpected<Refusal> refuse_fault(const OpenRollup& rollup, Failure failure) {
    failure.is_full = rollup.is_short_of_gas() &&
                      protocol::fault_of(failure.revert_data) == protocol::Fault::too_little_gas;
    return refuse_fault(rollup.chain_id(), failure);
}

Result<Ending, Refusal> execute_around(OpenScope& scope, const RollupRoot& root, const Plan& plan,
                                       const RunOwn& run_own) {
    auto& l1 = scope.l1();
    add_batches(scope, root.context, plan, &root.transaction);
    TRY_VOID(require_l1_gas(scope));
    if (plan.contains(l1.chain_id()))
        TRY_VOID(execute_on_l1(l1, root.context, nullptr, section_of(plan, l1.chain_id())));
    return execute_on_rollups(scope, root.context, plan, root.chain_id, run_own);
}

Result<Ending, Refusal> execute(OpenScope& scope, const Candidate& candidate, const Plan& plan) {
    return std::visit([&](const auto& root) { return execute(scope, candidate, root, plan); },
                      candidate.root);
}

}  // namespace scope::builder
