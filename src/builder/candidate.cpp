#include "builder/candidate.hpp"

#include <fmt/format.h>

#include "builder/refuse.hpp"

namespace scope::builder {

namespace {

/// Indices that a root may leave out. So no root uses them up for others.
constexpr uint64_t MAX_INDEX_GAP = 1 << 20;

Result<Candidate, Refusal> admit_transaction(OpenScope& scope, const Root& root, uint64_t index) {
    const auto& l2_root = std::get<L2Root>(root);
    const auto& tx = l2_root.transaction;
    auto* const rollup = scope.find(l2_root.chain_id);
    if (!rollup)
        return refuse(RefusalRule::unknown_chain, scope.why_absent(uint256{l2_root.chain_id}));
    if (tx.type == TxType::system || tx.type == TxType::blob)
        return refuse(RefusalRule::transaction, "a root is a user's transaction, without blobs");
    const auto sender = execution::sender_of(tx, rollup->block().environment());
    if (!sender) return refuse(l2_root, sender.error());
    if (!is_root(*rollup, tx))
        return refuse(
            RefusalRule::transaction,
            "not a root: its data do not end in the marker, and its target is no declared "
            "entry");
    return Candidate{root, {uint256{l2_root.chain_id}, hash(tx), index}, *sender};
}

Result<Candidate, Refusal> admit_operation(OpenScope& scope, const Root& root,
                                           uint64_t next_index) {
    const auto& operation = std::get<L1Root>(root).operation.operation;
    auto& l1 = scope.l1();
    if (!operation.submitter.is_zero() && operation.submitter != l1.submitter())
        return refuse(RefusalRule::operation, "submitter: the operation names another one");
    const uint64_t index = std::get<L1Root>(root).root_index.value_or(next_index);
    if (index < next_index)
        return refuse(
            RefusalRule::scope_full,
            fmt::format("root index: {} is taken, the next one is {}", index, next_index));
    if (index - next_index > MAX_INDEX_GAP)
        return refuse(
            RefusalRule::operation,
            fmt::format("root index: {} is too far from the next one, {}", index, next_index));
    return Candidate{root,
                     {uint256{l1.settlement().l1_chain_id},
                      protocol::operation_hash(l1.settlement(), operation), index},
                     {}};
}

}  // namespace

Result<Candidate, Refusal> admit(OpenScope& scope, const Root& root, uint64_t next_index) {
    return std::holds_alternative<L2Root>(root) ? admit_transaction(scope, root, next_index)
                                                : admit_operation(scope, root, next_index);
}

bool is_root(OpenRollup& rollup, const Transaction& tx) {
    return execution::is_root(rollup.block().state(), rollup.system(), tx);
}

std::unexpected<Refusal> refuse(const L2Root& root, execution::TxError error) {
    using execution::TxError;
    const bool full = error == TxError::block_gas_exceeded ||
                      error == TxError::block_logs_exceeded ||
                      error == TxError::block_size_exceeded;
    return refuse(full ? RefusalRule::scope_full : RefusalRule::transaction,
                  fmt::format("chain {}: {}", root.chain_id, to_string(error)));
}

}  // namespace scope::builder
