#include "rollup/scratch_chain.hpp"

#include <algorithm>
#include <unordered_map>

namespace scope::rollup {

class ScratchChain::OverlayStore final : public chain::Store {
  public:
    OverlayStore(const chain::Store& base, chain::StoredBlockPtr head)
        : base_(base), head_(std::move(head)) {
        CHECK(head_ != nullptr);
    }

    void put_block(chain::StoredBlockPtr block,
                   std::shared_ptr<const state::WorldState> state) override {
        const Hash hash = block->hash;
        entries_.insert_or_assign(hash, Entry{std::move(block), std::move(state)});
    }
    [[nodiscard]] chain::StoredBlockPtr block(const Hash& hash) const override {
        const auto entry = entries_.find(hash);
        return entry != entries_.end() ? entry->second.block : base_.block(hash);
    }
    [[nodiscard]] std::shared_ptr<const state::WorldState> state(
        const Hash& block_hash) const override {
        const auto entry = entries_.find(block_hash);
        return entry != entries_.end() ? entry->second.state : base_.state(block_hash);
    }

    void set_head(const Hash& head) override {
        head_ = block(head);
        CHECK(head_ != nullptr);
    }
    [[nodiscard]] chain::StoredBlockPtr head() const override { return head_; }

    [[nodiscard]] chain::StoredBlockPtr canonical_block(uint64_t number) const override {
        auto at = head_;
        while (at != nullptr && at->header().number > number) {
            const auto in_base = base_.canonical_block(at->header().number);
            if (in_base != nullptr && in_base->hash == at->hash)
                return base_.canonical_block(number);
            at = block(at->header().parent_hash);
        }
        return at != nullptr && at->header().number == number ? at : nullptr;
    }
    [[nodiscard]] std::optional<chain::TransactionPlace> transaction(
        const Hash& hash) const override {
        auto at = head_;
        for (; at != nullptr && entries_.contains(at->hash); at = block(at->header().parent_hash)) {
            const auto found = std::ranges::find(at->transaction_hashes, hash);
            if (found != at->transaction_hashes.end())
                return chain::TransactionPlace{
                    at, static_cast<size_t>(found - at->transaction_hashes.begin())};
        }
        auto place = base_.transaction(hash);
        if (!place) return std::nullopt;
        const auto same = canonical_block(place->block->header().number);
        if (same == nullptr || same->hash != place->block->hash) return std::nullopt;
        return place;
    }

    void put_blob(const Hash& versioned_hash, chain::StoredBlobPtr stored) override {
        blobs_.insert_or_assign(versioned_hash, std::move(stored));
    }
    [[nodiscard]] chain::StoredBlobPtr blob(const Hash& versioned_hash) const override {
        const auto found = blobs_.find(versioned_hash);
        return found != blobs_.end() ? found->second : base_.blob(versioned_hash);
    }

  private:
    struct Entry {
        chain::StoredBlockPtr block;
        std::shared_ptr<const state::WorldState> state;
    };

    const chain::Store& base_;
    chain::StoredBlockPtr head_;
    std::unordered_map<Hash, Entry> entries_;
    std::unordered_map<Hash, chain::StoredBlobPtr> blobs_;
};

ScratchChain::ScratchChain(const chain::Chain& base, const Hash& parent)
    : ScratchChain(base, std::make_unique<OverlayStore>(base.store(), base.store().block(parent))) {
}

ScratchChain::ScratchChain(const chain::Chain& base, std::unique_ptr<OverlayStore> store)
    : store_(store.get()), chain_(base.spec(), chain::Genesis{}, std::move(store)) {}

void ScratchChain::add(const chain::SealedBlock& sealed) {
    CHECK(sealed.block.header().parent_hash == store_->head()->hash);
    store_->put_block(std::make_shared<chain::StoredBlock>(sealed.block), sealed.state);
    store_->set_head(sealed.block.hash);
}

}  // namespace scope::rollup
