#include "chain/ancestors.hpp"

#include "base/check.hpp"

namespace scope::chain {

Ancestors::Ancestors(const Store& store, const Hash& parent) : store_(store), hashes_{parent} {
    const auto block = store.block(parent);
    CHECK(block != nullptr);
    parent_number_ = block->header().number;
}

Hash Ancestors::block_hash(uint64_t number) const {
    if (number > parent_number_) return {};
    const uint64_t distance = parent_number_ - number;
    while (hashes_.size() <= distance) {
        const auto block = store_.block(hashes_.back());
        if (!block) return {};
        hashes_.push_back(block->header().parent_hash);
    }
    return hashes_[distance];
}

}  // namespace scope::chain
