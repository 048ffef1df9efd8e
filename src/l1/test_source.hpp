#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <vector>

#include "l1/l1_source.hpp"

namespace scope::l1::test {

/// A source of blocks without content, of which a test says what it answers.
class TestSource final : public L1Source {
  public:
    /// Makes a chain of so many blocks behind the genesis block.
    explicit TestSource(uint64_t blocks) { extend(blocks + 1, 0); }

    /// Adds blocks to the head. Those of another branch are others.
    void extend(uint64_t blocks, uint8_t branch) {
        const std::scoped_lock lock{mutex_};
        for (uint64_t i = 0; i < blocks; ++i) {
            auto block = std::make_shared<chain::StoredBlock>();
            block->block.header.number = chain_.size();
            if (!chain_.empty()) block->block.header.parent_hash = chain_.back()->hash;
            block->block.header.timestamp_s = chain_.size();
            block->hash = Hash{};
            block->hash.data()[0] = branch;
            block->hash.data()[30] = static_cast<uint8_t>(chain_.size() >> 8);
            block->hash.data()[31] = static_cast<uint8_t>(chain_.size());
            chain_.push_back(std::move(block));
        }
    }
    /// Drops the last blocks.
    void cut(uint64_t blocks) {
        const std::scoped_lock lock{mutex_};
        chain_.resize(chain_.size() - blocks);
    }
    /// Gives the last block a transaction with a blob, and an event of this contract.
    void add_blob(const Hash& versioned_hash, const Address& settlement) {
        const std::scoped_lock lock{mutex_};
        auto block = std::make_shared<chain::StoredBlock>(*chain_.back());
        block->block.transactions.emplace_back().blob_versioned_hashes = {versioned_hash};
        block->receipts.emplace_back().logs.push_back(
            {.address = settlement, .topics = {}, .data = {}});
        chain_.back() = std::move(block);
    }
    void fail(std::optional<L1Error> error) {
        const std::scoped_lock lock{mutex_};
        error_ = std::move(error);
    }
    void set_blob(chain::StoredBlobPtr blob) {
        const std::scoped_lock lock{mutex_};
        blob_ = std::move(blob);
    }
    void set_finalized(uint64_t number) {
        const std::scoped_lock lock{mutex_};
        finalized_ = number;
    }

    [[nodiscard]] L1BlockId id(uint64_t number) const {
        const std::scoped_lock lock{mutex_};
        return {number, chain_.at(number)->hash};
    }

    Result<L1Heads, L1Error> heads() const override {
        const std::scoped_lock lock{mutex_};
        ++calls;
        if (error_) return std::unexpected{*error_};
        const auto at = [&](uint64_t number) { return L1BlockId{number, chain_[number]->hash}; };
        return L1Heads{at(chain_.size() - 1), at(finalized_), at(finalized_)};
    }
    Result<chain::StoredBlockPtr, L1Error> block(uint64_t number) const override {
        const std::scoped_lock lock{mutex_};
        ++calls;
        if (error_) return std::unexpected{*error_};
        return number < chain_.size() ? chain_[number] : nullptr;
    }
    Result<chain::StoredBlobPtr, L1Error> blob(const Hash& /*versioned_hash*/) const override {
        const std::scoped_lock lock{mutex_};
        ++calls;
        if (error_) return std::unexpected{*error_};
        return blob_;
    }

    mutable std::atomic<int> calls = 0;

  private:
    mutable std::mutex mutex_;
    std::vector<chain::StoredBlockPtr> chain_;
    std::optional<L1Error> error_;
    chain::StoredBlobPtr blob_;
    uint64_t finalized_ = 0;
};

}  // namespace scope::l1::test
