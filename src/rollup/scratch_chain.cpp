#include "rollup/scratch_chain.hpp"

#include <algorithm>
#include <unordered_map>

namespace scope::rollup {

/// The blocks above the parent in a row, each the child of the one before.
class ScratchChain::OverlayStore final : public chain::Store {
  public:
    OverlayStore(const chain::Store& base, chain::StoredBlockPtr parent)
        : base_(base), parent_(std::move(parent)) {
        CHECK(parent_ != nullptr);
    }

    void put_block(chain::StoredBlockPtr block,
                   std::shared_ptr<const state::WorldState> state) override {
        CHECK(block->header().parent_hash == head()->hash);
        const auto& hashes = block->transaction_hashes;
        for (size_t i = 0; i < hashes.size(); ++i)
            places_.insert_or_assign(hashes[i], chain::TransactionPlace{block, i});
        indices_.insert_or_assign(block->hash, entries_.size());
        entries_.push_back({std::move(block), std::move(state)});
    }
    void forget_states() {
        for (auto& entry : entries_) entry.state = nullptr;
    }
    [[nodiscard]] chain::StoredBlockPtr block(const Hash& hash) const override {
        const auto found = indices_.find(hash);
        return found != indices_.end() ? entries_[found->second].block : base_.block(hash);
    }
    [[nodiscard]] std::shared_ptr<const state::WorldState> state(
        const Hash& block_hash) const override {
        const auto found = indices_.find(block_hash);
        return found != indices_.end() ? entries_[found->second].state : base_.state(block_hash);
    }

    void set_head(const Hash& head) override { CHECK(head == this->head()->hash); }
    [[nodiscard]] chain::StoredBlockPtr head() const override {
        return entries_.empty() ? parent_ : entries_.back().block;
    }

    [[nodiscard]] chain::StoredBlockPtr canonical_block(uint64_t number) const override {
        const uint64_t parent = parent_->header().number;
        if (number > parent) {
            const uint64_t index = number - parent - 1;
            return index < entries_.size() ? entries_[static_cast<size_t>(index)].block : nullptr;
        }
        // Down to where the base has the same branch for its canonical one.
        auto at = parent_;
        while (at != nullptr && at->header().number > number) {
            if (is_canonical_in_base(*at)) return base_.canonical_block(number);
            at = base_.block(at->header().parent_hash);
        }
        return at;
    }
    [[nodiscard]] std::optional<chain::TransactionPlace> transaction(
        const Hash& hash) const override {
        if (const auto found = places_.find(hash); found != places_.end()) return found->second;
        auto at = parent_;
        for (; at != nullptr && !is_canonical_in_base(*at);
             at = base_.block(at->header().parent_hash)) {
            const auto found = std::ranges::find(at->transaction_hashes, hash);
            if (found != at->transaction_hashes.end())
                return chain::TransactionPlace{
                    at, static_cast<size_t>(found - at->transaction_hashes.begin())};
        }
        auto place = base_.transaction(hash);
        if (!place || at == nullptr || place->block->header().number > at->header().number)
            return std::nullopt;
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

    [[nodiscard]] bool is_canonical_in_base(const chain::StoredBlock& block) const {
        const auto canonical = base_.canonical_block(block.header().number);
        return canonical != nullptr && canonical->hash == block.hash;
    }

    const chain::Store& base_;
    chain::StoredBlockPtr parent_;
    std::vector<Entry> entries_;  // on the parent, each on the one before
    std::unordered_map<Hash, size_t> indices_;
    std::unordered_map<Hash, chain::TransactionPlace> places_;
    std::unordered_map<Hash, chain::StoredBlobPtr> blobs_;
};

ScratchChain::ScratchChain(const chain::Chain& base, const Hash& parent)
    : ScratchChain(base, std::make_unique<OverlayStore>(base.store(), base.store().block(parent))) {
}

ScratchChain::ScratchChain(const chain::Chain& base, std::unique_ptr<OverlayStore> store)
    : store_(store.get()), chain_(base.spec(), chain::Genesis{}, std::move(store)) {}

void ScratchChain::add(const chain::SealedBlock& sealed) {
    add(std::make_shared<chain::StoredBlock>(sealed.block), sealed.state);
}

void ScratchChain::add(chain::StoredBlockPtr block,
                       std::shared_ptr<const state::WorldState> state) {
    store_->put_block(std::move(block), std::move(state));
}

void ScratchChain::advance(const chain::SealedBlock& sealed) {
    auto block = std::make_shared<chain::StoredBlock>();
    block->hash = sealed.block.hash;
    block->block.header = sealed.block.header();
    block->total_difficulty = sealed.block.total_difficulty;
    store_->forget_states();
    add(std::move(block), sealed.state);
}

}  // namespace scope::rollup
