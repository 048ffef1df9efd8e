#pragma once

#include <deque>
#include <vector>

#include "rollup/followed.hpp"
#include "rollup/l1_origins.hpp"
#include "store/staging.hpp"

namespace scope::rollup {

/// The rows of a Follower: how far it came on L1, and where each rollup stands after each
/// L1 block that moved it. With the chains that are committed beside it, a follower goes on from it.
///
///     key      := 'f' l1_chain_id(8) kind(1) rest
///     network  := i                          [settlement, first_block, [chain_id*]]
///     labels   := l                          [safe, finalized]              L1 block numbers
///     block    := b number(8)                [hash, timestamp_s]
///     events   := e number(8)                [[registered*], [closed*]]     where there are any
///     position := p chain_id(8) number(8)    [number, head, head_number, next_batch,
///                                             l1_origin_number, forced_queue_position]
///     upgrade  := u chain_id(8) number(8)    code, not RLP
///     entry    := q chain_id(8) index(8)     [queued_at, kind, from, to, value, gas_limit, data]
///     stop     := s chain_id(8)              [rule, l1_block, batch_number, detail]
///
/// Numbers in keys are big-endian; values are RLP. Reading throws DatabaseError, bad_row.
class FollowerRows {
  public:
    /// @param rows  Must outlive it.
    FollowerRows(store::Staging& rows, ChainId l1) : rows_(rows), l1_(l1) {}

    /// Returns whether a follower has been here.
    [[nodiscard]] bool is_used() const { return rows_.get(key('i')).has_value(); }
    /// Notes which network is followed. Throws DatabaseError, other_network, if it was another.
    void require_network(const Address& settlement, uint64_t first_block,
                         const std::vector<ChainId>& rollups);

    /// The L1 blocks up to which rollups are safe and final.
    struct Labels {
        uint64_t safe = 0;
        uint64_t finalized = 0;
        friend bool operator==(const Labels&, const Labels&) = default;
    };
    void put(const Labels& labels);
    [[nodiscard]] Labels labels() const;

    void put(const FollowedBlock& block);
    /// Returns nullopt for one that was not followed.
    [[nodiscard]] std::optional<FollowedBlock> block(uint64_t number) const;
    /// Returns the last one that was followed.
    [[nodiscard]] std::optional<FollowedBlock> last_block() const;

    /// Registrations and closings, each in the order of L1's blocks.
    struct Events {
        std::vector<RollupEvent> registered;
        std::vector<RollupEvent> closed;
    };
    void put_events(uint64_t l1_block, const std::vector<ChainId>& registered,
                    const std::vector<ChainId>& closed);
    [[nodiscard]] Events events() const;

    /// The positions after final L1 blocks that positions gives: the last tells where the rollup
    /// stands, the one before it what that L1 block moved.
    static constexpr std::ptrdiff_t FINAL_POSITIONS = 2;
    void put_position(ChainId rollup, const RollupPosition& position);
    /// Returns the positions after all L1 blocks behind @p finalized, and the last FINAL_POSITIONS
    /// before them; fewer where there are no more.
    [[nodiscard]] std::vector<RollupPosition> positions(ChainId rollup, uint64_t finalized) const;

    /// Returns the position after an L1 block; nullopt before the rollup's first batch.
    [[nodiscard]] std::optional<RollupPosition> position(ChainId rollup, uint64_t l1_block) const;

    void put_upgrade(ChainId rollup, const PredeployUpgrade& upgrade);
    [[nodiscard]] std::vector<PredeployUpgrade> upgrades(ChainId rollup) const;

    /// An end of a rollup's queue.
    struct Queue {
        uint64_t first = 0;  ///< index of the first entry; the queue's length if there is none
        std::deque<QueuedEntry> entries;
    };
    void put_entry(ChainId rollup, const QueuedEntry& entry);
    /// Returns the entries from this index on.
    [[nodiscard]] Queue queue(ChainId rollup, uint64_t from) const;

    /// @param stop  nullopt: it goes on.
    void put_stop(ChainId rollup, const std::optional<FollowError>& stop);
    [[nodiscard]] std::optional<FollowError> stop(ChainId rollup) const;

    /// Erases what was found in L1 blocks from @p number on, but for why rollups stopped.
    void erase_from(uint64_t number, const std::vector<ChainId>& rollups);

  private:
    [[nodiscard]] Bytes key(char kind) const;
    [[nodiscard]] Bytes key(char kind, uint64_t number) const;
    [[nodiscard]] Bytes key(char kind, ChainId rollup, uint64_t number) const;
    /// Erases the last rows of a prefix, up to the first for which @p is_undone(key, value) is false.
    template <typename F>
    void erase_while(BytesView prefix, F is_undone);

    store::Staging& rows_;
    ChainId l1_;
};

}  // namespace scope::rollup
