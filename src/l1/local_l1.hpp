#pragma once

#include "chain/chain.hpp"
#include "l1/l1_sender.hpp"
#include "l1/l1_source.hpp"
#include "l1/l1_view.hpp"

namespace scope::l1 {

struct LocalL1Options {
    uint64_t slot_s = 12;  ///< from one block to the next, in seconds
    Address coinbase;      ///< of its blocks
    /// Distances behind the head, in blocks; the genesis block, while the chain is shorter.
    uint64_t safe_depth = 32;
    uint64_t finalized_depth = 64;
};

/// An L1 in this process, in all three roles: a chain that mines a block for each transaction that
/// it is sent.
///
/// As source it may be asked from several threads; the rest is for one thread.
class LocalL1 final : public L1Source, public L1View, public L1Sender {
  public:
    LocalL1(chain::ChainSpec spec, const chain::Genesis& genesis, LocalL1Options options = {});

    [[nodiscard]] const chain::Chain& chain() const noexcept { return chain_; }

    // L1Source
    [[nodiscard]] Result<L1Heads, L1Error> heads() const override;
    [[nodiscard]] Result<chain::StoredBlockPtr, L1Error> block(uint64_t number) const override;
    [[nodiscard]] Result<chain::StoredBlobPtr, L1Error> blob(
        const Hash& versioned_hash) const override;

    // L1View
    [[nodiscard]] const chain::ChainSpec& spec() const override { return chain_.spec(); }
    [[nodiscard]] Result<L1Head, L1Error> head() const override;
    [[nodiscard]] Result<std::shared_ptr<const state::StateView>, L1Error> state(
        const Hash& block) const override;
    [[nodiscard]] Result<std::unique_ptr<execution::BlockHashes>, L1Error> ancestors(
        const Hash& parent) const override;
    [[nodiscard]] Result<chain::BlockAttributes, L1Error> next_block() const override;

    // L1Sender
    /// Mines the next block with the transaction alone.
    Result<void, SendError> send(const Transaction& transaction,
                                 std::span<const chain::StoredBlobPtr> blobs) override;
    /// Returns the status; never pending, for a block is mined with each transaction that is sent.
    [[nodiscard]] Result<TransactionStatus, L1Error> status(
        const Hash& transaction_hash) const override;

    // Mining
    /// Sets the attributes of the next block alone. REQUIRES: valid on the head then.
    void set_next_block(chain::BlockAttributes attributes) { next_ = std::move(attributes); }
    /// Builds the next block from those of @p transactions that fit, in their order, and makes it
    /// the head.
    Result<chain::BuiltBlock, chain::BlockRefusal> mine(std::span<const Transaction> transactions);
    /// Keeps blobs for followers, up to the first whose proof does not hold; returns false then.
    bool add_blobs(std::span<const chain::StoredBlobPtr> blobs);
    /// Reorganises L1: the next block is built on this one. REQUIRES: it was mined here.
    void set_head(const Hash& block_hash);

  private:
    chain::Chain chain_;
    LocalL1Options options_;
    std::optional<chain::BlockAttributes> next_;
};

}  // namespace scope::l1
