#include "trie/changes.hpp"

#include <numeric>

#include "trie/node_loading.hpp"

namespace scope::trie {

namespace {

size_t child_count(const Node& node) noexcept {
    return node.kind == Node::Kind::branch ? 16 : node.kind == Node::Kind::extension ? 1 : 0;
}
NodePtr& child_slot(Node& node, size_t i) noexcept {
    return node.kind == Node::Kind::extension ? static_cast<Extension&>(node).child
                                              : static_cast<Branch&>(node).children[i];
}
/// Returns a child, or null. REQUIRES: i < child_count(node).
const Node* child_of(const Node& node, size_t i) noexcept {
    return node.kind == Node::Kind::extension ? as_extension(node).child.get()
                                              : as_branch(node).children[i].get();
}

/// Calls @p visit(child, path) for each child, of a node that stands at @p path, for which
/// @p is_wanted(child): most are not, and their paths are not made.
template <typename Wanted, typename F>
void for_each_child(const Node& node, const NodePath& path, Wanted is_wanted, F visit) {
    for (size_t i = 0; i < child_count(node); ++i) {
        const Node* const child = child_of(node, i);
        if (child == nullptr || !is_wanted(*child)) continue;
        visit(*child,
              node.kind == Node::Kind::extension ? path_to(as_extension(node).path) : path.then(i));
    }
}

struct IsNew {
    bool operator()(const Node& node) const noexcept { return !node.is_stored(); }
};

/// A node inside its parent is stored with it. It is not a stored one, and none is below it.
bool is_embedded(const Node& node, const NodePath& path, Bytes& scratch) {
    return path.size != 0 && !reference(node, scratch).is_hash();
}

/// Walks over what is not stored: above a node that isn't, all are not.
class Writer {
  public:
    Writer(uint64_t sequence, NodeSink& sink) noexcept : sequence_(sequence), sink_(sink) {}

    void write(const Node& node, const NodePath& path) {
        if (node.is_stored() || is_embedded(node, path, scratch_)) return;
        stored_.sequences = {};
        for (size_t i = 0; i < child_count(node); ++i)
            if (const Node* child = child_of(node, i))
                if (child->is_stored() || reference(*child, scratch_).is_hash())
                    stored_.sequences.push(child->is_stored() ? child->sequence() : sequence_);
        const Hash hash = hash_of(node, scratch_);
        const BytesView rlp = encode_node(node, scratch_);
        stored_.rlp.assign(rlp.begin(), rlp.end());
        sink_.write(path, {hash, sequence_}, stored_);
        for_each_child(node, path, IsNew{},
                       [&](const Node& child, const NodePath& place) { write(child, place); });
    }

  private:
    uint64_t sequence_;
    NodeSink& sink_;
    Bytes scratch_;
    StoredNode stored_;  // the last one: its memory is used again
};

/// The node of the trie after at a place where the trie before has one; null for none: also inside
/// an extension's path, where none stands, only on the way to one.
struct Place {
    const Node* node = nullptr;
    NodePtr held;

    /// Returns whether the node stands at this depth, not below it.
    [[nodiscard]] bool stands_at(size_t depth) const noexcept {
        return node != nullptr &&
               (node->kind != Node::Kind::extension || as_extension(*node).path.begin == depth);
    }
};

/// Walks over the trie before where the trie after differs.
class Comparison {
  public:
    Comparison(const Trie& before, const Trie& after, NodeSink& sink) noexcept
        : before_(TrieAccess::source(before)), after_(TrieAccess::source(after)), sink_(sink) {}

    Result<void, NodeError> replace(const Node& node, const NodePath& path, const Place& after) {
        if (is_same(node, path, after)) return {};
        if (is_embedded(node, path, scratch_)) return {};
        sink_.replace(path, version_of(node, scratch_));
        const Resolved old = TRY(resolve(node, path, before_, Keep::no));
        const Place below = TRY(entered(after, path));
        if (old.node->kind == Node::Kind::extension) {
            const Extension& extension = as_extension(*old.node);
            const NodePath end = path_to(extension.path);
            return replace(*extension.child.get(), end, TRY(walk(below, path, end)));
        }
        if (old.node->kind == Node::Kind::leaf) return {};
        const Branch& branch = as_branch(*old.node);
        for (size_t i = 0; i < branch.children.size(); ++i) {
            if (!branch.children[i] || is_shared(branch, i, below)) continue;
            const NodePath place = path.then(i);
            const Place beside = TRY(walk(below, path, place));
            TRY_VOID(replace(*branch.children[i].get(), place, beside));
        }
        return {};
    }

  private:
    bool is_same(const Node& node, const NodePath& path, const Place& after) {
        if (!after.stands_at(path.size)) return false;
        if (after.node == &node) return true;
        return node.is_stored() && after.node->is_stored() &&
               version_of(node, scratch_) == version_of(*after.node, scratch_);
    }

    /// Returns whether a branch has the same child as the branch that stands at the same place, if
    /// one does: so have most.
    static bool is_shared(const Branch& branch, size_t i, const Place& beside) noexcept {
        return beside.node != nullptr && beside.node->kind == Node::Kind::branch &&
               as_branch(*beside.node).children[i].get() == branch.children[i].get();
    }

    /// Returns the same place, with the node that is there in memory.
    Result<Place, NodeError> entered(const Place& place, const NodePath& path) {
        if (place.node == nullptr || place.node->kind != Node::Kind::stored) return place;
        const Resolved resolved = TRY(resolve(*place.node, path, after_, Keep::no));
        return Place{resolved.node, resolved.held ? resolved.held : place.held};
    }

    /// Walks on from a place at @p from to the one at @p to. The node there may be a stored one.
    Result<Place, NodeError> walk(const Place& start, const NodePath& from, const NodePath& to) {
        Place place = start;
        for (size_t depth = from.size; depth < to.size && place.node != nullptr; ++depth) {
            if (place.node->kind == Node::Kind::stored)
                place = TRY(entered(place, to.first(depth)));
            place.node = step(place.node, to[depth], depth);
        }
        return place;
    }

    static const Node* step(const Node* node, uint8_t nibble, size_t depth) noexcept {
        switch (node->kind) {
            case Node::Kind::branch:
                return as_branch(*node).children[nibble].get();
            case Node::Kind::extension: {
                const Extension& extension = as_extension(*node);
                if (extension.path[depth] != nibble) return nullptr;
                return depth + 1 == extension.path.end ? extension.child.get() : node;
            }
            case Node::Kind::leaf:
            case Node::Kind::stored:
                break;
        }
        return nullptr;
    }

    const NodeSource* before_;
    const NodeSource* after_;
    NodeSink& sink_;
    Bytes scratch_;
};

void mark(const Node& node, const NodePath& path, uint64_t sequence, Bytes& scratch) {
    if (node.is_stored() || is_embedded(node, path, scratch)) return;
    node.set_sequence(sequence);
    for_each_child(node, path, IsNew{}, [&](const Node& child, const NodePath& place) {
        mark(child, place, sequence, scratch);
    });
}

/// Returns a copy of a node that is stored, or not, as it is.
NodePtr copy_same(const Node& node) {
    NodePtr copy = copy_node(node);
    copy.get()->set_sequence(node.sequence());
    if (node.cache.load(std::memory_order_acquire) == Node::Cache::ready)
        copy.get()->set_reference(node.ref);
    return copy;
}

/// Returns the node with less below it, in place of @p slot.
///
/// Nothing is changed in place: others may be reading it.
NodePtr without_old(const NodePtr& slot, uint64_t sequence, Bytes& scratch) {
    Node& node = *slot.get();
    if (node.kind == Node::Kind::stored) {
        Node* const loaded = as_stored(node).loaded.load(std::memory_order_acquire);
        if (loaded == nullptr) return slot;
        return node.sequence() < sequence ? make_node<Stored>(as_stored(node).version())
                                          : without_old(NodePtr::share(loaded), sequence, scratch);
    }
    if (node.is_stored() && node.sequence() < sequence)
        return make_node<Stored>(version_of(node, scratch));
    NodePtr result = slot;
    for (size_t i = 0; i < child_count(node); ++i) {
        const NodePtr& child = child_slot(node, i);
        if (!child) continue;
        NodePtr next = without_old(child, sequence, scratch);
        if (next.get() == child.get()) continue;
        if (result.get() == &node) result = copy_same(node);
        child_slot(*result.get(), i) = std::move(next);
    }
    return result;
}

/// Returns the bytes that a piece takes, with what the allocator keeps beside it and rounds up to.
size_t allocated(size_t size) noexcept {
    constexpr size_t HEADER = 8;
    constexpr size_t UNIT = 16;
    return (size + HEADER + UNIT - 1) / UNIT * UNIT;
}

size_t size_of(const Node& node) noexcept {
    const auto value_size = [](const Bytes& value) {
        return value.capacity() == 0 ? 0 : allocated(value.capacity());
    };
    switch (node.kind) {
        case Node::Kind::leaf:
            return allocated(sizeof(Leaf)) + value_size(as_leaf(node).value);
        case Node::Kind::extension:
            return allocated(sizeof(Extension));
        case Node::Kind::branch:
            return allocated(sizeof(Branch)) + value_size(as_branch(node).value);
        case Node::Kind::stored:
            break;
    }
    return allocated(sizeof(Stored));
}

}  // namespace

Result<void, NodeError> visit_changes(const Trie& before, const Trie& after, uint64_t sequence,
                                      NodeSink& sink) {
    CHECK(sequence < SEQUENCE_LIMIT);
    const Node* const old = TrieAccess::root(before).get();
    const Node* const root = TrieAccess::root(after).get();
    if (old != nullptr)
        TRY_VOID((Comparison{before, after, sink}.replace(*old, NodePath{}, Place{root, {}})));
    if (root != nullptr) Writer{sequence, sink}.write(*root, NodePath{});
    return {};
}

void mark_stored(const Trie& trie, uint64_t sequence) {
    CHECK(sequence < SEQUENCE_LIMIT);
    Bytes scratch;
    if (const Node* root = TrieAccess::root(trie).get()) mark(*root, NodePath{}, sequence, scratch);
}

void let_go(Trie& trie, uint64_t sequence) {
    CHECK(TrieAccess::source(trie) != nullptr);
    NodePtr& root = TrieAccess::root(trie);
    Bytes scratch;
    if (root) root = without_old(root, sequence, scratch);
}

/// What stays with the parent counts as that does: a node inside it, and the one that stands for a
/// node let go.
void SizesByAge::add(const Node& node, uint64_t parent) {
    const bool is_own = node.kind != Node::Kind::stored && node.is_stored();
    const uint64_t sequence = is_own ? node.sequence() : parent;
    const size_t stays = is_own ? allocated(sizeof(Stored)) : 0;
    add(parent, stays);
    add(sequence, size_of(node) - stays);
    if (node.kind == Node::Kind::stored)
        if (const Node* loaded = as_stored(node).loaded.load(std::memory_order_acquire))
            add(*loaded, sequence);
    for (size_t i = 0; i < child_count(node); ++i)
        if (const Node* child = child_of(node, i)) add(*child, sequence);
}

void SizesByAge::add(const Trie& trie) {
    if (const Node* root = TrieAccess::root(trie).get()) add(*root, Node::UNSTORED);
}

size_t SizesByAge::sum() const noexcept {
    return std::accumulate(sizes_.begin(), sizes_.end(), size_t{0});
}

SizesByAge::Cut SizesByAge::cut(size_t size) const noexcept {
    Cut cut{.sequence = now_, .size = sizes_[0]};
    for (size_t i = 1; i < sizes_.size() && cut.size + sizes_[i] <= size; ++i) {
        const uint64_t distance = i == 64 ? UINT64_MAX : (uint64_t{1} << i) - 1;
        cut = {.sequence = now_ - std::min(now_, distance), .size = cut.size + sizes_[i]};
    }
    return cut;
}

size_t size_in_memory(const Trie& trie) {
    SizesByAge sizes{0};
    sizes.add(trie);
    return sizes.sum();
}

}  // namespace scope::trie
