#pragma once

#include <array>

#include "rlp/decode.hpp"
#include "trie/node_encoding.hpp"
#include "trie/node_source.hpp"

/// Reads nodes that somebody else has encoded (node_encoding.hpp). Each part is looked at when it is
/// asked for; each of these fails with NodeError::malformed_node only.
namespace scope::trie {

/// A node's items: 2 or 17.
struct NodeItems {
    std::array<rlp::Item, 17> items;
    size_t count = 0;
    [[nodiscard]] bool is_branch() const noexcept { return count == items.size(); }
};
Result<NodeItems, NodeError> read_items(BytesView node) noexcept;

/// A leaf's or an extension's path: nibbles [begin, end) of the bytes.
struct PathItem {
    PathKind kind = PathKind::extension;
    BytesView bytes;
    size_t begin = 0;
    size_t end = 0;
    [[nodiscard]] size_t size() const noexcept { return end - begin; }
    [[nodiscard]] uint8_t operator[](size_t i) const noexcept {
        return nibble(bytes.data(), begin + i);
    }
};
/// Reads a path; an extension's is not empty.
Result<PathItem, NodeError> read_path(const rlp::Item& item) noexcept;

/// Reads a leaf's value, which is not empty.
Result<BytesView, NodeError> read_value(const rlp::Item& item) noexcept;

/// A reference to a child, where there is one.
struct ChildItem {
    enum class Kind : uint8_t { none, hash, embedded } kind = Kind::none;
    BytesView bytes;  ///< the hash, or the RLP of the node
};
Result<ChildItem, NodeError> read_child(const rlp::Item& item) noexcept;

}  // namespace scope::trie
