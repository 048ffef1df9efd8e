#include "node/sent_scope.hpp"

#include "types/transaction.hpp"

namespace scope::node {

namespace {

/// Returns an eighth more, rounded up, or twice as much; the highest number where that is none.
uint256 raised(const uint256& fee, bool has_blobs) {
    const uint256 more = has_blobs ? std::max(fee, uint256{1u}) : fee / uint256{8u} + uint256{1u};
    const uint256 sum = fee + more;
    return sum < fee ? ~uint256{} : sum;
}

}  // namespace

void SentScope::add(Transaction transaction, std::shared_ptr<Attempt> attempt) {
    if (versions.size() == MAX_VERSIONS) versions.erase(versions.begin());
    const Hash transaction_hash = scope::hash(transaction);
    versions.push_back({std::move(transaction), transaction_hash, std::move(attempt)});
}

builder::Fees fees_of(const Transaction& transaction) {
    return {transaction.max_priority_fee_per_gas, transaction.max_fee_per_gas,
            transaction.max_fee_per_blob_gas};
}

builder::Fees fees_to_replace(const Transaction& transaction) {
    const bool has_blobs = transaction.type == TxType::blob;
    return {raised(transaction.max_priority_fee_per_gas, has_blobs),
            raised(transaction.max_fee_per_gas, has_blobs),
            has_blobs ? raised(transaction.max_fee_per_blob_gas, true) : uint256{}};
}

}  // namespace scope::node
