#pragma once

#include "trie/node_source.hpp"

/// A node as bytes for a database:
///
///     stored = node, ages
///     node   = its RLP (node_encoding.hpp)
///     ages   = a number for each child by hash, in order: the node's own sequence less the child's
///     number = 7 bits a byte, the lowest first; the top bit says that another byte follows;
///              no byte more than it needs
///
/// A child is written with its parent or before it, so ages are small and never negative. They are
/// not hashed: a wrong one leads to a node that is missing or has another hash.
namespace scope::trie {

/// Encodes a node that was written with @p sequence. REQUIRES: no child's is larger.
Bytes encode_stored(const StoredNode& node, uint64_t sequence);

/// Decodes what encode_stored gave for this sequence. The RLP's end is found; what it holds is not
/// looked at. Fails with malformed_node only.
Result<StoredNode, NodeError> decode_stored(BytesView bytes, uint64_t sequence);

}  // namespace scope::trie
