#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "rollup/batch_execution.hpp"
#include "rollup/derivation.hpp"

namespace scope::rollup {

enum class FollowRule : uint8_t {
    // Of L1: nothing can be said of any rollup until it is mended; the next call tries again.
    l1_unreachable,
    l1_unsteady,  // it was reorganised again and again while it was read
    bad_l1_data,  // with its DerivationError
    // Of one rollup, which stops; the others go on.
    missing_data,   // with its DerivationError: L1 has no such blob, or it is another; tried again
    bad_batch,      // with its DerivationError: what settled is no batch
    refused_batch,  // with its BatchRefusal
    wrong_batch_number,
    wrong_parent_block,  // the claim builds on another block than the derived chain's last one
    wrong_last_block_hash,
    wrong_streams,                // streams, values or limits
    wrong_forced_queue_position,  // the claim names another than the predeploy holds
};
inline constexpr size_t FOLLOW_RULE_COUNT = 11;
/// Returns the enumerator's name.
std::string_view to_string(FollowRule rule) noexcept;

struct FollowError {
    FollowRule rule{};
    uint64_t l1_block = 0;
    std::optional<ChainId> chain_id;  ///< nullopt: not of one rollup
    uint64_t batch_number = 0;        ///< if of one rollup
    std::string detail;               ///< the difference, or the reason in words
    std::optional<DerivationError> derivation;
    std::optional<BatchRefusal> batch;
};
std::string to_string(const FollowError& error);

/// The progress of following L1.
struct Followed {
    size_t batches = 0;  ///< that were applied
    size_t unwound = 0;  ///< L1 blocks that are on the canonical chain no more
};

/// An L1 block that was followed.
struct FollowedBlock {
    l1::L1BlockId id;
    uint64_t timestamp_s = 0;
    std::vector<ChainId> registered;  ///< rollups, by the settlement contract
    std::vector<ChainId> closed;      ///< rollups, for good
    uint64_t changes = 0;  ///< registrations and closings up to it, of all that is followed
};

/// The label of a head: that of L1's fork choice for the block that settled it.
enum class Label : uint8_t { latest, safe, finalized };

/// The owner of a node's heads: of L1, as far as it has followed it, and of every rollup, which it
/// derives from L1 alone (docs/protocol.md, section 12). Nothing else moves them.
///
/// When L1 is reorganised, all heads go back to the fork point and follow the other branch.
/// A rollup whose batch does not derive stops; the others go on.
///
/// For one thread at a time.
class Follower final : public L1Origins {
  public:
    /// @param l1           Must outlive it.
    /// @param rollups      All of one settlement; others that settle there are passed over.
    /// @param first_block  The first of L1 that a batch may name as its origin. No block before it
    ///                     has an event of the settlement contract.
    Follower(const l1::L1Source& l1, std::vector<RollupConfig> rollups, uint64_t first_block = 0);

    /// Follows L1 to its head, back first if it was reorganised. A block that can't be read leaves
    /// the heads after the one before it.
    Result<Followed, FollowError> advance();

    /// The position of a rollup after an L1 block.
    struct Position {
        uint64_t l1_block = 0;
        Hash head;
        uint64_t next_batch = 0;
        uint64_t l1_origin_number = 0;       ///< of the last batch's last block
        uint64_t forced_queue_position = 0;  ///< behind the last batch
    };
    /// An upgrade of a rollup's predeploy.
    struct Upgrade {
        uint64_t l1_block = 0;
        Bytes code;
    };
    /// The queue that L1 has for a rollup, as far as L1 was followed, from the first entry on that a
    /// batch may take which is not final. So it holds what waits on L1, whose price doubles with each
    /// 2^24 of charged gas and which ends at 40 times that (2.5 MiB of data at 256 gas a byte), and
    /// what was queued in the L1 blocks that are not final, at most 2^25 gas, 131,072 bytes, each.
    struct ForcedQueue {
        uint64_t first = 0;  ///< index of the first entry that is held
        std::deque<QueuedEntry> entries;

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
        std::vector<Position> history;       ///< one for each L1 block that moved it; never empty
        std::optional<FollowError> stopped;  ///< the reason why it doesn't go on
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
    [[nodiscard]] uint64_t next_l1_block() const noexcept { return first_block_ + l1_.size(); }
    /// Returns null for one that was not followed, or is not canonical any more.
    [[nodiscard]] const FollowedBlock* l1_block(uint64_t number) const noexcept;

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
    void unwind_to(size_t kept);
    void unwind_events(Rollup& rollup);
    static void note_undone(Rollup& rollup);
    Result<bool, FollowError> read_up_to(uint64_t head, Followed& followed);
    Result<size_t, FollowError> follow(const chain::StoredBlock& block,
                                       const std::function<bool(const Rollup&)>& wanted);
    Result<void, FollowError> apply(Rollup& rollup, const DerivedBatch& derived, uint64_t l1_block);
    Result<BatchExecution, FollowError> execute(Rollup& rollup, const DerivedBatch& derived);
    Result<size_t, FollowError> try_missing_data_again();
    void note_events(const chain::StoredBlock& block);
    uint64_t changes_up_to(uint64_t number) const noexcept;
    std::vector<ChainId> gather(std::vector<ChainId> FollowedBlock::* events, uint64_t after,
                                uint64_t up_to) const;
    void set_labels(const l1::L1Heads& heads);
    void forget_taken(Rollup& rollup) const;
    static std::optional<BatchExecution> recall(Rollup& rollup, const Batch& batch);

    const l1::L1Source& source_;
    std::map<ChainId, Rollup> rollups_;
    protocol::SettlementId settlement_;
    uint64_t first_block_;
    std::vector<FollowedBlock> l1_;  // from first_block_ on
    uint64_t safe_ = 0;              // L1 block numbers
    uint64_t finalized_ = 0;
};

}  // namespace scope::rollup
