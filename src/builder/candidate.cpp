#include "builder/candidate.hpp"

#include <fmt/format.h>

#include "builder/refuse.hpp"

namespace scope::builder {

namespace {

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
    return Candidate{root, {uint256{l2_root.chain_id}, hash(tx), index}, *sender};
}

Result<Candidate, Refusal> admit_operation(OpenScope& scope, const Root& root, uint64_t index) {
    const auto& operation = std::get<L1Root>(root).operation.operation;
    auto& l1 = scope.l1();
    if (!operation.submitter.is_zero() && operation.submitter != l1.host().transaction().origin)
        return refuse(RefusalRule::operation, "submitter: the operation names another one");
    if (l1.state().code_hash(operation.account) == EMPTY_CODE_HASH)
        return refuse(RefusalRule::operation,
                      "account: has no code; it is not delegated (EIP-7702)");
    return Candidate{root,
                     {uint256{l1.settlement().l1_chain_id},
                      protocol::operation_hash(l1.settlement(), operation), index},
                     {}};
}

}  // namespace

Result<Candidate, Refusal> admit(OpenScope& scope, const Root& root, uint64_t index) {
    return std::holds_alternative<L2Root>(root) ? admit_transaction(scope, root, index)
                                                : admit_operation(scope, root, index);
}

std::unexpected<Refusal> refuse(const L2Root& root, execution::TxError error) {
    const bool full = error == execution::TxError::block_gas_exceeded;
    return refuse(full ? RefusalRule::scope_full : RefusalRule::transaction,
                  fmt::format("chain {}: {}", root.chain_id, to_string(error)));
}

}  // namespace scope::builder
