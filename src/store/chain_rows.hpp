#pragma once

#include "chain/store.hpp"
#include "store/row_encoding.hpp"
#include "store/staging.hpp"
#include "store/state_changes.hpp"

namespace scope::store {

/// The distance behind the head, in blocks, from which on no state is kept; nullopt keeps all.
using PruneDepth = std::optional<uint64_t>;
inline constexpr uint64_t DEFAULT_PRUNE_DEPTH = 128;

/// One chain's rows: blocks, states and heads, with what belongs together changed together.
///
/// Blocks stay for good. Of states those after the canonical blocks from PruneDepth behind the head
/// on are kept, and those after other blocks of these heights: when a canonical block comes to that
/// depth, the nodes that it replaced are deleted, and those that abandoned blocks of its height
/// wrote, with all blocks on them.
///
/// Everything written waits in the Staging. One thread writes; any may read meanwhile. All of it
/// throws DatabaseError.
class ChainRows {
  public:
    /// @param rows  Must outlive it.
    ChainRows(Staging& rows, ChainId chain, PruneDepth depth = DEFAULT_PRUNE_DEPTH)
        : rows_(rows), chain_(chain), depth_(depth) {}

    // ---- blocks
    void put_block(const chain::StoredBlock& block);
    /// Returns null for a block that it doesn't have.
    [[nodiscard]] chain::StoredBlockPtr block(const Hash& hash) const;
    /// Returns the header alone, which is cheaper than the block; nullopt for an unknown one.
    [[nodiscard]] std::optional<BlockHeader> header(const Hash& hash) const;

    // ---- the canonical chain
    /// Makes @p head and its ancestors canonical, and prunes. REQUIRES: all of them stored.
    void set_head(const Hash& head);
    /// Has set_head keep the states of canonical blocks from this number on, beside those that the
    /// depth keeps. It isn't written anywhere.
    void keep_states(uint64_t from_number) noexcept { keep_from_ = from_number; }
    /// Returns nullopt before the first set_head.
    [[nodiscard]] std::optional<Hash> head() const;
    /// Returns the hash of the canonical block of a height; nullopt where there is none.
    [[nodiscard]] std::optional<Hash> canonical(uint64_t number) const;
    /// The place of a transaction on the canonical chain.
    struct Place {
        Hash block;
        uint64_t index = 0;
    };
    /// Returns nullopt for a transaction that no canonical block has.
    [[nodiscard]] std::optional<Place> transaction(const Hash& hash) const;

    // ---- states
    /// The state after a block: where its nodes begin.
    struct State {
        Hash root;
        uint64_t sequence = 0;  ///< that the block wrote with
        /// That the root was written with: an older one's if the block changed nothing.
        uint64_t root_sequence = 0;
        friend bool operator==(const State&, const State&) = default;
    };
    /// Returns the sequence that the next state is put with.
    [[nodiscard]] uint64_t next_sequence() const;
    /// Puts the state after a block. REQUIRES: the block is stored, and its parent's state if it is
    /// not the first; the state's sequence is next_sequence(), which the changes were made with.
    void put_state(const Hash& block, const State& state, const StateChanges& changes);
    /// Returns nullopt for a state that is not kept.
    [[nodiscard]] std::optional<State> state(const Hash& block) const;
    /// Returns the nodes of one trie, in all versions that are kept. It borrows from the Staging.
    [[nodiscard]] std::unique_ptr<trie::NodeSource> nodes(const Owner& owner) const;
    /// Returns the version that a trie's root with this hash has in the state after @p block; nullopt
    /// if there is none, or the state is not kept. So who knows the hash of an account's storage root
    /// finds its nodes.
    ///
    /// Blocks of two branches may have written the same root, each with nodes of its own: the one is
    /// meant that this state stands on, for the other's are deleted when its branch is.
    [[nodiscard]] std::optional<trie::NodeVersion> find_root(const Owner& owner, const Hash& hash,
                                                             const Hash& block) const;
    /// Returns the bytes of a code that some state has had; nullopt for an unknown one.
    [[nodiscard]] std::optional<Bytes> code(const Hash& hash) const;

    // ---- blobs
    void put_blob(const Hash& versioned_hash, const chain::StoredBlob& blob);
    /// Returns null for a blob that it doesn't have.
    [[nodiscard]] chain::StoredBlobPtr blob(const Hash& versioned_hash) const;
    void erase_blob(const Hash& versioned_hash);

  private:
    [[nodiscard]] BlockHeader header_that_is_there(const Hash& hash) const;
    [[nodiscard]] std::vector<Hash> transaction_hashes(const Hash& block) const;
    [[nodiscard]] std::optional<uint64_t> number(ChainValue name) const;
    void make_canonical(uint64_t number, const Hash& hash);
    void unmake_canonical(uint64_t number);

    void prune(uint64_t head_number);
    void prune_height(uint64_t number);
    void forget_abandoned(uint64_t number, const Hash& block);
    /// Returns the blocks of a height that stand on one of @p parents and have a state.
    [[nodiscard]] std::vector<Hash> children(const std::vector<Hash>& parents,
                                             uint64_t number) const;
    [[nodiscard]] std::vector<Hash> blocks_with_state(uint64_t number) const;
    /// Returns whether a block that wrote with this sequence is @p block or one of its ancestors.
    /// REQUIRES: the state after @p block is kept, and nodes with this sequence are there.
    [[nodiscard]] bool is_below(uint64_t sequence, const Hash& block) const;
    /// Returns the height of the first canonical block whose state is kept. REQUIRES: there is a head.
    [[nodiscard]] uint64_t first_kept() const;
    [[nodiscard]] uint64_t canonical_sequence(uint64_t number) const;
    [[nodiscard]] std::optional<StateRow> state_row(uint64_t number, const Hash& block) const;
    [[nodiscard]] ChangedPlaces changes(uint64_t number, const Hash& block,
                                        uint64_t sequence) const;

    Staging& rows_;
    ChainId chain_;
    PruneDepth depth_;
    uint64_t keep_from_ = UINT64_MAX;
    /// The block that was put last, with its transactions: it is the next head.
    std::pair<Hash, std::vector<Hash>> last_put_;
};

}  // namespace scope::store
