#pragma once

#include <array>
#include <memory>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "base/bytes.hpp"
#include "base/check.hpp"

/// A trie of which only some nodes are known: the part of a state that a witness gives.
namespace scope::witness {

enum class TrieError : uint8_t {
    missing_node,    ///< a hash on the way to a key whose node was not given
    malformed_node,  ///< not the RLP of a leaf, an extension or a branch of keys of one length
};

/// Nodes by their hash: a node that is found under a hash has that hash.
class NodeSet {
  public:
    explicit NodeSet(std::span<const Bytes> nodes);

    /// Returns the node, or null if there is none. It counts as used from then on.
    const Bytes* find(const Hash& hash);
    /// Returns the number of nodes that were not asked for, each counted once.
    [[nodiscard]] size_t unused_count() const noexcept { return nodes_.size() - used_count_; }

  private:
    struct Entry {
        const Bytes* node;
        bool is_used = false;
    };
    std::unordered_map<Hash, Entry> nodes_;
    size_t used_count_ = 0;
};

/// Merkle Patricia trie (Yellow Paper, appendix D) whose nodes are fetched from a NodeSet when a
/// key leads to them. All keys are 32 bytes.
class PartialTrie {
  public:
    /// @param nodes  Must outlive it.
    PartialTrie(NodeSet& nodes, const Hash& root);

    /// Returns the value, or nullopt if the nodes prove that there is no such key.
    Result<std::optional<Bytes>, TrieError> get(const Hash& key);
    /// Sets a value. After an error the trie is unusable.
    Result<void, TrieError> put(const Hash& key, BytesView value);
    /// Erases a key. Where a branch loses its last but one child, the last child's node must be
    /// known too.
    Result<void, TrieError> erase(const Hash& key);
    [[nodiscard]] Hash root_hash() const;

  private:
    struct Node;
    /// A child: none, a hash, or a node.
    struct Child {
        std::optional<Hash> hash;
        std::shared_ptr<Node> node;
        [[nodiscard]] bool empty() const noexcept { return !hash && !node; }
    };
    struct Node {
        enum class Kind : uint8_t { leaf, extension, branch } kind = Kind::leaf;
        Bytes path;                      // nibbles; of a leaf and an extension
        Bytes value;                     // of a leaf
        std::array<Child, 16> children;  // of a branch; an extension's is the first
    };

    Result<Node*, TrieError> resolve(Child& child);
    static Result<std::shared_ptr<Node>, TrieError> decode(BytesView rlp);
    static Bytes encode(const Node& node);
    static void append_reference(Bytes& out, const Child& child);
    static Child make_leaf(BytesView path, BytesView value);
    static Child make_extension(BytesView path, Child below);
    Result<void, TrieError> put(Child& child, BytesView path, BytesView value);
    Result<void, TrieError> erase(Child& child, BytesView path);
    Result<void, TrieError> prepend(Child& child, BytesView path);

    NodeSet& nodes_;
    Child root_;
};

}  // namespace scope::witness
