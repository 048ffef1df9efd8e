#pragma once

#include <array>
#include <atomic>

#include "trie/node_encoding.hpp"
#include "trie/trie.hpp"

/// A trie's nodes as they are in memory; for the files of this folder.
namespace scope::trie {

/// A leaf or an extension holds its key from the root on, not only its own part of the path: so a
/// path gets longer or shorter by moving its begin, when nodes split or merge, and no nibbles are
/// ever shifted.
///
/// What holds in each trie: a branch has two entries or more, counting its value, and an
/// extension's child is a branch. So it is too in nodes from outside, or they are malformed.
struct Node {
    /// A stored one stands for a node that the source has: it knows that one's hash and sequence.
    enum class Kind : uint8_t { leaf, extension, branch, stored };
    enum class Cache : uint8_t { none, busy, ready };
    static constexpr uint64_t UNSTORED = SEQUENCE_LIMIT;

    explicit Node(Kind k) noexcept : kind(k) {}
    /// A copy is about to be changed: it has its own count, no hash, and is not stored.
    Node(const Node& other) noexcept : kind(other.kind) {}
    Node& operator=(const Node&) = delete;

    [[nodiscard]] uint64_t sequence() const noexcept {
        return uint64_t{sequence_high} << 32 | sequence_low;
    }
    void set_sequence(uint64_t sequence) const noexcept {
        sequence_low = static_cast<uint32_t>(sequence);
        sequence_high = static_cast<uint16_t>(sequence >> 32);
    }
    [[nodiscard]] bool is_stored() const noexcept { return sequence() != UNSTORED; }
    void set_reference(const NodeRef& reference) const noexcept {
        ref = reference;
        cache.store(Cache::ready, std::memory_order_release);
    }
    /// Forgets what a changed node no longer has.
    void reset() const noexcept {
        cache.store(Cache::none, std::memory_order_relaxed);
        set_sequence(UNSTORED);
    }

    std::atomic<uint32_t> references{1};
    /// Of its version, in two parts, since 8 bytes would be 16 with what is around them.
    mutable uint32_t sequence_low = static_cast<uint32_t>(UNSTORED);
    mutable uint16_t sequence_high = static_cast<uint16_t>(UNSTORED >> 32);
    const Kind kind;
    /// Copies of a trie on several threads may hash a node at one time: the first keeps its result
    /// here, the others use their own.
    mutable std::atomic<Cache> cache{Cache::none};
    mutable NodeRef ref;
};

/// Nibbles [begin, end) of a key.
struct Path {
    std::array<uint8_t, MAX_KEY_SIZE> bytes;
    uint8_t begin;
    uint8_t end;

    Path(const NodePath& key, size_t from, size_t to) noexcept
        : bytes(key.bytes), begin(static_cast<uint8_t>(from)), end(static_cast<uint8_t>(to)) {}
    [[nodiscard]] uint8_t operator[](size_t i) const noexcept { return nibble(bytes.data(), i); }
};

/// Returns where the path ends, from the root.
inline NodePath path_to(const Path& path) noexcept {
    NodePath whole;
    whole.bytes = path.bytes;
    whole.size = static_cast<uint8_t>(2 * MAX_KEY_SIZE);
    return whole.first(path.end);
}

struct Leaf : Node {
    Leaf(const Path& p, Bytes v) noexcept : Node(Kind::leaf), path(p), value(std::move(v)) {}
    Path path;
    Bytes value;
};

struct Extension : Node {
    Extension(const Path& p, NodePtr c) noexcept
        : Node(Kind::extension), path(p), child(std::move(c)) {}
    Path path;
    NodePtr child;
};

struct Branch : Node {
    Branch() noexcept : Node(Kind::branch) {}
    std::array<NodePtr, 16> children;
    Bytes value;  // empty: none
};

struct Stored : Node {
    explicit Stored(const NodeVersion& version) noexcept;
    Stored(const Stored&) = delete;
    ~Stored();
    [[nodiscard]] NodeVersion version() const noexcept { return {ref.hash(), sequence()}; }
    /// Keeps the node for which this one stands, if none is kept yet; returns the one that is.
    const Node* keep(NodePtr node) const noexcept;

    /// Null, or the node for which this one stands; a reference to it is held. Once set it stays,
    /// except in a node that only its user knows.
    mutable std::atomic<Node*> loaded{nullptr};
};

template <typename T, typename... Args>
NodePtr make_node(Args&&... args) {
    return NodePtr{new T(std::forward<Args>(args)...)};
}

inline const Leaf& as_leaf(const Node& node) noexcept {
    return static_cast<const Leaf&>(node);
}
inline const Extension& as_extension(const Node& node) noexcept {
    return static_cast<const Extension&>(node);
}
inline const Branch& as_branch(const Node& node) noexcept {
    return static_cast<const Branch&>(node);
}
inline const Stored& as_stored(const Node& node) noexcept {
    return static_cast<const Stored&>(node);
}

/// Returns a copy that is about to be changed. REQUIRES: a node of another kind than stored.
NodePtr copy_node(const Node& node);

/// Returns the node's RLP in @p scratch, valid until that is used again. REQUIRES: as copy_node.
BytesView encode_node(const Node& node, Bytes& scratch);
/// Returns how its parent names the node.
NodeRef reference(const Node& node, Bytes& scratch);
/// Returns the keccak256 of the node's RLP.
Hash hash_of(const Node& node, Bytes& scratch);
/// Returns the node's version. REQUIRES: it is stored.
NodeVersion version_of(const Node& node, Bytes& scratch);

struct TrieAccess {
    static NodePtr& root(Trie& trie) noexcept { return trie.root_; }
    static const NodePtr& root(const Trie& trie) noexcept { return trie.root_; }
    static const NodeSource* source(const Trie& trie) noexcept { return trie.source_; }
};

}  // namespace scope::trie
