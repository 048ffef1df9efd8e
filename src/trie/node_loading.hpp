#pragma once

#include "trie/node.hpp"

/// Nodes from a source, in memory.
namespace scope::trie {

/// Returns the node of this version at this place; its children by hash are stored ones.
///
/// Nothing of the source is believed: the RLP has the hash, and is that of a node which can stand at
/// this place in a trie of whole keys, with a sequence for each child by hash or for none.
Result<NodePtr, NodeError> fetch(const NodeSource& source, const NodePath& path,
                                 const NodeVersion& version);

/// Whether a node that was read stays in memory, where all that share the place find it.
enum class Keep : bool { no, yes };

/// A node, and what holds it where the trie does not.
struct Resolved {
    const Node* node = nullptr;
    NodePtr held;
};

/// Returns the node at this place: @p node itself, or the one for which it stands.
/// @param source  Null if no node is a stored one.
Result<Resolved, NodeError> resolve(const Node& node, const NodePath& path,
                                    const NodeSource* source, Keep keep);

/// Returns the child of an extension, as resolve does: it must be a branch.
Result<Resolved, NodeError> resolve_child(const Extension& extension, const NodeSource* source,
                                          Keep keep);

}  // namespace scope::trie
