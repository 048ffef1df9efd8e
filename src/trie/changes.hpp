#pragma once

#include <bit>

#include "trie/trie.hpp"

/// How a trie gets onto a disk and out of memory.
///
///     Trie after = before;              // before is stored, or empty
///     after.put(key, value);            // ... what a block changes
///     visit_changes(before, after, sequence, sink);
///     // commit what the sink was told; only when that has succeeded:
///     mark_stored(after, sequence);
///     let_go(after, older);              // now and then
///
/// None of these may run on two threads at once for tries that share nodes; everything else that
/// tries can do may go on beside them.
namespace scope::trie {

/// What a block did to a trie's nodes, as visit_changes tells it.
class NodeSink {
  public:
    virtual ~NodeSink() = default;
    /// Takes a node that is new at @p path. It is part of the block's trie with this version.
    virtual void write(const NodePath& path, const NodeVersion& version,
                       const StoredNode& node) = 0;
    /// Takes a node of the trie before that the block's trie doesn't have: nothing needs it when no
    /// trie is kept that is older than the block's.
    virtual void replace(const NodePath& path, const NodeVersion& version) = 0;
};

/// Tells @p sink what differs, and walks nothing else: with @p sequence each node of @p after that
/// was not stored, and each node of @p before that @p after doesn't have.
///
/// Reads only if a replaced node isn't in memory, which it is where after was made from a copy of
/// before. After an error the sink has been told a part.
///
/// REQUIRES: before is empty or stored; after was made from a copy of before, or else shares
/// nothing with it and isn't stored; sequence is larger than any in before, below SEQUENCE_LIMIT.
[[nodiscard]] Result<void, NodeError> visit_changes(const Trie& before, const Trie& after,
                                                    uint64_t sequence, NodeSink& sink);

/// Notes that what visit_changes told of @p trie is stored, so that it isn't told again and may be
/// let go.
void mark_stored(const Trie& trie, uint64_t sequence);

/// Lets go of the stored nodes that were written before @p sequence: the trie's source gives them
/// again when a key leads to them. What was written since then, and what isn't stored, stays.
/// Memory gets free as soon as no copy holds them. REQUIRES: a trie over a source.
void let_go(Trie& trie, uint64_t sequence);

/// Bytes in memory by the age of what was written, in classes.
class SizesByAge {
  public:
    /// @param now  Nothing is younger, but for what isn't stored.
    explicit SizesByAge(uint64_t now) noexcept : now_(now) {}

    void add(uint64_t sequence, size_t size) noexcept { sizes_[class_of(sequence)] += size; }
    /// Adds the nodes of a trie, those shared with copies included. Walks all of them.
    void add(const Trie& trie);

    [[nodiscard]] size_t sum() const noexcept;
    /// What letting go leaves.
    struct Cut {
        uint64_t sequence = 0;  ///< for let_go: of the first that stays
        size_t size = 0;        ///< of what stays
    };
    /// Returns where to cut, as early as possible, so that at most @p size bytes stay, or what was
    /// written last or isn't stored.
    [[nodiscard]] Cut cut(size_t size) const noexcept;

  private:
    /// 0: as old as now, or not stored; n: 2^(n-1) to 2^n - 1 older than now.
    [[nodiscard]] size_t class_of(uint64_t sequence) const noexcept {
        return sequence >= now_ ? 0 : static_cast<size_t>(std::bit_width(now_ - sequence));
    }
    void add(const Node& node, uint64_t parent);

    uint64_t now_;
    std::array<size_t, 65> sizes_{};
};

/// Returns the bytes that a trie's nodes take in memory, those shared with copies included. Walks
/// all of them.
size_t size_in_memory(const Trie& trie);

}  // namespace scope::trie
