#include "trie/node.hpp"

#include "crypto/keccak.hpp"

namespace scope::trie {

NodePtr NodePtr::share(Node* node) noexcept {
    if (node != nullptr) node->references.fetch_add(1, std::memory_order_relaxed);
    return NodePtr{node};
}

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
        case Node::Kind::stored:
            delete static_cast<Stored*>(node_);
            break;
    }
}

bool NodePtr::is_unique() const noexcept {
    // Acquire: what others did with the node before they let it go lies before what we do.
    return node_->references.load(std::memory_order_acquire) == 1;
}

Stored::Stored(const NodeVersion& version) noexcept : Node(Kind::stored) {
    set_sequence(version.sequence);
    set_reference(hash_reference(version.hash));
}

Stored::~Stored() {
    const NodePtr last{loaded.load(std::memory_order_relaxed)};
}

const Node* Stored::keep(NodePtr node) const noexcept {
    Node* kept = nullptr;
    if (!loaded.compare_exchange_strong(kept, node.get(), std::memory_order_acq_rel,
                                        std::memory_order_acquire))
        return kept;
    return node.release();
}

NodePtr copy_node(const Node& node) {
    switch (node.kind) {
        case Node::Kind::leaf:
            return make_node<Leaf>(as_leaf(node));
        case Node::Kind::extension:
            return make_node<Extension>(as_extension(node));
        case Node::Kind::branch:
            return make_node<Branch>(as_branch(node));
        case Node::Kind::stored:
            break;
    }
    CHECK(false);
}

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
        case Node::Kind::stored:
            CHECK(false);
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
    if (node.cache.compare_exchange_strong(none, Node::Cache::busy, std::memory_order_relaxed))
        node.set_reference(ref);
    return ref;
}

Hash hash_of(const Node& node, Bytes& scratch) {
    const NodeRef ref = reference(node, scratch);
    return ref.is_hash() ? ref.hash() : crypto::keccak256(ref.view());
}

NodeVersion version_of(const Node& node, Bytes& scratch) {
    CHECK(node.is_stored());
    return {hash_of(node, scratch), node.sequence()};
}

}  // namespace scope::trie
