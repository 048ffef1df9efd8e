#pragma once

#include <array>
#include <compare>
#include <span>
#include <string_view>

#include "base/bytes.hpp"
#include "base/check.hpp"

/// Where a trie's nodes come from that are not in memory, and where changed ones go.
namespace scope::trie {

/// Longest key, in bytes. Ethereum's are hashes, or RLP of an index.
inline constexpr size_t MAX_KEY_SIZE = 32;

/// A node's place in its trie: the nibbles from the root to it. Of a whole key, the nibbles of it.
struct NodePath {
    /// Two nibbles a byte, the high half first; zeros behind the last.
    std::array<uint8_t, MAX_KEY_SIZE> bytes{};
    uint8_t size = 0;  ///< in nibbles

    /// Returns all nibbles of a key. REQUIRES: key.size() <= MAX_KEY_SIZE.
    static NodePath of(BytesView key) {
        CHECK(key.size() <= MAX_KEY_SIZE);
        NodePath path;
        std::ranges::copy(key, path.bytes.begin());
        path.size = static_cast<uint8_t>(2 * key.size());
        return path;
    }
    /// Returns the first @p count nibbles. REQUIRES: count <= size.
    [[nodiscard]] NodePath first(size_t count) const noexcept {
        NodePath path;
        std::copy_n(bytes.begin(), (count + 1) / 2, path.bytes.begin());
        if (count % 2 != 0) path.bytes[count / 2] &= 0xf0;
        path.size = static_cast<uint8_t>(count);
        return path;
    }
    /// Appends a nibble. REQUIRES: shorter than the longest key.
    void push(size_t nibble) {
        CHECK(size < 2 * MAX_KEY_SIZE);
        bytes[size / 2] |= static_cast<uint8_t>(size % 2 == 0 ? nibble << 4 : nibble);
        ++size;
    }
    /// Returns the path longer by a nibble. REQUIRES: as push.
    [[nodiscard]] NodePath then(size_t nibble) const {
        NodePath path = *this;
        path.push(nibble);
        return path;
    }
    [[nodiscard]] uint8_t operator[](size_t i) const noexcept {
        return i % 2 == 0 ? bytes[i / 2] >> 4 : bytes[i / 2] & 0x0f;
    }

    /// In the order of the tree, parents before their children.
    friend auto operator<=>(const NodePath&, const NodePath&) noexcept = default;
};

/// Sequences are below: a node in memory has 48 bits for it.
inline constexpr uint64_t SEQUENCE_LIMIT = (uint64_t{1} << 48) - 1;

/// One of the nodes that a place in a trie has had.
///
/// A sequence is the number of a writing: each block that is stored has one of its own, larger than
/// that of the block it stands on. It is not the block's height, for two blocks of one height may
/// write the same node, and who deletes what the one has written must leave the other's. So path
/// and sequence name a node for good. Who keeps nodes by their hash has no use for sequences: all
/// are 0.
struct NodeVersion {
    Hash hash;  ///< keccak256 of the node's RLP
    uint64_t sequence = 0;
    friend bool operator==(const NodeVersion&, const NodeVersion&) noexcept = default;
};

/// The reason why a node of a source can't be used.
enum class NodeError : uint8_t {
    missing_node,    ///< the source doesn't have it
    wrong_hash,      ///< what the source gives has another hash
    malformed_node,  ///< no RLP of a leaf, an extension or a branch that can stand at its place
};
std::string_view to_string(NodeError error) noexcept;

/// Sequences of the children that a node names by hash, in their order: none for a leaf, one at
/// most for an extension, 16 at most for a branch.
struct ChildSequences {
    std::array<uint64_t, 16> values{};
    uint8_t count = 0;

    void push(uint64_t sequence) {
        CHECK(count < values.size());
        values[count++] = sequence;
    }
    [[nodiscard]] std::span<const uint64_t> view() const noexcept {
        return std::span{values}.first(count);
    }
};

/// A node as sources give it and sinks take it. stored_node.hpp makes bytes of it.
struct StoredNode {
    Bytes rlp;
    ChildSequences sequences;  ///< or none at all, from a source that goes by the hash alone
};

/// The nodes of one trie, in all versions that are kept: on a disk, or in a witness.
class NodeSource {
  public:
    virtual ~NodeSource() = default;

    /// Returns the node. Nothing of it is believed: whoever asked compares the hash and reads the
    /// RLP with care. May be called on several threads at once, if tries over it are.
    ///
    /// What the machine gets wrong it throws; a trie's operation lets that through and leaves the
    /// trie as it was.
    [[nodiscard]] virtual Result<StoredNode, NodeError> node(const NodePath& path,
                                                             const NodeVersion& version) const = 0;
};

}  // namespace scope::trie
