#include <absl/container/flat_hash_map.h>

#include <mutex>
#include <shared_mutex>

#include "base/check.hpp"
#include "chain/store.hpp"

namespace scope::chain {

namespace {

/// Everything in hash maps, behind one lock.
class MemoryStore final : public Store {
  public:
    void put_block(StoredBlockPtr block, std::shared_ptr<const state::WorldState> state) override {
        const std::unique_lock lock{mutex_};
        states_[block->hash] = std::move(state);
        const Hash hash = block->hash;
        blocks_[hash] = std::move(block);
    }

    [[nodiscard]] StoredBlockPtr block(const Hash& hash) const override {
        const std::shared_lock lock{mutex_};
        return find(blocks_, hash);
    }

    [[nodiscard]] std::shared_ptr<const state::WorldState> state(
        const Hash& block_hash) const override {
        const std::shared_lock lock{mutex_};
        return find(states_, block_hash);
    }

    void set_head(const Hash& head) override {
        const std::unique_lock lock{mutex_};
        StoredBlockPtr block = find(blocks_, head);
        CHECK(block != nullptr);
        head_ = block;
        const uint64_t number = block->header().number;
        if (canonical_.empty()) first_number_ = number;
        while (!canonical_.empty() && first_number_ + canonical_.size() > number + 1) drop_last();
        // Fill up to the head from what is new, back to where both chains are one.
        std::vector<StoredBlockPtr> added{block};
        while (true) {
            const uint64_t at = added.back()->header().number;
            if (at < first_number_ + canonical_.size()) {
                if (canonical_.back()->hash == added.back()->hash) {
                    added.pop_back();
                    break;
                }
                drop_last();
            }
            if (at == first_number_) break;
            added.push_back(find(blocks_, added.back()->header().parent_hash));
            CHECK(added.back() != nullptr);
        }
        for (; !added.empty(); added.pop_back()) {
            canonical_.push_back(added.back());
            const auto& hashes = added.back()->transaction_hashes;
            for (size_t i = 0; i < hashes.size(); ++i) places_[hashes[i]] = {added.back(), i};
        }
    }

    [[nodiscard]] StoredBlockPtr head() const override {
        const std::shared_lock lock{mutex_};
        return head_;
    }

    [[nodiscard]] StoredBlockPtr canonical_block(uint64_t number) const override {
        const std::shared_lock lock{mutex_};
        if (number < first_number_ || number - first_number_ >= canonical_.size()) return nullptr;
        return canonical_[number - first_number_];
    }

    [[nodiscard]] std::optional<TransactionPlace> transaction(const Hash& hash) const override {
        const std::shared_lock lock{mutex_};
        const auto it = places_.find(hash);
        return it == places_.end() ? std::nullopt : std::optional{it->second};
    }

    void put_blob(const Hash& versioned_hash, StoredBlobPtr blob) override {
        const std::unique_lock lock{mutex_};
        blobs_[versioned_hash] = std::move(blob);
    }

    [[nodiscard]] StoredBlobPtr blob(const Hash& versioned_hash) const override {
        const std::shared_lock lock{mutex_};
        return find(blobs_, versioned_hash);
    }

  private:
    template <typename Map>
    static typename Map::mapped_type find(const Map& map, const Hash& key) {
        const auto it = map.find(key);
        return it == map.end() ? nullptr : it->second;
    }

    void drop_last() {
        for (const Hash& hash : canonical_.back()->transaction_hashes) places_.erase(hash);
        canonical_.pop_back();
    }

    mutable std::shared_mutex mutex_;
    absl::flat_hash_map<Hash, StoredBlockPtr> blocks_;
    absl::flat_hash_map<Hash, std::shared_ptr<const state::WorldState>> states_;
    absl::flat_hash_map<Hash, TransactionPlace> places_;  // of canonical blocks
    absl::flat_hash_map<Hash, StoredBlobPtr> blobs_;
    std::vector<StoredBlockPtr> canonical_;  // from first_number_ on
    uint64_t first_number_ = 0;
    StoredBlockPtr head_;
};

}  // namespace

std::unique_ptr<Store> make_memory_store() {
    return std::make_unique<MemoryStore>();
}

}  // namespace scope::chain
