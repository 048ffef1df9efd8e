#include "trie/trie.hpp"

#include <array>
#include <atomic>

#include "crypto/keccak.hpp"
#include "trie/node_encoding.hpp"

namespace scope::trie {

/// A node holds its key from the root on, not only its own part of the path: so a path gets longer
/// or shorter by moving its begin, when nodes split or merge, and no nibbles are ever shifted.
struct Node {
    enum class Kind : uint8_t { leaf, extension, branch };
    enum class Cache : uint8_t { none, busy, ready };

    explicit Node(Kind k) noexcept : kind(k) {}
    /// A copy is about to be changed: it has its own count and no hash.
    Node(const Node& other) noexcept : kind(other.kind) {}
    Node& operator=(const Node&) = delete;

    std::atomic<uint32_t> references{1};
    const Kind kind;
    /// Copies of a trie on several threads may hash a node at one time: the first keeps its result
    /// here, the others use their own.
    mutable std::atomic<Cache> cache{Cache::none};
    mutable NodeRef ref;
};

namespace {

/// A key of at most MAX_KEY_SIZE bytes, zeros behind it.
struct Key {
    std::array<uint8_t, MAX_KEY_SIZE> bytes{};
    size_t end;  // in nibbles

    explicit Key(BytesView key) {
        CHECK(key.size() <= MAX_KEY_SIZE);
        std::ranges::copy(key, bytes.begin());
        end = 2 * key.size();
    }
    [[nodiscard]] uint8_t operator[](size_t i) const noexcept { return nibble(bytes.data(), i); }
};

/// Nibbles [begin, end) of a key.
struct Path {
    std::array<uint8_t, MAX_KEY_SIZE> bytes;
    uint8_t begin;
    uint8_t end;

    Path(const Key& key, size_t from, size_t to) noexcept
        : bytes(key.bytes), begin(static_cast<uint8_t>(from)), end(static_cast<uint8_t>(to)) {}
    [[nodiscard]] uint8_t operator[](size_t i) const noexcept { return nibble(bytes.data(), i); }
    [[nodiscard]] size_t size() const noexcept { return static_cast<size_t>(end - begin); }
};

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

template <typename T, typename... Args>
NodePtr make_node(Args&&... args) {
    return NodePtr{new T(std::forward<Args>(args)...)};
}

const Leaf& as_leaf(const Node& node) noexcept {
    return static_cast<const Leaf&>(node);
}
const Extension& as_extension(const Node& node) noexcept {
    return static_cast<const Extension&>(node);
}
const Branch& as_branch(const Node& node) noexcept {
    return static_cast<const Branch&>(node);
}

/// The node, made changeable: a copy if another reference names it; without a hash in any case.
template <typename T = Node>
T& own(NodePtr& slot) {
    if (slot.is_unique()) {
        slot.get()->cache.store(Node::Cache::none, std::memory_order_relaxed);
    } else {
        switch (slot.get()->kind) {
            case Node::Kind::leaf:
                slot = make_node<Leaf>(as_leaf(*slot.get()));
                break;
            case Node::Kind::extension:
                slot = make_node<Extension>(as_extension(*slot.get()));
                break;
            case Node::Kind::branch:
                slot = make_node<Branch>(as_branch(*slot.get()));
                break;
        }
    }
    return static_cast<T&>(*slot.get());
}

/// A leaf's or an extension's path, to be changed.
Path& own_path(NodePtr& slot) {
    Node& node = own(slot);
    return node.kind == Node::Kind::leaf ? static_cast<Leaf&>(node).path
                                         : static_cast<Extension&>(node).path;
}

/// Puts a leaf below a branch that stands at nibble @p depth, where nothing of that path is.
void put_leaf(Branch& branch, const Key& key, size_t depth, BytesView value) {
    if (depth == key.end)
        branch.value = to_bytes(value);
    else
        branch.children[key[depth]] =
            make_node<Leaf>(Path{key, depth + 1, key.end}, to_bytes(value));
}

/// A branch under an extension for what is common before it, if anything is.
NodePtr with_prefix(const Key& key, size_t begin, size_t end, NodePtr branch) {
    if (begin == end) return branch;
    return make_node<Extension>(Path{key, begin, end}, std::move(branch));
}

void put_at(NodePtr& slot, const Key& key, size_t depth, BytesView value) {
    if (!slot) {
        slot = make_node<Leaf>(Path{key, depth, key.end}, to_bytes(value));
        return;
    }
    switch (slot.get()->kind) {
        case Node::Kind::leaf: {
            const Path& path = as_leaf(*slot.get()).path;
            const size_t split = depth + common_nibbles(key.bytes.data(), path.bytes.data(), depth,
                                                        std::min<size_t>(key.end, path.end));
            if (split == key.end && split == path.end) {
                own<Leaf>(slot).value = to_bytes(value);
                return;
            }
            NodePtr branch = make_node<Branch>();
            auto& children = static_cast<Branch&>(*branch.get());
            if (split == path.end) {
                children.value = as_leaf(*slot.get()).value;
            } else {
                const uint8_t index = path[split];
                own_path(slot).begin = static_cast<uint8_t>(split + 1);
                children.children[index] = std::move(slot);
            }
            put_leaf(children, key, split, value);
            slot = with_prefix(key, depth, split, std::move(branch));
            return;
        }
        case Node::Kind::extension: {
            const Path& path = as_extension(*slot.get()).path;
            const size_t split = depth + common_nibbles(key.bytes.data(), path.bytes.data(), depth,
                                                        std::min<size_t>(key.end, path.end));
            if (split == path.end) {
                put_at(own<Extension>(slot).child, key, split, value);
                return;
            }
            NodePtr branch = make_node<Branch>();
            auto& children = static_cast<Branch&>(*branch.get());
            const uint8_t index = path[split];
            if (split + 1 == path.end) {
                children.children[index] = as_extension(*slot.get()).child;
            } else {
                own_path(slot).begin = static_cast<uint8_t>(split + 1);
                children.children[index] = std::move(slot);
            }
            put_leaf(children, key, split, value);
            slot = with_prefix(key, depth, split, std::move(branch));
            return;
        }
        case Node::Kind::branch: {
            auto& branch = own<Branch>(slot);
            if (depth == key.end)
                branch.value = to_bytes(value);
            else
                put_at(branch.children[key[depth]], key, depth + 1, value);
            return;
        }
    }
}

/// Restores the form of a branch at nibble @p depth that has lost an entry:
///
///   1. no child left, only a value      -> leaf with an empty path
///   2. one child, a leaf or extension   -> the child, its path longer by its nibble
///   3. one child, a branch              -> extension of one nibble, then the child
///   4. two entries or more              -> stays
void shrink_branch(NodePtr& slot, const Key& key, size_t depth) {
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
    if (child.get()->kind != Node::Kind::branch) {  // 2
        own_path(child).begin = static_cast<uint8_t>(depth);
        slot = std::move(child);
        return;
    }
    Key prefix = key;  // 3
    uint8_t& byte = prefix.bytes[depth / 2];
    byte = static_cast<uint8_t>(depth % 2 == 0 ? (byte & 0x0f) | last << 4 : (byte & 0xf0) | last);
    slot = make_node<Extension>(Path{prefix, depth, depth + 1}, std::move(child));
}

/// REQUIRES: the key is there.
void erase_at(NodePtr& slot, const Key& key, size_t depth) {
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
            if (depth == key.end)
                branch.value.clear();
            else
                erase_at(branch.children[key[depth]], key, depth + 1);
            shrink_branch(slot, key, depth);
            return;
        }
    }
}

NodeRef reference(const Node& node, Bytes& scratch);

BytesView encode_node(const Node& node, Bytes& scratch) {
    switch (node.kind) {
        case Node::Kind::leaf: {
            const Leaf& leaf = as_leaf(node);
            return encode_leaf(scratch, leaf.path.bytes.data(), leaf.path.begin, leaf.path.end,
                               leaf.value);
        }
        case Node::Kind::extension: {
            const Extension& extension = as_extension(node);
            const NodeRef child = reference(*extension.child.get(), scratch);
            return encode_extension(scratch, extension.path.bytes.data(), extension.path.begin,
                                    extension.path.end, child);
        }
        case Node::Kind::branch:
            break;
    }
    const Branch& branch = as_branch(node);
    std::array<NodeRef, 16> children;
    for (size_t i = 0; i < children.size(); ++i)
        if (branch.children[i]) children[i] = reference(*branch.children[i].get(), scratch);
    return encode_branch(scratch, children, branch.value);
}

NodeRef reference(const Node& node, Bytes& scratch) {
    if (node.cache.load(std::memory_order_acquire) == Node::Cache::ready) return node.ref;
    const NodeRef ref = reference_to(encode_node(node, scratch));
    auto none = Node::Cache::none;
    if (node.cache.compare_exchange_strong(none, Node::Cache::busy, std::memory_order_relaxed)) {
        node.ref = ref;
        node.cache.store(Node::Cache::ready, std::memory_order_release);
    }
    return ref;
}

/// Walks from @p node toward @p key; calls @p enter for each node on the way; gives the value.
template <typename F>
std::optional<BytesView> walk(const Node* node, const Key& key, F enter) {
    size_t depth = 0;
    while (node != nullptr) {
        enter(*node);
        switch (node->kind) {
            case Node::Kind::leaf: {
                const Leaf& leaf = as_leaf(*node);
                const size_t end = leaf.path.end;
                if (end != key.end || common_nibbles(key.bytes.data(), leaf.path.bytes.data(),
                                                     depth, end) != end - depth)
                    return std::nullopt;
                return BytesView{leaf.value};
            }
            case Node::Kind::extension: {
                const Extension& extension = as_extension(*node);
                const size_t end = extension.path.end;
                if (end > key.end || common_nibbles(key.bytes.data(), extension.path.bytes.data(),
                                                    depth, end) != end - depth)
                    return std::nullopt;
                depth = end;
                node = extension.child.get();
                break;
            }
            case Node::Kind::branch: {
                const Branch& branch = as_branch(*node);
                if (depth == key.end) {
                    if (branch.value.empty()) return std::nullopt;
                    return BytesView{branch.value};
                }
                node = branch.children[key[depth]].get();
                ++depth;
                break;
            }
        }
    }
    return std::nullopt;
}

using Visit = std::function<void(BytesView, BytesView)>;

/// @param key  The nibbles up to @p depth are set.
void visit_all(const Node& node, Key& key, size_t depth, const Visit& visit) {
    switch (node.kind) {
        case Node::Kind::leaf: {
            const Leaf& leaf = as_leaf(node);
            visit(BytesView{leaf.path.bytes}.first(leaf.path.end / 2u), leaf.value);
            return;
        }
        case Node::Kind::extension: {
            const Extension& extension = as_extension(node);
            key.bytes = extension.path.bytes;
            visit_all(*extension.child.get(), key, extension.path.end, visit);
            return;
        }
        case Node::Kind::branch:
            break;
    }
    const Branch& branch = as_branch(node);
    if (!branch.value.empty()) visit(BytesView{key.bytes}.first(depth / 2), branch.value);
    for (size_t i = 0; i < branch.children.size(); ++i) {
        if (!branch.children[i]) continue;
        uint8_t& byte = key.bytes[depth / 2];
        byte = static_cast<uint8_t>(depth % 2 == 0 ? i << 4 : (byte & 0xf0) | i);
        visit_all(*branch.children[i].get(), key, depth + 1, visit);
    }
}

}  // namespace

NodePtr::NodePtr(const NodePtr& other) noexcept : node_(other.node_) {
    if (node_ != nullptr) node_->references.fetch_add(1, std::memory_order_relaxed);
}

NodePtr::~NodePtr() {
    if (node_ == nullptr) return;
    if (!is_unique() && node_->references.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
    switch (node_->kind) {
        case Node::Kind::leaf:
            delete static_cast<Leaf*>(node_);
            break;
        case Node::Kind::extension:
            delete static_cast<Extension*>(node_);
            break;
        case Node::Kind::branch:
            delete static_cast<Branch*>(node_);
            break;
    }
}

bool NodePtr::is_unique() const noexcept {
    // Acquire: what others did with the node before they let it go lies before what we do.
    return node_->references.load(std::memory_order_acquire) == 1;
}

void Trie::put(BytesView key, BytesView value) {
    if (value.empty()) return erase(key);
    put_at(root_, Key{key}, 0, value);
}

void Trie::erase(BytesView key) {
    if (get(key)) erase_at(root_, Key{key}, 0);
}

std::optional<BytesView> Trie::get(BytesView key) const {
    return walk(root_.get(), Key{key}, [](const Node&) {});
}

Hash Trie::root_hash() const {
    if (!root_) return EMPTY_ROOT;
    Bytes scratch;
    const NodeRef ref = reference(*root_.get(), scratch);
    return ref.is_hash() ? ref.hash() : crypto::keccak256(ref.view());
}

std::vector<Bytes> Trie::prove(BytesView key) const {
    std::vector<Bytes> nodes;
    Bytes scratch;
    walk(root_.get(), Key{key}, [&](const Node& node) {
        if (nodes.empty() || reference(node, scratch).is_hash())
            nodes.push_back(to_bytes(encode_node(node, scratch)));
    });
    return nodes;
}

std::vector<Bytes> Trie::prove_erasure(BytesView key) const {
    std::vector<Bytes> nodes = prove(key);
    Bytes scratch;
    walk(root_.get(), Key{key}, [&](const Node& node) {
        if (node.kind != Node::Kind::branch) return;
        for (const NodePtr& child : as_branch(node).children)
            if (child && reference(*child.get(), scratch).is_hash())
                nodes.push_back(to_bytes(encode_node(*child.get(), scratch)));
    });
    return nodes;
}

void Trie::for_each(const Visit& visit) const {
    if (!root_) return;
    Key key{BytesView{}};
    visit_all(*root_.get(), key, 0, visit);
}

}  // namespace scope::trie
