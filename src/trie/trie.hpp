#pragma once

#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "trie/node_source.hpp"

namespace scope::trie {

/// Root of a trie without entries: keccak256(rlp("")).
inline constexpr Hash EMPTY_ROOT{{0x56, 0xe8, 0x1f, 0x17, 0x1b, 0xcc, 0x55, 0xa6, 0xff, 0x83, 0x45,
                                  0xe6, 0x92, 0xc0, 0xf8, 0x6e, 0x5b, 0x48, 0xe0, 0x1b, 0x99, 0x6c,
                                  0xad, 0xc0, 0x01, 0x62, 0x2f, 0xb5, 0xe3, 0x63, 0xb4, 0x21}};

struct Node;
struct TrieAccess;

/// Counted reference to a node. The count lies in the node; a node that only one reference names
/// may be changed in place.
class NodePtr {
  public:
    NodePtr() noexcept = default;
    /// Takes over the first reference to a new node.
    explicit NodePtr(Node* node) noexcept : node_(node) {}
    /// Returns one reference more to a node that is held.
    static NodePtr share(Node* node) noexcept;
    NodePtr(const NodePtr& other) noexcept;
    NodePtr(NodePtr&& other) noexcept : node_(std::exchange(other.node_, nullptr)) {}
    NodePtr& operator=(NodePtr other) noexcept {
        std::swap(node_, other.node_);
        return *this;
    }
    ~NodePtr();

    [[nodiscard]] Node* get() const noexcept { return node_; }
    explicit operator bool() const noexcept { return node_ != nullptr; }
    [[nodiscard]] bool is_unique() const noexcept;
    /// Gives the reference away.
    Node* release() noexcept { return std::exchange(node_, nullptr); }

  private:
    Node* node_ = nullptr;
};

/// Merkle Patricia trie (Yellow Paper, appendix D) in memory, or of which some nodes are in memory
/// and a NodeSource has the others: a disk, or a witness.
///
/// A copy is a snapshot and costs one reference: copies share their nodes, and a change makes new
/// nodes only along the path to its key, and only where another trie holds the old ones. Nodes keep
/// their hash, so that the root after k changes hashes the k paths and nothing else. Copies may be
/// used on different threads; one Trie is not to be changed while another thread uses that Trie.
///
/// Keys are used as given: for a secure trie the caller hashes them. No key is longer than
/// MAX_KEY_SIZE: REQUIRED by all that take one.
///
/// An operation fails only if a node that it needs is not in memory and the source gives no good
/// one, or throws; then the trie is as it was. A trie without a source never fails. put, erase and
/// load keep in memory what they read, where copies find it too; what only reads keeps nothing.
class Trie {
  public:
    /// The trie without entries and without a source.
    Trie() noexcept = default;
    /// Opens the trie with this root, EMPTY_ROOT for one without entries.
    /// @param source  Must outlive the trie and its copies.
    Trie(const NodeSource& source, const NodeVersion& root);

    /// Sets the value of a key; the empty value erases it.
    [[nodiscard]] Result<void, NodeError> put(BytesView key, BytesView value);
    /// Erases a key; no effect if there is no such key. A branch that is left with one child needs
    /// that child's node.
    [[nodiscard]] Result<void, NodeError> erase(BytesView key);
    /// Returns the value of a key, or nullopt if there is no such key.
    [[nodiscard]] Result<std::optional<Bytes>, NodeError> get(BytesView key) const;
    /// Brings the nodes on the way to a key into memory, so that get and put of it read nothing.
    [[nodiscard]] Result<void, NodeError> load(BytesView key) const;
    /// Loads a key and returns its value as get does, borrowed from the trie until it is changed.
    [[nodiscard]] Result<std::optional<BytesView>, NodeError> get_loaded(BytesView key) const;

    [[nodiscard]] bool empty() const noexcept { return !root_; }
    /// Returns the root's hash; EMPTY_ROOT for no entries. Needs no node that isn't in memory.
    [[nodiscard]] Hash root_hash() const;
    /// Returns what opens the trie from its source again. REQUIRES: a trie that is empty or stored
    /// (changes.hpp), or was opened and not changed.
    [[nodiscard]] NodeVersion version() const;

    /// Returns RLP of the nodes on the way to @p key, the root first, as verify_proof takes them;
    /// nodes that lie inside their parent (below 32 bytes) are not repeated. Proves absence as
    /// well.
    [[nodiscard]] Result<std::vector<Bytes>, NodeError> prove(BytesView key) const;

    /// Returns what prove does, and the children of branches on the way: who erases the key needs the
    /// one that is left alone in its branch.
    [[nodiscard]] Result<std::vector<Bytes>, NodeError> prove_erasure(BytesView key) const;

    /// Calls @p visit(key, value) for all entries in the order of their keys.
    [[nodiscard]] Result<void, NodeError> for_each(
        const std::function<void(BytesView key, BytesView value)>& visit) const;

  private:
    friend struct TrieAccess;

    NodePtr root_;
    const NodeSource* source_ = nullptr;
};

}  // namespace scope::trie
