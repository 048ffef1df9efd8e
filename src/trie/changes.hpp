#pragma once

#include "trie/trie.hpp"

/// How a trie gets onto a disk and out of memory.
///
///     Trie after = before;              // before is stored, or empty
///     after.put(key, value);            // ... what a block changes
///     visit_changes(before, after, sequence, sink);
///     // commit what the sink was told; only when that has succeeded:
///     mark_stored(after, sequence);
///     let_go_to_size(after, size);      // now and then
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

/// Lets go of the nodes that were written longest ago, all that were written together or none,
/// until the rest takes at most @p size bytes or isn't stored. REQUIRES: as let_go.
void let_go_to_size(Trie& trie, size_t size);

/// Returns the bytes that a trie's nodes take in memory, those shared with copies included. Walks
/// all of them.
size_t size_in_memory(const Trie& trie);

}  // namespace scope::trie
