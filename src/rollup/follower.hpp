#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "rollup/batch_execution.hpp"
#include "rollup/derivation.hpp"
#include "rollup/followed.hpp"
#include "rollup/follower_rows.hpp"
#include "store/node_database.hpp"

namespace scope::rollup {

/// The owner of a node's heads: of L1, as far as it has followed it, and of every rollup, which it
/// derives from L1 alone (docs/protocol.md, section 12). Nothing else moves them.
///
/// When L1 is reorganised, all heads go back to the fork point and follow the other branch.
/// A rollup whose batch does not derive stops; the others go on.
///
/// All of it is in a database, and committed after each L1 block: a follower that is made on one goes
/// on from where the last one stood. States are kept from the final heads on. In memory it has what
/// was found since the last final L1 block.
///
/// For one thread at a time.
class Follower final : public L1Origins {
  public:
    /// @param l1           Must outlive it.
    /// @param rollups      All of one settlement; others that settle there are passed over.
    /// @param first_block  The first of L1 that a batch may name as its origin. No block before it
    ///                     has an event of the settlement contract.
    /// @param database     Null: one that ends with it. Throws DatabaseError: other_network if it has
    ///                     others than these rollups.
    Follower(const l1::L1Source& l1, std::vector<RollupConfig> rollups, uint64_t first_block = 0,
             std::shared_ptr<store::NodeDatabase> database = nullptr);

    /// Follows L1 to its head, back first if it was reorganised. A block that can't be read leaves
    /// the heads after the one before it.
    Result<Followed, FollowError> advance();

    using Position = RollupPosition;
    using Upgrade = PredeployUpgrade;
    /// The queue that L1 has for a rollup, as far as L1 was followed, from the first entry on that a
    /// batch may take which is not final. So it holds what waits on L1, whose price doubles with each
    /// 2^24 of charged gas and which ends at 40 times that (2.5 MiB of data at 256 gas a byte), and
    /// what was queued in the L1 blocks that are not final, at most 2^25 gas, 131,072 bytes, each.
    struct ForcedQueue : FollowerRows::Queue {
        [[nodiscard]] uint64_t length() const noexcept { return first + entries.size(); }
    };
    /// This node's own execution of a batch.
    struct Executed {
        Hash batch_hash;  ///< keccak256 of its encoding
        BatchExecution execution;
        size_t size_bytes = 0;  ///< of the execution's blocks

        [[nodiscard]] bool is_of(const Hash& batch, const Hash& parent) const {
            return batch_hash == batch && execution.parent_block_hash == parent;
        }
    };
    struct Rollup {
        RollupConfig config;
        chain::Chain chain;
        /// One for each L1 block that moved it since the last final one, and the last two before; of
        /// the genesis the first. Never empty.
        std::vector<Position> history;
        std::optional<FollowError> stopped;           ///< the reason why it doesn't go on
        std::vector<chain::TransactionPlace> undone;  ///< candidates of take_undone
        std::deque<Executed> executed;                ///< kept by remember
        std::vector<Upgrade> upgrades;                ///< all of them
        ForcedQueue forced_queue;
        std::optional<uint64_t> closed_at;  ///< the L1 block in which it was closed for good

        [[nodiscard]] uint64_t next_batch() const { return history.back().next_batch; }
        [[nodiscard]] uint64_t l1_origin_number() const { return history.back().l1_origin_number; }
        [[nodiscard]] uint64_t forced_queue_position() const {
            return history.back().forced_queue_position;
        }
        /// Returns the number of batches that it has of an L1 block, the last that moved it.
        [[nodiscard]] uint64_t batches_of(uint64_t l1_block) const;
    };
    /// Returns null for a chain that is not followed.
    [[nodiscard]] const Rollup* rollup(ChainId chain_id) const noexcept;
    [[nodiscard]] const std::map<ChainId, Rollup>& rollups() const noexcept { return rollups_; }

    struct Head {
        Position position;
        std::optional<FollowError> stopped;  ///< the reason why the rollup doesn't go on
    };
    /// Returns a rollup's head after the L1 block with this label. REQUIRES: it is followed.
    [[nodiscard]] Head head(ChainId chain_id, Label label = Label::latest) const;

    /// Returns the number of the next L1 block to read.
    [[nodiscard]] uint64_t next_l1_block() const noexcept {
        return l1_.empty() ? first_block_ : l1_.back().id.number + 1;
    }
    /// Returns nullopt for one that was not followed, or is not canonical any more.
    [[nodiscard]] std::optional<FollowedBlock> l1_block(uint64_t number) const;

    /// Returns whether the states are kept on which all rollups would go on after this L1 block.
    [[nodiscard]] bool can_go_back_to(uint64_t l1_block) const;

    [[nodiscard]] std::optional<Origin> l1_origin(uint64_t number) const override;
    [[nodiscard]] std::vector<ChainId> registered(uint64_t after, uint64_t up_to) const override;
    [[nodiscard]] std::vector<ChainId> closed(uint64_t after, uint64_t up_to) const override;
    /// Returns how many registrations and closings there were in these blocks, as registered and closed
    /// name them, without naming them.
    [[nodiscard]] uint64_t chains_changed(uint64_t after, uint64_t up_to) const;
    [[nodiscard]] std::optional<Bytes> upgrade(ChainId chain_id, uint64_t after,
                                               uint64_t up_to) const override;
    [[nodiscard]] const QueuedEntry* forced_entry(ChainId chain_id, uint64_t index) const override;
    /// Returns the options with which the next batch of a rollup is executed on its head, or its
    /// form is checked: with all rules. They borrow from this.
    [[nodiscard]] BatchOptions options_for(const Rollup& rollup) const noexcept;

    /// Keeps this node's own execution of a batch: if the batch settles on the same parent, it is
    /// adopted instead of being executed again. Keeps the last few of a rollup, with at most
    /// MAX_KEPT_BYTES of blocks together; nothing of an execution without its blocks, or for a
    /// chain that is not followed.
    /// REQUIRES: executed under the rollup's own rules.
    void remember(const Batch& batch, BatchExecution execution);

    /// Takes the users' transactions that stood in blocks which a reorganisation of L1 undid and
    /// which stand on the chain no more, each once, in their order.
    std::vector<Transaction> take_undone(ChainId chain_id);

  private:
    /// Goes back to the fork point; returns false, as read_up_to does, if L1 was reorganised
    /// meanwhile.
    Result<bool, FollowError> unwind(const l1::L1BlockId& head, Followed& followed);
    /// Forgets what was found in L1 blocks from @p next on.
    void unwind_to(uint64_t next);
    static void note_undone(Rollup& rollup);
    /// Reads from the rows what is in memory of L1, and of a rollup but for why it stopped.
    void load_l1();
    void load(ChainId chain_id, Rollup& rollup);
    [[nodiscard]] std::vector<ChainId> chain_ids() const;
    void set_stopped(Rollup& rollup, std::optional<FollowError> stopped);
    Result<bool, FollowError> read_up_to(uint64_t head, Followed& followed);
    Result<size_t, FollowError> follow(const chain::StoredBlock& block,
                                       const std::function<bool(const Rollup&)>& wanted);
    Result<void, FollowError> apply(Rollup& rollup, const DerivedBatch& derived, uint64_t l1_block);
    Result<BatchExecution, FollowError> execute(Rollup& rollup, const DerivedBatch& derived);
    Result<size_t, FollowError> try_missing_data_again();
    /// Follows the next block, with all its batches and events; whatever is thrown, nothing of it is
    /// left.
    Result<size_t, FollowError> follow_whole(const chain::StoredBlock& block);
    void note_events(const chain::StoredBlock& block);
    void set_labels(const l1::L1Heads& heads);
    /// Forgets what only L1 giving up what is final could ask for: the rows have it.
    void forget_final(Rollup& rollup) const;
    void forget_taken(Rollup& rollup) const;
    static std::optional<BatchExecution> recall(Rollup& rollup, const Batch& batch);

    const l1::L1Source& source_;
    std::shared_ptr<store::NodeDatabase> database_;
    std::map<ChainId, Rollup> rollups_;
    protocol::SettlementId settlement_;
    uint64_t first_block_;
    FollowerRows rows_;
    std::deque<FollowedBlock> l1_;  // from the last final one on, the last one always
    FollowerRows::Events events_;
    FollowerRows::Labels labels_;
};

}  // namespace scope::rollup
