#include "devnet/scope_log.hpp"

#include <algorithm>

namespace scope::devnet {

namespace {

rpc::ScopeRecordPtr without_trees(const rpc::ScopeRecord& record) {
    auto without = std::make_shared<rpc::ScopeRecord>(record);
    for (auto& root : without->roots) {
        root.calls = decltype(root.calls){};
        root.plan = decltype(root.plan){};
    }
    return without;
}

}  // namespace

void ScopeLog::keep(const Hash& l1_transaction, std::vector<builder::RootResult> roots) {
    roots_.set(l1_transaction,
               std::make_shared<const std::vector<builder::RootResult>>(std::move(roots)));
}

void ScopeLog::remove(const chain::StoredBlock& l1_block) {
    while (!records_.empty() && records_.back()->l1_block == l1_block.hash) {
        std::erase_if(by_hash_,
                      [&](const auto& entry) { return entry.second == records_.back()->number; });
        records_.pop_back();
    }
}

std::vector<rpc::ScopeRecordPtr> ScopeLog::add(const chain::StoredBlock& l1_block) {
    const size_t before = records_.size();
    for (size_t i = 0; i < l1_block.receipts.size(); ++i) {
        const auto& receipt = l1_block.receipts[i];
        const bool has_settled =
            receipt.success && std::ranges::any_of(receipt.logs, [&](const Log& log) {
                return log.address == settlement_ && !log.topics.empty() &&
                       log.topics.front() == protocol::scope_settled_topic();
            });
        if (!has_settled) continue;
        const auto& transaction = l1_block.block.transactions[i];
        auto settled = protocol::decode_settled_scope(transaction.data, transaction.gas_limit);
        if (!settled) continue;  // it had settled, so the follower says why it can't go on
        auto record = std::make_shared<rpc::ScopeRecord>();
        record->number = records_.size();
        record->l1_transaction = l1_block.transaction_hashes[i];
        record->l1_block = l1_block.hash;
        record->l1_block_number = l1_block.header().number;
        record->l1_gas_used = receipt.cumulative_gas_used -
                              (i == 0 ? 0 : l1_block.receipts[i - 1].cumulative_gas_used);
        record->blobs = transaction.blob_versioned_hashes.size();
        record->batches = std::move(settled->batches);
        if (const auto* const roots = roots_.find(record->l1_transaction)) record->roots = **roots;
        by_hash_[record->l1_transaction] = by_hash_[record->l1_block] = record->number;
        for (const auto& root : record->roots) {
            by_hash_[root.context.operation_hash] = record->number;
            by_hash_[root.root_id] = record->number;
        }
        records_.push_back(std::move(record));
        if (records_.size() > MAX_TREES) {
            auto& oldest = records_[records_.size() - 1 - MAX_TREES];
            oldest = without_trees(*oldest);
        }
    }
    return {records_.begin() + static_cast<std::ptrdiff_t>(before), records_.end()};
}

rpc::ScopeRecordPtr ScopeLog::find(uint64_t number) const {
    return number < records_.size() ? records_[number] : nullptr;
}

rpc::ScopeRecordPtr ScopeLog::find(const Hash& hash) const {
    const auto found = by_hash_.find(hash);
    return found == by_hash_.end() ? nullptr : find(found->second);
}

}  // namespace scope::devnet
