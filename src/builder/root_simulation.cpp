#include "builder/root_simulation.hpp"

#include "builder/refuse.hpp"
#include "builder/simulation.hpp"
#include "protocol/fault.hpp"

namespace scope::builder {

namespace callable = protocol::callable;

namespace {

std::vector<SimulatedChain> simulated_chains(OpenScope& scope) {
    auto& l1 = scope.l1();
    std::vector<SimulatedChain> chains;
    chains.push_back({l1.chain_id(), l1.callable(), l1.settlement().settlement, &l1.state(),
                      &l1.environment(), &l1.host(), l1.budget.left()});
    for (auto& rollup : scope.rollups())
        chains.push_back({rollup.chain_id(), rollup.system().target, rollup.system().sender,
                          &rollup.block().state(), &rollup.block().environment(), nullptr,
                          OpenRollup::SYSTEM_GAS});
    return chains;
}

WhyAbsent why_absent_from(const OpenScope& scope) {
    return [&scope](const uint256& chain_id) { return scope.why_absent(chain_id); };
}

Result<RootResult, Refusal> simulate(OpenScope& scope, const Candidate& candidate,
                                     const L2Root& root) {
    auto& rollup = *scope.find(root.chain_id);
    if (const auto loaded = rollup.run_system(callable::load_root(candidate.context, {})); !loaded)
        return refuse(RefusalRule::execution_failed, loaded.error().reason);
    Simulation simulation{simulated_chains(scope), candidate.context, why_absent_from(scope)};
    const auto outcome = rollup.run(root.transaction, candidate.sender, &simulation.host());
    if (!outcome) return refuse(root, outcome.error());
    return simulation.finish({.success = outcome->succeeded(),
                              .output = outcome->output,
                              .gas_used = outcome->gas_used});
}

Result<RootResult, Refusal> simulate(OpenScope& scope, const Candidate& candidate,
                                     const L1Root& root) {
    auto& l1 = scope.l1();
    const auto loaded = l1.call(callable::load_root(candidate.context, {}));
    if (loaded.status != evm::Status::success)
        return refuse(RefusalRule::execution_failed, describe_revert(loaded.output));
    Simulation simulation{simulated_chains(scope), candidate.context, why_absent_from(scope)};
    const auto ending = l1.run_operation(simulation.host(), root.operation, l1.budget.left());
    if (!ending && !simulation.refusal()) {
        const bool full = protocol::is_too_little_operation_gas(ending.error().revert_data);
        return refuse(full ? RefusalRule::scope_full : RefusalRule::operation,
                      ending.error().reason);
    }
    if (!ending) return simulation.finish({});
    return simulation.finish(
        {.success = ending->success, .output = ending->output, .gas_used = ending->gas_used});
}

}  // namespace

Result<RootResult, Refusal> simulate(OpenScope& scope, const Candidate& candidate) {
    return std::visit([&](const auto& root) { return simulate(scope, candidate, root); },
                      candidate.root);
}

}  // namespace scope::builder
