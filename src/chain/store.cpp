#include "chain/store.hpp"

#include <algorithm>

namespace scope::chain {

namespace {

/// Returns the bytes that a vector has on the heap, without those of its elements'. An allocator
/// adds a word, and rounds up, as glibc's does, to 16 bytes and 32 at least: most logs are small.
template <typename T>
size_t size_of(const std::vector<T>& vector) {
    if (vector.capacity() == 0) return 0;
    return std::max(size_t{32}, (vector.capacity() * sizeof(T) + 8 + 15) / 16 * 16);
}

size_t size_of(const Transaction& tx) {
    size_t size = size_of(tx.data) + size_of(tx.access_list) + size_of(tx.blob_versioned_hashes) +
                  size_of(tx.authorization_list);
    for (const auto& entry : tx.access_list) size += size_of(entry.storage_keys);
    return size;
}

size_t size_of(const Receipt& receipt) {
    size_t size = size_of(receipt.logs);
    for (const auto& log : receipt.logs) size += size_of(log.topics) + size_of(log.data);
    return size;
}

}  // namespace

size_t size_in_memory(const StoredBlock& block) {
    const auto& transactions = block.block.transactions;
    size_t size = sizeof(StoredBlock) + block.state_bytes + size_of(transactions) +
                  size_of(block.receipts) + size_of(block.transaction_hashes) +
                  size_of(block.senders) + size_of(block.requests);
    for (const auto& tx : transactions) size += size_of(tx);
    for (const auto& receipt : block.receipts) size += size_of(receipt);
    for (const auto& request : block.requests) size += size_of(request);
    return size;
}

}  // namespace scope::chain
