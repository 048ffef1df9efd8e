#include "trie/node_loading.hpp"

#include "crypto/keccak.hpp"
#include "trie/node_decoding.hpp"

namespace scope::trie {

namespace {

constexpr std::unexpected MALFORMED{NodeError::malformed_node};
constexpr size_t MAX_DEPTH = 2 * MAX_KEY_SIZE;

/// Makes a node of its RLP, and of those inside it.
class Decoder {
  public:
    explicit Decoder(const ChildSequences& sequences) noexcept : sequences_(sequences) {}

    /// @param path  Where the node stands.
    Result<NodePtr, NodeError> node(BytesView rlp, const NodePath& path) {
        const NodeItems items = TRY(read_items(rlp));
        if (items.is_branch()) return branch(items, path);
        const PathItem part = TRY(read_path(items.items[0]));
        const NodePath whole = TRY(join(path, part));
        const Path place{whole, path.size, whole.size};
        if (part.kind == PathKind::extension) return extension(items.items[1], place, whole);
        if (whole.size % 2 != 0) return MALFORMED;
        return make_node<Leaf>(place, to_bytes(TRY(read_value(items.items[1]))));
    }

    /// Returns whether each child by hash got a sequence, or none did.
    [[nodiscard]] bool is_done() const noexcept {
        return sequences_.count == 0 || used_ == sequences_.count;
    }

  private:
    static Result<NodePath, NodeError> join(const NodePath& path, const PathItem& part) {
        if (part.size() > MAX_DEPTH - path.size) return MALFORMED;
        NodePath whole = path;
        for (size_t i = 0; i < part.size(); ++i) whole.push(part[i]);
        return whole;
    }

    Result<NodePtr, NodeError> extension(const rlp::Item& item, const Path& place,
                                         const NodePath& whole) {
        NodePtr below = TRY(child(item, whole));
        if (!below) return MALFORMED;
        const auto kind = below.get()->kind;
        if (kind != Node::Kind::branch && kind != Node::Kind::stored) return MALFORMED;
        return make_node<Extension>(place, std::move(below));
    }

    Result<NodePtr, NodeError> branch(const NodeItems& items, const NodePath& path) {
        NodePtr made = make_node<Branch>();
        auto& branch = static_cast<Branch&>(*made.get());
        const rlp::Item& value = items.items[16];
        if (value.is_list || (!value.payload.empty() && path.size % 2 != 0)) return MALFORMED;
        branch.value = to_bytes(value.payload);
        size_t entries = branch.value.empty() ? 0 : 1;
        if (path.size == MAX_DEPTH) return MALFORMED;  // nothing can stand below
        for (size_t i = 0; i < branch.children.size(); ++i) {
            branch.children[i] = TRY(child(items.items[i], path.then(i)));
            if (branch.children[i]) ++entries;
        }
        if (entries < 2) return MALFORMED;
        return made;
    }

    Result<NodePtr, NodeError> child(const rlp::Item& item, const NodePath& path) {
        const ChildItem read = TRY(read_child(item));
        switch (read.kind) {
            case ChildItem::Kind::none:
                break;
            case ChildItem::Kind::embedded:
                return node(read.bytes, path);
            case ChildItem::Kind::hash:
                return make_node<Stored>(NodeVersion{Hash::from(read.bytes), TRY(next_sequence())});
        }
        return NodePtr{};
    }

    Result<uint64_t, NodeError> next_sequence() noexcept {
        if (sequences_.count == 0) return 0;
        if (used_ == sequences_.count) return MALFORMED;
        const uint64_t sequence = sequences_.values[used_++];
        if (sequence >= SEQUENCE_LIMIT) return MALFORMED;
        return sequence;
    }

    const ChildSequences& sequences_;
    size_t used_ = 0;
};

}  // namespace

Result<NodePtr, NodeError> fetch(const NodeSource& source, const NodePath& path,
                                 const NodeVersion& version) {
    const StoredNode stored = TRY(source.node(path, version));
    if (crypto::keccak256(stored.rlp) != version.hash)
        return std::unexpected{NodeError::wrong_hash};
    const bool is_short = stored.rlp.size() < Hash::size();  // only the root is not in its parent
    if (is_short && path.size != 0) return MALFORMED;
    Decoder decoder{stored.sequences};
    NodePtr node = TRY(decoder.node(stored.rlp, path));
    if (!decoder.is_done()) return MALFORMED;
    node.get()->set_sequence(version.sequence);
    if (!is_short) node.get()->set_reference(hash_reference(version.hash));
    return node;
}

Result<Resolved, NodeError> resolve(const Node& node, const NodePath& path,
                                    const NodeSource* source, Keep keep) {
    if (node.kind != Node::Kind::stored) return Resolved{&node, {}};
    const Stored& stored = as_stored(node);
    if (const Node* loaded = stored.loaded.load(std::memory_order_acquire))
        return Resolved{loaded, {}};
    CHECK(source != nullptr);
    NodePtr fetched = TRY(fetch(*source, path, stored.version()));
    if (keep == Keep::yes) return Resolved{stored.keep(std::move(fetched)), {}};
    const Node* const found = fetched.get();
    return Resolved{found, std::move(fetched)};
}

Result<Resolved, NodeError> resolve_child(const Extension& extension, const NodeSource* source,
                                          Keep keep) {
    const Node& child = *extension.child.get();
    if (child.kind == Node::Kind::branch) return Resolved{&child, {}};
    auto resolved = TRY(resolve(child, path_to(extension.path), source, keep));
    if (resolved.node->kind != Node::Kind::branch) return MALFORMED;
    return resolved;
}

}  // namespace scope::trie
