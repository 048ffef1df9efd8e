#include "trie/trie.hpp"

#include "crypto/keccak.hpp"
#include "trie/node_loading.hpp"

namespace scope::trie {

namespace {

/// Puts the node that is loaded in the place of the one that stands for it.
void take_loaded(NodePtr& slot) {
    if (slot.get()->kind != Node::Kind::stored) [[likely]]
        return;
    const Stored& stored = as_stored(*slot.get());
    NodePtr loaded = slot.is_unique()
                         ? NodePtr{stored.loaded.exchange(nullptr, std::memory_order_relaxed)}
                         : NodePtr::share(stored.loaded.load(std::memory_order_acquire));
    CHECK(loaded);
    slot = std::move(loaded);
}

/// Returns the node, made changeable: a copy if another reference names it; without a hash and not
/// stored in any case.
template <typename T = Node>
T& own(NodePtr& slot) {
    if (slot.is_unique())
        slot.get()->reset();
    else
        slot = copy_node(*slot.get());
    return static_cast<T&>(*slot.get());
}

/// Returns a leaf's or an extension's path, to be changed.
Path& own_path(NodePtr& slot) {
    Node& node = own(slot);
    return node.kind == Node::Kind::leaf ? static_cast<Leaf&>(node).path
                                         : static_cast<Extension&>(node).path;
}

/// Returns the nibble at which a key and a path that begins at @p depth part, or one of them ends.
size_t split_of(const NodePath& key, const Path& path, size_t depth) noexcept {
    return depth + common_nibbles(key.bytes.data(), path.bytes.data(), depth,
                                  std::min<size_t>(key.size, path.end));
}

/// Puts a leaf below a branch that stands at nibble @p depth, where nothing of that path is.
void put_leaf(Branch& branch, const NodePath& key, size_t depth, BytesView value) {
    if (depth == key.size)
        branch.value = to_bytes(value);
    else
        branch.children[key[depth]] =
            make_node<Leaf>(Path{key, depth + 1, key.size}, to_bytes(value));
}

/// Moves a leaf or an extension, whose path goes on behind nibble @p split, below a branch there.
void move_below(Branch& branch, NodePtr& slot, size_t split) {
    const bool is_leaf = slot.get()->kind == Node::Kind::leaf;
    const Path& path = is_leaf ? as_leaf(*slot.get()).path : as_extension(*slot.get()).path;
    const uint8_t index = path[split];
    if (!is_leaf && split + 1 == path.end) {
        branch.children[index] = as_extension(*slot.get()).child;
        return;
    }
    own_path(slot).begin = static_cast<uint8_t>(split + 1);
    branch.children[index] = std::move(slot);
}

/// Makes a branch at nibble @p split, where a key leaves the path of a leaf or an extension at
/// @p depth; and an extension above it for what is common, if anything is.
void part(NodePtr& slot, const NodePath& key, size_t depth, size_t split, BytesView value) {
    NodePtr made = make_node<Branch>();
    auto& branch = static_cast<Branch&>(*made.get());
    const Node& node = *slot.get();
    if (node.kind == Node::Kind::leaf && split == as_leaf(node).path.end)
        branch.value = as_leaf(node).value;
    else
        move_below(branch, slot, split);
    put_leaf(branch, key, split, value);
    slot = depth == split ? std::move(made)
                          : make_node<Extension>(Path{key, depth, split}, std::move(made));
}

/// Puts a value below nibble @p depth. REQUIRES: the nodes on the way to the key are loaded.
void put_at(NodePtr& slot, const NodePath& key, size_t depth, BytesView value) {
    if (!slot) {
        slot = make_node<Leaf>(Path{key, depth, key.size}, to_bytes(value));
        return;
    }
    take_loaded(slot);
    switch (slot.get()->kind) {
        case Node::Kind::leaf: {
            const Path& path = as_leaf(*slot.get()).path;
            const size_t split = split_of(key, path, depth);
            if (split == key.size && split == path.end)
                own<Leaf>(slot).value = to_bytes(value);
            else
                part(slot, key, depth, split, value);
            return;
        }
        case Node::Kind::extension: {
            const Path& path = as_extension(*slot.get()).path;
            const size_t split = split_of(key, path, depth);
            if (split == path.end)
                put_at(own<Extension>(slot).child, key, split, value);
            else
                part(slot, key, depth, split, value);
            return;
        }
        case Node::Kind::branch: {
            auto& branch = own<Branch>(slot);
            if (depth == key.size)
                branch.value = to_bytes(value);
            else
                put_at(branch.children[key[depth]], key, depth + 1, value);
            return;
        }
        case Node::Kind::stored:
            CHECK(false);
    }
}

/// Restores the form of a branch at nibble @p depth that has lost an entry:
///
///   1. no child left, only a value      -> leaf with an empty path
///   2. one child, a leaf or extension   -> the child, its path longer by its nibble
///   3. one child, a branch              -> extension of one nibble, then the child
///   4. two entries or more              -> stays
void shrink_branch(NodePtr& slot, const NodePath& key, size_t depth) {
    auto& branch = static_cast<Branch&>(*slot.get());
    size_t count = 0;
    size_t last = 0;
    for (size_t i = 0; i < branch.children.size(); ++i)
        if (branch.children[i]) {
            ++count;
            last = i;
        }
    if (count == 0) {  // 1
        slot = make_node<Leaf>(Path{key, depth, depth}, std::move(branch.value));
        return;
    }
    if (count > 1 || !branch.value.empty()) return;  // 4

    NodePtr child = std::move(branch.children[last]);
    take_loaded(child);
    if (child.get()->kind != Node::Kind::branch) {  // 2
        own_path(child).begin = static_cast<uint8_t>(depth);
        slot = std::move(child);
        return;
    }
    const NodePath prefix = key.first(depth).then(last);  // 3
    slot = make_node<Extension>(Path{prefix, depth, depth + 1}, std::move(child));
}

/// Erases a key below nibble @p depth. REQUIRES: it is there, and load_for_erasure found all that
/// is needed.
void erase_at(NodePtr& slot, const NodePath& key, size_t depth) {
    take_loaded(slot);
    switch (slot.get()->kind) {
        case Node::Kind::leaf:
            slot = NodePtr{};
            return;
        case Node::Kind::extension: {
            auto& extension = own<Extension>(slot);
            erase_at(extension.child, key, extension.path.end);
            if (extension.child.get()->kind == Node::Kind::branch) return;
            NodePtr child = std::move(extension.child);
            own_path(child).begin = extension.path.begin;
            slot = std::move(child);
            return;
        }
        case Node::Kind::branch: {
            auto& branch = own<Branch>(slot);
            if (depth == key.size)
                branch.value.clear();
            else
                erase_at(branch.children[key[depth]], key, depth + 1);
            shrink_branch(slot, key, depth);
            return;
        }
        case Node::Kind::stored:
            CHECK(false);
    }
}

using Value = std::optional<BytesView>;

Value value_of(const Leaf& leaf, const NodePath& key, size_t depth) noexcept {
    if (leaf.path.end != key.size || split_of(key, leaf.path, depth) != key.size)
        return std::nullopt;
    return BytesView{leaf.value};
}

/// Walks toward keys, through nodes that are in memory and others.
class Walker {
  public:
    Walker(const NodeSource* source, Keep keep) noexcept : source_(source), keep_(keep) {}

    /// Walks from the root toward @p key; calls @p enter(node, depth) for each node on the way.
    /// @return  The value, borrowed from the trie, or from this walker until its next walk.
    template <typename F>
    Result<Value, NodeError> walk(const NodePtr& root, const NodePath& key, F enter) {
        size_t depth = 0;
        const Node* node = root.get();
        while (node != nullptr) {
            if (node->kind == Node::Kind::stored) [[unlikely]]
                node = hold(TRY(resolve(*node, key.first(depth), source_, keep_)));
            enter(*node, depth);
            switch (node->kind) {
                case Node::Kind::leaf:
                    return value_of(as_leaf(*node), key, depth);
                case Node::Kind::extension: {
                    const Extension& extension = as_extension(*node);
                    if (split_of(key, extension.path, depth) != extension.path.end)
                        return std::nullopt;
                    depth = extension.path.end;
                    node = hold(TRY(resolve_child(extension, source_, keep_)));
                    break;
                }
                case Node::Kind::branch: {
                    const Branch& branch = as_branch(*node);
                    if (depth == key.size)
                        return branch.value.empty() ? Value{} : Value{branch.value};
                    node = branch.children[key[depth]].get();
                    ++depth;
                    break;
                }
                case Node::Kind::stored:
                    CHECK(false);
            }
        }
        return std::nullopt;
    }

  private:
    /// A node inside the one that is held is held with it.
    const Node* hold(Resolved resolved) noexcept {
        if (resolved.held) held_ = std::move(resolved.held);
        return resolved.node;
    }

    const NodeSource* source_;
    Keep keep_;
    NodePtr held_;
};

constexpr auto NOTHING = [](const Node&, size_t) {};

/// The branch that loses an entry when a key is erased: the last on the way to it.
struct Loser {
    const Branch* branch = nullptr;
    size_t depth = 0;
};

/// Loads the child that is left alone in a branch, if one is.
Result<void, NodeError> load_rest(const Loser& loser, const NodePath& key,
                                  const NodeSource* source) {
    if (loser.branch == nullptr) return {};
    const bool loses_value = loser.depth == key.size;
    size_t left = loses_value || loser.branch->value.empty() ? 0 : 1;
    size_t last = 0;
    for (size_t i = 0; i < loser.branch->children.size(); ++i) {
        if (!loser.branch->children[i] || (!loses_value && i == key[loser.depth])) continue;
        last = i;
        ++left;
    }
    const NodePtr& child = loser.branch->children[last];
    if (left != 1 || !child || child.get()->kind != Node::Kind::stored) return {};
    TRY(resolve(*child.get(), key.first(loser.depth).then(last), source, Keep::yes));
    return {};
}

/// Loads what erasing a key needs. Returns whether the key is there.
Result<bool, NodeError> load_for_erasure(const NodePtr& root, const NodePath& key,
                                         const NodeSource* source) {
    Walker walker{source, Keep::yes};
    Loser loser;
    const Value value = TRY(walker.walk(root, key, [&](const Node& node, size_t depth) {
        if (node.kind == Node::Kind::branch) loser = {&as_branch(node), depth};
    }));
    if (!value) return false;
    TRY_VOID(load_rest(loser, key, source));
    return true;
}

using Visit = std::function<void(BytesView, BytesView)>;

/// Calls @p visit for all below a node at @p path.
Result<void, NodeError> visit_all(const Node& at, const NodePath& path, const NodeSource* source,
                                  const Visit& visit) {
    const Resolved resolved = TRY(resolve(at, path, source, Keep::no));
    const Node& node = *resolved.node;
    if (node.kind == Node::Kind::leaf) {
        const Leaf& leaf = as_leaf(node);
        visit(BytesView{leaf.path.bytes}.first(leaf.path.end / 2u), leaf.value);
        return {};
    }
    if (node.kind == Node::Kind::extension) {
        const Extension& extension = as_extension(node);
        const Resolved child = TRY(resolve_child(extension, source, Keep::no));
        return visit_all(*child.node, path_to(extension.path), source, visit);
    }
    const Branch& branch = as_branch(node);
    if (!branch.value.empty()) visit(BytesView{path.bytes}.first(path.size / 2u), branch.value);
    for (size_t i = 0; i < branch.children.size(); ++i)
        if (branch.children[i])
            TRY_VOID(visit_all(*branch.children[i].get(), path.then(i), source, visit));
    return {};
}

}  // namespace

Trie::Trie(const NodeSource& source, const NodeVersion& root) : source_(&source) {
    CHECK(root.sequence < SEQUENCE_LIMIT);
    if (root.hash != EMPTY_ROOT) root_ = make_node<Stored>(root);
}

Result<void, NodeError> Trie::put(BytesView key, BytesView value) {
    if (value.empty()) return erase(key);
    if (source_ != nullptr) TRY_VOID(load(key));
    put_at(root_, NodePath::of(key), 0, value);
    return {};
}

Result<void, NodeError> Trie::erase(BytesView key) {
    const NodePath path = NodePath::of(key);
    if (TRY(load_for_erasure(root_, path, source_))) erase_at(root_, path, 0);
    return {};
}

Result<std::optional<Bytes>, NodeError> Trie::get(BytesView key) const {
    Walker walker{source_, Keep::no};
    const Value value = TRY(walker.walk(root_, NodePath::of(key), NOTHING));
    return value ? std::optional{to_bytes(*value)} : std::nullopt;
}

Result<std::optional<BytesView>, NodeError> Trie::get_loaded(BytesView key) const {
    Walker walker{source_, Keep::yes};
    return walker.walk(root_, NodePath::of(key), NOTHING);
}

Result<void, NodeError> Trie::load(BytesView key) const {
    TRY(get_loaded(key));
    return {};
}

Hash Trie::root_hash() const {
    if (!root_) return EMPTY_ROOT;
    Bytes scratch;
    return hash_of(*root_.get(), scratch);
}

NodeVersion Trie::version() const {
    if (!root_) return {EMPTY_ROOT, 0};
    Bytes scratch;
    return version_of(*root_.get(), scratch);
}

Result<std::vector<Bytes>, NodeError> Trie::prove(BytesView key) const {
    std::vector<Bytes> nodes;
    Bytes scratch;
    Walker walker{source_, Keep::no};
    TRY(walker.walk(root_, NodePath::of(key), [&](const Node& node, size_t) {
        if (nodes.empty() || reference(node, scratch).is_hash())
            nodes.push_back(to_bytes(encode_node(node, scratch)));
    }));
    return nodes;
}

Result<std::vector<Bytes>, NodeError> Trie::prove_erasure(BytesView key) const {
    const NodePath path = NodePath::of(key);
    std::vector<Bytes> nodes = TRY(prove(key));
    Bytes scratch;
    Result<void, NodeError> status;
    const auto add_child = [&](const Node& child,
                               const NodePath& place) -> Result<void, NodeError> {
        if (!reference(child, scratch).is_hash()) return {};
        const Resolved resolved = TRY(resolve(child, place, source_, Keep::no));
        nodes.push_back(to_bytes(encode_node(*resolved.node, scratch)));
        return {};
    };
    Walker walker{source_, Keep::no};
    TRY(walker.walk(root_, path, [&](const Node& node, size_t depth) {
        if (node.kind != Node::Kind::branch) return;
        const auto& children = as_branch(node).children;
        for (size_t i = 0; i < children.size() && status; ++i)
            if (children[i]) status = add_child(*children[i].get(), path.first(depth).then(i));
    }));
    TRY_VOID(status);
    return nodes;
}

Result<void, NodeError> Trie::for_each(const Visit& visit) const {
    if (!root_) return {};
    return visit_all(*root_.get(), NodePath{}, source_, visit);
}

}  // namespace scope::trie
