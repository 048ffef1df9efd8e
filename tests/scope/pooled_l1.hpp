#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <vector>

#include "l1/local_l1.hpp"
#include "state/unavailable.hpp"
#include "types/transaction.hpp"

namespace scope::demo {

/// A state that can't be read while its L1 is away, nor more often than is left.
class RemoteState final : public state::StateView {
  public:
    RemoteState(std::shared_ptr<const state::StateView> state, const bool& is_away,
                std::optional<size_t>& reads_left)
        : state_(std::move(state)), is_away_(is_away), reads_left_(reads_left) {}

    [[nodiscard]] std::optional<Account> account(const Address& address) const override {
        return read().account(address);
    }
    [[nodiscard]] evm::CodePtr code(const Address& address) const override {
        return read().code(address);
    }
    [[nodiscard]] Hash storage(const Address& address, const Hash& key) const override {
        return read().storage(address, key);
    }
    [[nodiscard]] bool has_storage(const Address& address) const override {
        return read().has_storage(address);
    }

  private:
    [[nodiscard]] const state::StateView& read() const {
        if (is_away_) throw state::Unavailable{"L1's state: it is away"};
        if (reads_left_ && *reads_left_ == 0) throw state::TooManyReads{"it reads too much"};
        if (reads_left_) --*reads_left_;
        return *state_;
    }

    std::shared_ptr<const state::StateView> state_;
    const bool& is_away_;
    std::optional<size_t>& reads_left_;
};

/// An L1 with a pool: what is sent waits there until somebody mines it.
class PooledL1 final : public l1::L1Source, public l1::L1View, public l1::L1Sender {
  public:
    explicit PooledL1(l1::LocalL1& l1) : l1_(l1) {}

    [[nodiscard]] Result<l1::L1Heads, l1::L1Error> heads() const override {
        if (is_source_away) return std::unexpected{l1::L1Error::unreachable};
        return l1_.heads();
    }
    [[nodiscard]] Result<chain::StoredBlockPtr, l1::L1Error> block(uint64_t number) const override {
        if (is_source_away || number >= first_away)
            return std::unexpected{l1::L1Error::unreachable};
        return l1_.block(number);
    }
    [[nodiscard]] Result<chain::StoredBlobPtr, l1::L1Error> blob(const Hash& hash) const override {
        return l1_.blob(hash);
    }

    [[nodiscard]] const chain::ChainSpec& spec() const override { return l1_.spec(); }
    [[nodiscard]] Result<l1::L1Head, l1::L1Error> head() const override { return l1_.head(); }
    [[nodiscard]] Result<std::shared_ptr<const state::StateView>, l1::L1Error> state(
        const Hash& block) const override {
        return std::make_shared<const RemoteState>(*l1_.state(block), is_state_away, reads_left_);
    }
    void limit_reads(std::optional<size_t> round_trips) const override {
        reads_left_ = round_trips ? most_reads : std::nullopt;
    }
    [[nodiscard]] Result<std::unique_ptr<execution::BlockHashes>, l1::L1Error> ancestors(
        const Hash& parent) const override {
        return l1_.ancestors(parent);
    }
    [[nodiscard]] Result<chain::BlockAttributes, l1::L1Error> next_block() const override {
        return l1_.next_block();
    }

    Result<void, l1::SendError> send(const Transaction& transaction,
                                     std::span<const chain::StoredBlobPtr> /*blobs*/) override {
        using Rule = l1::SendError::Rule;
        const auto refuse = [](Rule rule) { return std::unexpected{l1::SendError{rule, {}}}; };
        if (refuses_by) return refuse(*refuses_by);
        if (transaction.max_fee_per_gas < least_fee) return refuse(Rule::underpriced);
        const auto waits = pooled();
        if (waits && hash(*waits) != hash(transaction)) {
            const auto is_enough = [](const uint256& before, const uint256& now) {
                return now * uint256{10u} >= before * uint256{11u};
            };
            if (!is_enough(waits->max_fee_per_gas, transaction.max_fee_per_gas) ||
                !is_enough(waits->max_priority_fee_per_gas, transaction.max_priority_fee_per_gas))
                return refuse(Rule::replacement);
        }
        sent.push_back(transaction);
        has_pooled = true;
        if (takes_without_a_word) return refuse(Rule::unreachable);
        return {};
    }
    [[nodiscard]] Result<l1::TransactionStatus, l1::L1Error> status(
        const Hash& transaction_hash) const override {
        if (is_status_away) return std::unexpected{l1::L1Error::unreachable};
        auto status = *l1_.status(transaction_hash);
        const auto waits = pooled();
        if (!status.place && waits && hash(*waits) == transaction_hash)
            status.stage = l1::TransactionStatus::Stage::pending;
        return status;
    }

    /// Mines a block of what waits, which may be nothing.
    void mine() {
        const auto waits = pooled();
        if (!waits) return mine_empty();
        mine(*waits);
    }
    void mine(const Transaction& transaction) {
        const auto built = l1_.mine(std::span{&transaction, 1});
        ASSERT_TRUE(built.has_value());
        ASSERT_EQ(built->outcomes.size(), 1u);
        has_pooled = false;
    }
    void mine_empty() { ASSERT_TRUE(l1_.mine({}).has_value()); }
    [[nodiscard]] std::optional<Transaction> pooled() const {
        return has_pooled ? std::optional{sent.back()} : std::nullopt;
    }

    std::vector<Transaction> sent;  // what the pool took, in order
    bool has_pooled = false;        // the last of it waits
    bool takes_without_a_word = false;
    bool is_source_away = false;
    uint64_t first_away = UINT64_MAX;  // number of the first block that can't be read
    bool is_state_away = false;
    bool is_status_away = false;
    std::optional<size_t> most_reads;  ///< of a root; nullopt: any number
    std::optional<l1::SendError::Rule> refuses_by;
    uint256 least_fee;

  private:
    l1::LocalL1& l1_;
    mutable std::optional<size_t> reads_left_;
};

}  // namespace scope::demo
