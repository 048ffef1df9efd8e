#include "builder/root_simulation.hpp"

#include <algorithm>

#include "builder/refuse.hpp"
#include "builder/simulation.hpp"

namespace scope::builder {

namespace callable = protocol::callable;

namespace {

RefusalRule when_short(bool scope_is) noexcept {
    return scope_is ? RefusalRule::scope_full : RefusalRule::gas_budget;
}

std::vector<SimulatedChain> simulated_chains(OpenScope& scope) {
    auto& l1 = scope.l1();
    const uint64_t most = scope.options().max_l1_gas_per_root;
    std::vector<SimulatedChain> chains;
    chains.push_back({.chain_id = l1.chain_id(),
                      .callable = l1.callable(),
                      .loader = l1.settlement().settlement,
                      .state = &l1.state(),
                      .environment = &l1.environment(),
                      .scope_transaction = &l1.host(),
                      .serve_gas = std::min(l1.budget.left(), most),
                      .when_short = when_short(l1.is_short_of_gas(most))});
    for (auto& rollup : scope.rollups())
        chains.push_back({.chain_id = rollup.chain_id(),
                          .callable = rollup.system().target,
                          .loader = rollup.system().sender,
                          .state = &rollup.block().state(),
                          .environment = &rollup.block().environment(),
                          .serve_gas = rollup.system_gas(),
                          .when_short = when_short(rollup.is_short_of_gas()),
                          .limits = scope.limits_for(rollup)});
    return chains;
}

WhyAbsent why_absent_from(const OpenScope& scope) {
    return [&scope](const uint256& chain_id) { return scope.why_absent(chain_id); };
}

Result<RootResult, Refusal> simulate(OpenScope& scope, const Candidate& candidate,
                                     const L2Root& root) {
    auto& rollup = *scope.find(root.chain_id);
    TRY_VOID(load_root(scope, rollup, candidate.context));
    Simulation simulation = open_simulation(scope, candidate.context);
    const auto outcome = rollup.run(root.transaction, candidate.sender, &simulation.host());
    if (!outcome) return refuse(root, outcome.error());
    return simulation.finish({.success = outcome->succeeded(),
                              .output = outcome->output,
                              .gas_used = outcome->gas_used});
}

Result<RootResult, Refusal> simulate(OpenScope& scope, const Candidate& candidate,
                                     const L1Root& root) {
    auto& l1 = scope.l1();
    if (const auto begun = l1.begin_operation(root.operation); !begun)
        return refuse(RefusalRule::operation, begun.error().reason);
    const auto loaded = l1.call(callable::load_root(candidate.context, {}));
    if (loaded.status != evm::Status::success)
        return refuse(RefusalRule::execution_failed, describe_revert(loaded.output));
    Simulation simulation = open_simulation(scope, candidate.context);
    const auto ending = l1.run_operation(simulation.host(), root.operation);
    if (!ending && !simulation.refusal()) {
        if (!protocol::is_too_little_gas_for_operation(ending.error().revert_data))
            return refuse(RefusalRule::operation, ending.error().reason);
        return refuse(l1.may_fit_elsewhere(root.operation.operation) ? RefusalRule::scope_full
                                                                     : RefusalRule::gas_budget,
                      ending.error().reason);
    }
    if (!ending) return simulation.finish({});
    return simulation.finish(
        {.success = ending->success, .output = ending->output, .gas_used = ending->gas_used});
}

}  // namespace

Result<void, Refusal> load_root(OpenScope& scope, OpenRollup& rollup,
                                const protocol::RootContext& context) {
    const protocol::RootSection section{scope.limits_for(rollup), {}, {}};
    const auto loaded = rollup.run_system(callable::load_root(context, section));
    if (loaded) return {};
    return refuse(loaded.error().is_full ? RefusalRule::scope_full : RefusalRule::execution_failed,
                  loaded.error().reason);
}

Simulation open_simulation(OpenScope& scope, const protocol::RootContext& context,
                           const execution::Environment* surroundings) {
    auto chains = simulated_chains(scope);
    if (surroundings != nullptr)
        for (auto& chain : chains)
            if (uint256{chain.chain_id} == context.root_chain_id) chain.environment = surroundings;
    return Simulation{chains, context, why_absent_from(scope)};
}

Result<RootResult, Refusal> simulate(OpenScope& scope, const Candidate& candidate) {
    return std::visit([&](const auto& root) { return simulate(scope, candidate, root); },
                      candidate.root);
}

}  // namespace scope::builder
