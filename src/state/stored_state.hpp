#pragma once

#include "state/world_state.hpp"
#include "trie/changes.hpp"

namespace scope::state {

/// Whose trie it is: the state trie, or the storage trie of an account, by the hash of its address.
using TrieOwner = std::optional<Hash>;

/// The place of a state that is stored.
struct StatePlace {
    Hash block;              ///< it is the state after this one
    trie::NodeVersion root;  ///< of the state trie
    uint64_t sequence = 0;   ///< that the block wrote with
};

/// Where stored states have their nodes and code: a database. What can't be read it throws
/// (std::runtime_error). May be called on several threads.
class StateSource {
  public:
    virtual ~StateSource() = default;
    /// Returns the nodes of one trie, in all versions that are kept. May outlive this source.
    [[nodiscard]] virtual std::unique_ptr<trie::NodeSource> nodes(const TrieOwner& owner) const = 0;
    /// Returns the version that an account's storage root with this hash has in a state; nullopt if
    /// the state has no such node, or is not kept.
    [[nodiscard]] virtual std::optional<trie::NodeVersion> storage_root(
        const Hash& owner, const Hash& root, const StatePlace& state) const = 0;
    /// Returns the bytes of a code; nullopt for an unknown one. They are not believed.
    [[nodiscard]] virtual std::optional<Bytes> code(const Hash& hash) const = 0;
};

/// What a state changed, as StoredState::visit_changes tells it.
class StateSink {
  public:
    virtual ~StateSink() = default;
    /// Returns what takes the changes of one trie, until the next call.
    virtual trie::NodeSink& of_trie(const TrieOwner& owner) = 0;
    virtual void code(const Hash& hash, BytesView bytes) = 0;
};

/// A state whose nodes are read where they are needed, and of which a part is in memory.
///
/// What can't be read is thrown as Unavailable, here alone, and leaves no mark. Nothing that is read
/// is believed: nodes and code have the hash that names them.
///
/// A state is stored, or was made by after() of another one, whose nodes it shares. Whoever stores
/// it does this, in one thread for all states of a source:
///
///     state->visit_changes(sequence, sink);       // write what the sink was told
///     state->mark_stored(block, sequence);
///     state = state->within(size_bytes);
///
/// What is read stays in memory, up to MAX_KEPT_NODES of a state, where those made from it find it.
class StoredState final : public WorldState, public std::enable_shared_from_this<StoredState> {
  public:
    using Ptr = std::shared_ptr<const StoredState>;
    static constexpr size_t MAX_KEPT_NODES = 16'384;

    /// Returns the state without accounts.
    static Ptr empty(std::shared_ptr<const StateSource> source);
    /// Returns a state that is stored, with nothing of it in memory.
    static Ptr open(std::shared_ptr<const StateSource> source, const StatePlace& place);
    ~StoredState() override;

    [[nodiscard]] std::optional<Account> account(const Address& address) const override;
    [[nodiscard]] evm::CodePtr code(const Address& address) const override;
    [[nodiscard]] Hash storage(const Address& address, const Hash& key) const override;
    [[nodiscard]] bool has_storage(const Address& address) const override;
    /// Reads nothing.
    [[nodiscard]] Hash state_root() const override;
    [[nodiscard]] Hash storage_root(const Address& address) const override;
    [[nodiscard]] AccountProof prove(const Address& address,
                                     std::span<const Hash> keys) const override;
    [[nodiscard]] std::vector<Bytes> prove_erasure(const Address& address,
                                                   std::span<const Hash> keys) const override;
    [[nodiscard]] uint256 supply() const override;
    /// @param diff  Or several, one behind the other, each from a State on what those before it give.
    [[nodiscard]] std::shared_ptr<const WorldState> after(const StateDiff& diff) const override;

    [[nodiscard]] bool is_of(const StateSource& source) const noexcept;
    /// Returns where it is stored; nullopt if it is not.
    [[nodiscard]] std::optional<StatePlace> place() const;

    /// The state from which it was made, and how; nulls for one that is stored.
    struct Origin {
        Ptr before;
        std::shared_ptr<const StateDiff> diff;
    };
    [[nodiscard]] Origin origin() const;

    /// Tells @p sink what differs from the state from which it was made.
    /// REQUIRES: that is stored or empty(); sequence is larger than any in it.
    void visit_changes(uint64_t sequence, StateSink& sink) const;
    /// Notes that what visit_changes told is stored. It holds the state before no longer.
    void mark_stored(const Hash& block, uint64_t sequence) const;

    /// Returns the same state with at most @p size_bytes of it in memory, or itself. What was written
    /// longest ago is let go of; its memory gets free when no other state holds it.
    /// REQUIRES: it is stored.
    [[nodiscard]] Ptr within(size_t size_bytes) const;
    /// Returns the bytes of it that are in memory, those shared with others included. Walks them.
    [[nodiscard]] size_t size_in_memory() const;

  private:
    struct Storage;
    struct Leaf;
    struct Content;
    explicit StoredState(std::unique_ptr<Content> content);

    [[nodiscard]] std::optional<Leaf> leaf(const Hash& owner) const;
    /// Returns a storage trie; an empty one for the empty root.
    [[nodiscard]] Storage storage_of(const Hash& owner, const Hash& root) const;
    [[nodiscard]] Storage storage_of(const Hash& owner) const;
    /// Returns the sizes of what is in memory by age, if now is @p sequence.
    [[nodiscard]] trie::SizesByAge sizes(uint64_t sequence) const;
    [[nodiscard]] size_t nodes_read() const;
    [[nodiscard]] bool keeps_read() const;
    [[nodiscard]] size_t estimated_size() const;
    void change(const StoredState& before, const AccountDiff& change);

    std::unique_ptr<Content> content_;
};

}  // namespace scope::state
