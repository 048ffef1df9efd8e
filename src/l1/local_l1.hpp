#pragma once

#include <functional>

#include "chain/chain.hpp"
#include "l1/l1_sender.hpp"
#include "l1/l1_source.hpp"
#include "l1/l1_view.hpp"

namespace scope::l1 {

struct LocalL1Options {
    uint64_t slot_s = 12;  ///< from one block to the next, in seconds; without a clock
    Address coinbase;      ///< of its blocks
    /// Distances behind the head, in blocks; the genesis block, while the chain is shorter.
    uint64_t safe_depth = 32;
    uint64_t finalized_depth = 64;
    /// The clock, in seconds: a block has its time, or a second more than its parent. Null: blocks
    /// are slot_s apart.
    std::function<uint64_t()> now_s = {};
};

/// The attributes of L1's next block that a test wants other than they would be.
struct NextBlock {
    std::optional<uint64_t> timestamp_s;
    std::optional<Address> coinbase;
    std::optional<Hash> prev_randao;
    std::optional<uint64_t> gas_limit;
};

/// An L1 in this process, in all three roles: a chain that mines a block for each transaction that
/// it is sent.
///
/// What its chain's specification has by force (ChainSpec::forced) counts: blocks are built on the
/// forced state, and senders are who they are said to be.
///
/// As source it may be asked from several threads; the rest is for one thread.
class LocalL1 final : public L1Source, public L1View, public L1Sender {
  public:
    explicit LocalL1(chain::Chain chain, LocalL1Options options = {});
    /// Makes one that has its blocks and states in memory.
    LocalL1(chain::ChainSpec spec, const chain::Genesis& genesis, LocalL1Options options = {})
        : LocalL1(chain::Chain{std::move(spec), genesis}, std::move(options)) {}

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
    /// Mines the next block with the transaction as its first, and behind it what set_behind gave,
    /// as far as it fits. The block has the attributes that next_block told last, for it is what the
    /// sender has reckoned with.
    Result<void, SendError> send(const Transaction& transaction,
                                 std::span<const chain::StoredBlobPtr> blobs) override;
    /// Returns the status; never pending, for a block is mined with each transaction that is sent.
    [[nodiscard]] Result<TransactionStatus, L1Error> status(
        const Hash& transaction_hash) const override;

    // Mining
    /// Sets the attributes of the next block alone. REQUIRES: valid on the head then.
    void set_next_block(chain::BlockAttributes attributes);
    /// Sets some attributes of the next block alone, beside those that were set for it before.
    /// REQUIRES: a time after the head's; a gas limit that a child of the head may have.
    void set_next(const NextBlock& next);
    /// Forgets what was set for the next block, and what next_block told of it.
    void forget_next();
    void set_coinbase(const Address& coinbase) noexcept { options_.coinbase = coinbase; }
    /// Sets what stands behind the next transaction that is sent, in its block: a pool's
    /// transactions, in their order. Those that don't fit, and those of a transaction that is
    /// refused, are dropped.
    void set_behind(std::vector<Transaction> transactions) { behind_ = std::move(transactions); }
    /// Builds the next block from those of @p transactions that fit, in their order, and makes it
    /// the head.
    /// @param senders  Theirs, as execution::sender_of gives them; empty: they are recovered.
    Result<chain::BuiltBlock, chain::BlockRefusal> mine(std::span<const Transaction> transactions,
                                                        std::span<const Address> senders = {});
    /// Keeps the blobs of a transaction before it is mined: those of its versioned hashes, in their
    /// order. An error leaves it unmined, and may leave some of the blobs.
    Result<void, SendError> add_blobs_of(const Transaction& transaction,
                                         std::span<const chain::StoredBlobPtr> blobs);
    /// Keeps blobs for followers, up to the first whose proof does not hold; returns false then.
    bool add_blobs(std::span<const chain::StoredBlobPtr> blobs);
    /// Imports a child of the head that was mined elsewhere, by the same rules, and makes it the
    /// head.
    Result<chain::StoredBlockPtr, chain::BlockRefusal> import(const Block& block);
    /// Reorganises L1: the next block is built on this one. REQUIRES: it was mined here.
    void set_head(const Hash& block_hash);

  private:
    /// Returns the attributes of a block that is built now.
    [[nodiscard]] chain::BlockAttributes attributes() const;
    chain::Chain chain_;
    LocalL1Options options_;
    std::optional<chain::BlockAttributes> next_;
    NextBlock wanted_;
    std::vector<Transaction> behind_;
    mutable std::optional<chain::BlockAttributes> told_;  // by next_block, since the last block
};

}  // namespace scope::l1
