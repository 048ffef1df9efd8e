#include "devnet/scope_log.hpp"

#include <algorithm>

#include "devnet/scope_encoding.hpp"

namespace scope::devnet {

namespace {

/// Returns all hashes by which a scope is found.
std::vector<Hash> hashes_of(const rpc::ScopeRecord& record) {
    std::vector<Hash> hashes{record.l1_transaction, record.l1_block};
    for (const auto& root : record.roots) {
        hashes.push_back(root.context.operation_hash);
        hashes.push_back(root.root_id);
    }
    return hashes;
}

}  // namespace

void ScopeLog::keep(const Hash& l1_transaction, std::vector<builder::RootResult> roots) {
    roots_.set(l1_transaction, std::make_shared<const Roots>(std::move(roots)));
}

void ScopeLog::remove(const chain::StoredBlock& l1_block) {
    while (size_ > 0) {
        const auto last = find(size_ - 1);
        CHECK(last != nullptr);
        if (last->l1_block != l1_block.hash) return;
        // It may come back, by a reorganisation of L1 or a snapshot.
        keep(last->l1_transaction, last->roots);
        for (const auto& hash : hashes_of(*last))
            if (rows_.found(hash) == last->number) rows_.erase_found(hash);
        rows_.erase_scope(--size_);
    }
}

std::shared_ptr<rpc::ScopeRecord> ScopeLog::settled_by(const chain::StoredBlock& l1_block,
                                                       size_t transaction_index) const {
    const size_t i = transaction_index;
    const auto& receipt = l1_block.receipts[i];
    const bool has_settled =
        receipt.success && std::ranges::any_of(receipt.logs, [&](const Log& log) {
            return log.address == settlement_ && !log.topics.empty() &&
                   log.topics.front() == protocol::scope_settled_topic();
        });
    if (!has_settled) return nullptr;
    const auto& transaction = l1_block.block.transactions[i];
    auto settled = protocol::decode_settled_scope(transaction.data, transaction.gas_limit);
    if (!settled) return nullptr;  // it had settled, so the follower says why it can't go on
    auto record = std::make_shared<rpc::ScopeRecord>();
    record->l1_transaction = l1_block.transaction_hashes[i];
    record->l1_block = l1_block.hash;
    record->l1_block_number = l1_block.header().number;
    record->l1_gas_used =
        receipt.cumulative_gas_used - (i == 0 ? 0 : l1_block.receipts[i - 1].cumulative_gas_used);
    record->blobs = transaction.blob_versioned_hashes.size();
    record->batches = std::move(settled->batches);
    return record;
}

std::vector<rpc::ScopeRecordPtr> ScopeLog::add(const chain::StoredBlock& l1_block) {
    std::vector<rpc::ScopeRecordPtr> added;
    for (size_t i = 0; i < l1_block.receipts.size(); ++i) {
        const auto record = settled_by(l1_block, i);
        if (record == nullptr) continue;
        record->number = size_++;
        if (const auto* const roots = roots_.find(record->l1_transaction)) record->roots = **roots;
        rows_.put_scope(record->number, {l1_block.hash, i, encode_roots(record->roots)});
        for (const auto& hash : hashes_of(*record)) rows_.put_found(hash, record->number);
        if (record->number >= MAX_TREES) forget_trees(record->number - MAX_TREES);
        added.push_back(record);
    }
    return added;
}

void ScopeLog::forget_trees(uint64_t number) {
    const auto record = find(number);
    CHECK(record != nullptr);
    Roots roots = record->roots;
    for (auto& root : roots) {
        root.calls = {};
        root.plan = {};
    }
    auto row = rows_.scope(number);
    row->roots = encode_roots(roots);
    rows_.put_scope(number, *row);
}

rpc::ScopeRecordPtr ScopeLog::find(uint64_t number) const {
    const auto row = rows_.scope(number);
    if (!row) return nullptr;
    const auto block = l1_.store().block(row->l1_block);
    auto roots = decode_roots(row->roots);
    const auto record = block != nullptr && row->transaction_index < block->receipts.size()
                            ? settled_by(*block, row->transaction_index)
                            : nullptr;
    if (record == nullptr || !roots) rows_.refuse_scope(number);
    record->number = number;
    record->roots = std::move(*roots);
    return record;
}

rpc::ScopeRecordPtr ScopeLog::find(const Hash& hash) const {
    const auto number = rows_.found(hash);
    return number ? find(*number) : nullptr;
}

}  // namespace scope::devnet
