#include "service/scope_log.hpp"

#include <algorithm>

#include "service/scope_encoding.hpp"

namespace scope::service {

void ScopeLog::keep(const Hash& l1_transaction, std::vector<builder::RootResult> roots) {
    roots_.set(l1_transaction, std::make_shared<const Roots>(std::move(roots)));
}

void ScopeLog::remove(const Hash& l1_block) {
    while (size_ > 0) {
        const uint64_t number = size_ - 1;
        const auto last = rows_.scope(number);
        CHECK(last.has_value());
        if (last->l1_block != l1_block) return;
        // It may come back, by a reorganisation of L1 or a snapshot.
        if (auto roots = decode_roots(last->roots)) keep(last->l1_transaction, std::move(*roots));
        for (const auto& hash : last->hashes)
            if (rows_.found(hash) == number) rows_.erase_found(hash);
        rows_.erase_scope(--size_);
    }
}

std::optional<l1::L1BlockId> ScopeLog::last_block() const {
    const auto last = size_ == 0 ? std::nullopt : rows_.scope(size_ - 1);
    if (!last) return std::nullopt;
    return l1::L1BlockId{last->l1_block_number, last->l1_block};
}

std::optional<ScopeRows::Scope> ScopeLog::settled_by(const chain::StoredBlock& l1_block,
                                                     size_t transaction_index) const {
    const size_t i = transaction_index;
    const auto& receipt = l1_block.receipts[i];
    const bool has_settled =
        receipt.success && std::ranges::any_of(receipt.logs, [&](const Log& log) {
            return log.address == settlement_ && !log.topics.empty() &&
                   log.topics.front() == protocol::scope_settled_topic();
        });
    if (!has_settled) return std::nullopt;
    const auto& transaction = l1_block.block.transactions[i];
    auto settled = protocol::decode_settled_scope(transaction.data, transaction.gas_limit);
    if (!settled) return std::nullopt;  // it had settled: the follower says why it can't go on
    ScopeRows::Scope scope{
        .l1_transaction = l1_block.transaction_hashes[i],
        .l1_block = l1_block.hash,
        .l1_block_number = l1_block.header().number,
        .l1_gas_used = receipt.cumulative_gas_used -
                       (i == 0 ? 0 : l1_block.receipts[i - 1].cumulative_gas_used),
        .blobs = transaction.blob_versioned_hashes.size(),
        .batches = protocol::execute_scope({.environment = {},
                                            .data = {},
                                            .batches = std::move(settled->batches),
                                            .legs = {},
                                            .proofs = {}}),
        .hashes = {l1_block.transaction_hashes[i], l1_block.hash},
        .roots = {}};
    // Of a scope that was built elsewhere, or by a process that has ended, L1 tells the roots by hash.
    if (const auto whole = protocol::decode_execute_scope(transaction.data))
        for (const auto& leg : whole->legs) scope.hashes.push_back(leg.context.operation_hash);
    return scope;
}

std::vector<rpc::ScopeRecordPtr> ScopeLog::add(const chain::StoredBlock& l1_block) {
    std::vector<rpc::ScopeRecordPtr> added;
    for (size_t i = 0; i < l1_block.receipts.size(); ++i) {
        auto scope = settled_by(l1_block, i);
        if (!scope) continue;
        const uint64_t number = size_++;
        Roots roots;
        if (const auto* const kept = roots_.find(scope->l1_transaction)) roots = **kept;
        scope->roots = encode_roots(roots);
        for (const auto& root : roots) {
            scope->hashes.push_back(root.context.operation_hash);
            scope->hashes.push_back(root.root_id);
        }
        rows_.put_scope(number, *scope);
        for (const auto& hash : scope->hashes) rows_.put_found(hash, number);
        if (number >= MAX_TREES) forget_trees(number - MAX_TREES);
        added.push_back(find(number));
    }
    return added;
}

void ScopeLog::forget_trees(uint64_t number) {
    auto row = rows_.scope(number);
    CHECK(row.has_value());
    auto roots = decode_roots(row->roots);
    if (!roots) rows_.refuse_scope(number);
    for (auto& root : *roots) {
        root.calls = {};
        root.plan = {};
    }
    row->roots = encode_roots(*roots);
    rows_.put_scope(number, *row);
}

rpc::ScopeRecordPtr ScopeLog::find(uint64_t number) const {
    const auto row = rows_.scope(number);
    if (!row) return nullptr;
    auto roots = decode_roots(row->roots);
    auto batches = protocol::decode_execute_scope(row->batches);
    if (!roots || !batches) rows_.refuse_scope(number);
    return std::make_shared<const rpc::ScopeRecord>(
        rpc::ScopeRecord{.number = number,
                         .l1_transaction = row->l1_transaction,
                         .l1_block = row->l1_block,
                         .l1_block_number = row->l1_block_number,
                         .l1_gas_used = row->l1_gas_used,
                         .blobs = row->blobs,
                         .roots = std::move(*roots),
                         .batches = std::move(batches->batches)});
}

rpc::ScopeRecordPtr ScopeLog::find(const Hash& hash) const {
    const auto number = rows_.found(hash);
    return number ? find(*number) : nullptr;
}

}  // namespace scope::service
