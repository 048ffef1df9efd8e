#include "rollup/l1_source.hpp"

namespace scope::rollup {

std::optional<uint64_t> StoreL1Source::head_number() const {
    const auto head = store_.head();
    if (head == nullptr) return std::nullopt;
    return head->header().number;
}

chain::StoredBlockPtr StoreL1Source::block(uint64_t number) const {
    return store_.canonical_block(number);
}

chain::StoredBlobPtr StoreL1Source::blob(const Hash& versioned_hash) const {
    return store_.blob(versioned_hash);
}

}  // namespace scope::rollup
