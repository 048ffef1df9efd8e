#include "service/followed_scopes.hpp"

#include <algorithm>
#include <utility>

namespace scope::service {

std::vector<FollowedScope> settled_scopes(const chain::StoredBlock& l1_block,
                                          const Address& settlement) {
    std::vector<FollowedScope> scopes;
    const auto is_settled = [&](const Log& log) {
        return log.address == settlement && !log.topics.empty() &&
               log.topics.front() == protocol::scope_settled_topic();
    };
    for (size_t i = 0; i < l1_block.receipts.size(); ++i) {
        const auto& receipt = l1_block.receipts[i];
        if (!receipt.success || std::ranges::none_of(receipt.logs, is_settled)) continue;
        const auto& transaction = l1_block.block.transactions[i];
        auto settled = protocol::decode_settled_scope(transaction.data, transaction.gas_limit);
        if (!settled) continue;  // it had settled: the follower says why it can't go on
        scopes.push_back({.l1_block = {l1_block.header().number, l1_block.hash},
                          .l1_timestamp_s = l1_block.header().timestamp_s,
                          .l1_transaction = l1_block.transaction_hashes[i],
                          .blobs = transaction.blob_versioned_hashes.size(),
                          .batches = std::move(settled->batches)});
    }
    return scopes;
}

Result<chain::StoredBlockPtr, l1::L1Error> NotingSource::block(uint64_t number) const {
    auto block = TRY(source_->block(number));
    if (block == nullptr) return block;
    if (followed_ == l1::L1BlockId{number, block->hash}) return block;
    auto scopes = settled_scopes(*block, settlement_);
    const std::scoped_lock lock{mutex_};
    for (auto& scope : scopes) {
        // Read again, to see whether L1 was reorganised.
        const auto is_noted = [&](const Noted& noted) {
            return noted.scope.l1_transaction == scope.l1_transaction &&
                   noted.scope.l1_block == scope.l1_block;
        };
        if (std::ranges::any_of(noted_, is_noted)) continue;
        if (noted_.size() >= MAX_NOTED) noted_.pop_front();
        noted_.push_back({std::move(scope)});
    }
    return block;
}

std::vector<FollowedScope> NotingSource::take(const rollup::Follower& follower) const {
    const std::scoped_lock lock{mutex_};
    std::vector<FollowedScope> taken;
    for (auto& [scope, is_taken] : noted_) {
        if (is_taken) continue;
        const auto block = follower.l1_block(scope.l1_block.number);
        if (!block || block->id != scope.l1_block) continue;
        is_taken = true;
        taken.push_back(scope);
    }
    return taken;
}

}  // namespace scope::service
