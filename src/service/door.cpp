#include "service/door.hpp"

#include "state/unavailable.hpp"

namespace scope::service {

namespace {

/// Returns the call on L1 that a root begins with; nullopt: none.
std::optional<l1::Foreseen::Call> call_of(const builder::Root& root) {
    const auto* const on_l1 = std::get_if<builder::L1Root>(&root);
    if (on_l1 == nullptr) return std::nullopt;
    const auto& operation = on_l1->operation.operation;
    Transaction call;
    call.to = operation.target;
    call.value = operation.value;
    call.data = operation.data;
    call.gas_limit = execution::MAX_TRANSACTION_GAS;
    return l1::Foreseen::Call{.from = operation.account, .transaction = std::move(call)};
}

/// Returns what a simulation comes to, or the refusal of a root that reads too much.
template <typename Simulate>
auto within_limit(const Simulate& simulate) -> decltype(simulate()) {
    try {
        return simulate();
    } catch (const state::TooManyReads& error) {
        return std::unexpected{
            builder::Refusal{builder::RefusalRule::gas_budget, error.what(), {}}};
    }
}

}  // namespace

Result<builder::ScopeBuilder*, builder::Refusal> Door::open_scope() {
    const uint64_t timestamp_s = l1_.next_block().timestamp_s;
    if (open_ && open_->timestamp_s == timestamp_s) return &open_->scope;
    open_.reset();
    auto opened = open_new_scope();
    if (!opened) return std::unexpected{std::move(opened.error())};
    open_.emplace(std::move(*opened), timestamp_s);
    return &open_->scope;
}

Result<builder::ScopeBuilder, builder::Refusal> Door::open_new_scope() {
    auto opened = node_.open_scope();
    if (opened) return std::move(*opened);
    const auto& error = opened.error();
    // No word on the root, which may do when L1 answers.
    if (error.rule == node::SettleRule::unreachable || error.rule == node::SettleRule::stale ||
        error.rule == node::SettleRule::not_followed)
        throw state::Unavailable{to_string(error)};
    return std::unexpected{builder::Refusal{
        builder::RefusalRule::unknown_chain, "no scope can be opened: " + to_string(error), {}}};
}

bool Door::may_do_later(const builder::Refusal& refusal) const {
    return node::needs_another_scope(refusal.rule) && !node_.unsettled().empty();
}

template <typename Simulate>
auto Door::simulate_in(builder::ScopeBuilder& scope, std::optional<l1::Foreseen::Call> call,
                       const Simulate& simulate) {
    node_.rehearse({.contracts = l1_contracts_, .call = std::move(call)},
                   [&](builder::ScopeBuilder& guessed) { (void)simulate(guessed); });
    const auto limit = node_.limit_reads();
    return simulate(scope);
}

Result<builder::RootCallResult, builder::Refusal> Door::simulate(const builder::RootCall& call) {
    auto* const scope = TRY(open_scope());
    std::optional<l1::Foreseen::Call> on_l1;
    if (call.chain_id == node_.network().contracts.settlement.l1_chain_id)
        on_l1 = {.from = call.from, .transaction = call.transaction};
    auto unseen = call;  // nobody looks on at a rehearsal
    unseen.inspect = {};
    unseen.tracer = nullptr;
    return simulate_in(*scope, std::move(on_l1), [&](builder::ScopeBuilder& in) {
        return within_limit([&] { return in.simulate_call(&in == scope ? call : unseen); });
    });
}

std::vector<Result<builder::RootResult, builder::Refusal>> Door::simulate(
    std::span<const builder::Root> roots) {
    using Results = std::vector<Result<builder::RootResult, builder::Refusal>>;
    if (roots.size() == 1) {
        auto scope = open_scope();
        if (!scope) return Results(1, std::unexpected{scope.error()});
        Results results;
        results.push_back(simulate_in(**scope, call_of(roots.front()), [&](auto& in) {
            return within_limit([&] { return in.simulate(roots.front()); });
        }));
        return results;
    }
    // One after the other: in a scope of their own, which is thrown away.
    auto scope = open_new_scope();
    if (!scope) return Results(roots.size(), std::unexpected{scope.error()});
    return simulate_in(*scope, {}, [&](builder::ScopeBuilder& in) {
        Results results;
        for (const auto& root : roots)
            results.push_back(within_limit([&] { return in.add(root); }));
        return results;
    });
}

Result<void, builder::Refusal> Door::check(const builder::L1Root& operation) {
    auto* const scope = TRY(open_scope());
    auto simulated = simulate_in(*scope, call_of(operation), [&](auto& in) {
        return within_limit([&] { return in.simulate(operation); });
    });
    if (simulated || may_do_later(simulated.error())) return {};
    return std::unexpected{std::move(simulated.error())};
}

Result<void, builder::Refusal> Door::check(ServedChain& chain,
                                           const pool::PooledTransaction& root) {
    const uint64_t nonce = chain.next_nonce(root.sender);
    if (root.transaction.nonce > chain.pool()->next_nonce(root.sender, nonce)) return {};
    const builder::L2Root asked{chain.id(), root.transaction};
    if (root.transaction.nonce == nonce) {
        auto* const scope = TRY(open_scope());
        auto simulated = simulate_in(
            *scope, {}, [&](auto& in) { return within_limit([&] { return in.simulate(asked); }); });
        if (simulated || may_do_later(simulated.error())) return {};
        return std::unexpected{std::move(simulated.error())};
    }
    // Behind others of its sender, which wait too.
    auto scope = open_new_scope();
    if (!scope) return {};  // the scope that takes it will say
    const auto is_behind_all = [&](builder::ScopeBuilder& in) {
        for (const auto& before : chain.pool()->of(root.sender)) {
            if (before->transaction.nonce >= root.transaction.nonce) break;
            const builder::L2Root other{chain.id(), before->transaction};
            const bool added =
                in.is_ordinary(other.chain_id, other.transaction)
                    ? in.add_transaction(other.chain_id, other.transaction).has_value()
                    : in.add(other).has_value();
            if (!added) return false;
        }
        return true;
    };
    using Simulated = std::optional<Result<builder::RootResult, builder::Refusal>>;
    auto simulated = simulate_in(*scope, {}, [&](builder::ScopeBuilder& in) {
        return is_behind_all(in) ? Simulated{within_limit([&] { return in.simulate(asked); })}
                                 : std::nullopt;
    });
    if (!simulated || *simulated || node::needs_another_scope(simulated->error().rule)) return {};
    return std::unexpected{std::move(simulated->error())};
}

}  // namespace scope::service
