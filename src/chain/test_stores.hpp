#pragma once

#include "store/stored_chain.hpp"

/// The stores on which tests of a chain run: in memory, and in a database.
namespace scope::chain {

enum class StoreKind : uint8_t { memory, database };

/// A store with a database of its own, of which everything is committed with each head.
class TestStore final : public Store {
  public:
    explicit TestStore(ChainId chain) : store_(staging_, chain) {}

    void put_block(StoredBlockPtr block, std::shared_ptr<const state::WorldState> state) override {
        store_.put_block(std::move(block), std::move(state));
    }
    [[nodiscard]] StoredBlockPtr block(const Hash& hash) const override {
        return store_.block(hash);
    }
    [[nodiscard]] std::shared_ptr<const state::WorldState> state(
        const Hash& block_hash) const override {
        return store_.state(block_hash);
    }
    void set_head(const Hash& head) override {
        store_.set_head(head);
        staging_.commit();
    }
    [[nodiscard]] StoredBlockPtr head() const override { return store_.head(); }
    [[nodiscard]] StoredBlockPtr canonical_block(uint64_t number) const override {
        return store_.canonical_block(number);
    }
    [[nodiscard]] std::optional<TransactionPlace> transaction(const Hash& hash) const override {
        return store_.transaction(hash);
    }
    void put_blob(const Hash& versioned_hash, StoredBlobPtr blob) override {
        store_.put_blob(versioned_hash, std::move(blob));
    }
    [[nodiscard]] StoredBlobPtr blob(const Hash& versioned_hash) const override {
        return store_.blob(versioned_hash);
    }

  private:
    std::unique_ptr<store::Database> database_ = store::make_memory_database();
    store::Staging staging_{*database_};
    store::StoredChain store_;
};

inline std::unique_ptr<Store> make_test_store(StoreKind kind, ChainId chain) {
    if (kind == StoreKind::memory) return make_memory_store();
    return std::make_unique<TestStore>(chain);
}

inline std::string name_of(StoreKind kind) {
    return kind == StoreKind::memory ? "memory" : "database";
}

}  // namespace scope::chain
