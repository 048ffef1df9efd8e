#include "service/door.hpp"

#include "state/unavailable.hpp"

namespace scope::service {

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

Result<builder::RootCallResult, builder::Refusal> Door::simulate(const builder::RootCall& call) {
    auto* const scope = TRY(open_scope());
    return scope->simulate_call(call);
}

std::vector<Result<builder::RootResult, builder::Refusal>> Door::simulate(
    std::span<const builder::Root> roots) {
    std::vector<Result<builder::RootResult, builder::Refusal>> results;
    results.reserve(roots.size());
    if (roots.size() == 1) {
        auto scope = open_scope();
        if (scope)
            results.push_back((*scope)->simulate(roots.front()));
        else
            results.emplace_back(std::unexpected{scope.error()});
        return results;
    }
    // One after the other: in a scope of their own, which is thrown away.
    auto scope = open_new_scope();
    for (const auto& root : roots) {
        if (scope)
            results.push_back(scope->add(root));
        else
            results.emplace_back(std::unexpected{scope.error()});
    }
    return results;
}

Result<void, builder::Refusal> Door::check(const builder::L1Root& operation) {
    auto* const scope = TRY(open_scope());
    auto simulated = scope->simulate(operation);
    if (simulated || may_do_later(simulated.error())) return {};
    return std::unexpected{std::move(simulated.error())};
}

Result<void, builder::Refusal> Door::check(ServedChain& chain,
                                           const pool::PooledTransaction& root) {
    const uint64_t nonce = chain.next_nonce(root.sender);
    if (root.transaction.nonce > chain.pool()->next_nonce(root.sender, nonce)) return {};
    if (root.transaction.nonce == nonce) {
        auto* const scope = TRY(open_scope());
        auto simulated = scope->simulate(builder::L2Root{chain.id(), root.transaction});
        if (simulated || may_do_later(simulated.error())) return {};
        return std::unexpected{std::move(simulated.error())};
    }
    // Behind others of its sender, which wait too.
    auto scope = open_new_scope();
    if (!scope) return {};  // the scope that takes it will say
    for (const auto& before : chain.pool()->of(root.sender)) {
        if (before->transaction.nonce >= root.transaction.nonce) break;
        const builder::L2Root other{chain.id(), before->transaction};
        const bool added =
            scope->is_ordinary(other.chain_id, other.transaction)
                ? scope->add_transaction(other.chain_id, other.transaction).has_value()
                : scope->add(other).has_value();
        if (!added) return {};
    }
    auto simulated = scope->simulate(builder::L2Root{chain.id(), root.transaction});
    if (simulated || node::needs_another_scope(simulated.error().rule)) return {};
    return std::unexpected{std::move(simulated.error())};
}

}  // namespace scope::service
