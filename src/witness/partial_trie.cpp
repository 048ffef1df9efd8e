#include "witness/partial_trie.hpp"

#include <algorithm>

#include "crypto/keccak.hpp"
#include "rlp/decode.hpp"
#include "rlp/encode.hpp"
#include "trie/trie.hpp"

namespace scope::witness {

namespace {

constexpr uint8_t LEAF_FLAG = 2;

Bytes nibbles_of(BytesView bytes) {
    Bytes nibbles;
    nibbles.reserve(2 * bytes.size());
    for (const uint8_t byte : bytes) {
        nibbles.push_back(byte >> 4);
        nibbles.push_back(byte & 0x0f);
    }
    return nibbles;
}

/// Encodes a path as in trie/node_encoding.hpp, from nibbles that lie one in a byte.
Bytes compact(BytesView nibbles, bool is_leaf) {
    Bytes all{is_leaf ? LEAF_FLAG : uint8_t{0}};
    if (nibbles.size() % 2 == 1)
        ++all[0];
    else
        all.push_back(0);
    append(all, nibbles);
    Bytes out;
    for (size_t i = 0; i < all.size(); i += 2)
        out.push_back(static_cast<uint8_t>(all[i] << 4 | all[i + 1]));
    return out;
}

size_t common_prefix(BytesView a, BytesView b) {
    return static_cast<size_t>(std::ranges::mismatch(a, b).in1 - a.begin());
}

std::unexpected<TrieError> malformed() {
    return std::unexpected{TrieError::malformed_node};
}

}  // namespace

NodeSet::NodeSet(std::span<const Bytes> nodes) {
    for (const Bytes& node : nodes) nodes_.emplace(crypto::keccak256(node), Entry{&node});
}

const Bytes* NodeSet::find(const Hash& hash) {
    const auto found = nodes_.find(hash);
    if (found == nodes_.end()) return nullptr;
    if (!found->second.is_used) ++used_count_;
    found->second.is_used = true;
    return found->second.node;
}

PartialTrie::PartialTrie(NodeSet& nodes, const Hash& root) : nodes_(nodes) {
    if (root != trie::EMPTY_ROOT) root_.hash = root;
}

Result<PartialTrie::Node*, TrieError> PartialTrie::resolve(Child& child) {
    if (!child.node) {
        const Bytes* node = nodes_.find(*child.hash);
        if (node == nullptr) return std::unexpected{TrieError::missing_node};
        child.node = TRY(decode(*node));
    }
    return child.node.get();
}

Result<std::shared_ptr<PartialTrie::Node>, TrieError> PartialTrie::decode(BytesView rlp) {
    rlp::Reader reader{rlp};
    auto list = reader.list();
    if (!list || !reader.at_end()) return malformed();
    std::vector<rlp::Item> items;
    while (!list->at_end()) {
        const auto item = list->item();
        if (!item || items.size() == 17) return malformed();
        items.push_back(*item);
    }
    auto node = std::make_shared<Node>();
    const auto read_child = [](const rlp::Item& item) -> Result<Child, TrieError> {
        if (item.is_list) {
            if (item.whole.size() >= Hash::size()) return malformed();
            return Child{std::nullopt, TRY(decode(item.whole))};
        }
        if (item.payload.empty()) return Child{};
        if (item.payload.size() != Hash::size()) return malformed();
        return Child{Hash::from(item.payload), nullptr};
    };
    if (items.size() == 17) {
        node->kind = Node::Kind::branch;
        if (items[16].is_list || !items[16].payload.empty()) return malformed();
        for (size_t i = 0; i < 16; ++i) node->children[i] = TRY(read_child(items[i]));
        return node;
    }
    if (items.size() != 2 || items[0].is_list || items[0].payload.empty()) return malformed();
    Bytes path = nibbles_of(items[0].payload);
    if (path[0] > 3) return malformed();
    const bool is_odd = path[0] % 2 == 1;
    if (!is_odd && path[1] != 0) return malformed();
    node->kind = path[0] >= LEAF_FLAG ? Node::Kind::leaf : Node::Kind::extension;
    path.erase(path.begin(), path.begin() + (is_odd ? 1 : 2));
    node->path = std::move(path);
    if (node->kind == Node::Kind::leaf) {
        if (items[1].is_list || items[1].payload.empty()) return malformed();
        node->value = to_bytes(items[1].payload);
        return node;
    }
    node->children[0] = TRY(read_child(items[1]));
    if (node->children[0].empty() || node->path.empty()) return malformed();
    return node;
}

void PartialTrie::append_reference(Bytes& out, const Child& child) {
    if (child.empty()) {
        rlp::encode_to(out, BytesView{});
    } else if (!child.node) {
        rlp::encode_to(out, *child.hash);
    } else if (const Bytes node = encode(*child.node); node.size() < Hash::size()) {
        append(out, node);
    } else {
        rlp::encode_to(out, crypto::keccak256(node));
    }
}

Bytes PartialTrie::encode(const Node& node) {
    Bytes out;
    switch (node.kind) {
        case Node::Kind::leaf:
            rlp::encode_to(out, compact(node.path, true));
            rlp::encode_to(out, node.value);
            break;
        case Node::Kind::extension:
            rlp::encode_to(out, compact(node.path, false));
            append_reference(out, node.children[0]);
            break;
        case Node::Kind::branch:
            for (const Child& child : node.children) append_reference(out, child);
            rlp::encode_to(out, BytesView{});
            break;
    }
    rlp::close_list(out, 0);
    return out;
}

Hash PartialTrie::root_hash() const {
    if (root_.empty()) return trie::EMPTY_ROOT;
    return root_.node ? crypto::keccak256(encode(*root_.node)) : *root_.hash;
}

Result<std::optional<Bytes>, TrieError> PartialTrie::get(const Hash& key) {
    const Bytes nibbles = nibbles_of(key);
    BytesView rest = nibbles;
    Child* child = &root_;
    while (!child->empty()) {
        Node* node = TRY(resolve(*child));
        if (node->kind == Node::Kind::branch) {
            if (rest.empty()) return malformed();
            child = &node->children[rest[0]];
            rest = rest.subspan(1);
            continue;
        }
        const size_t common = common_prefix(node->path, rest);
        if (node->kind == Node::Kind::leaf) {
            if (node->path.size() != rest.size()) return malformed();
            return common == rest.size() ? std::optional{node->value} : std::nullopt;
        }
        if (common != node->path.size()) return std::nullopt;
        rest = rest.subspan(common);
        child = &node->children[0];
    }
    return std::nullopt;
}

PartialTrie::Child PartialTrie::make_leaf(BytesView path, BytesView value) {
    auto node = std::make_shared<Node>();
    node->path = to_bytes(path);
    node->value = to_bytes(value);
    return {std::nullopt, std::move(node)};
}

PartialTrie::Child PartialTrie::make_extension(BytesView path, Child below) {
    if (path.empty()) return below;
    auto node = std::make_shared<Node>();
    node->kind = Node::Kind::extension;
    node->path = to_bytes(path);
    node->children[0] = std::move(below);
    return {std::nullopt, std::move(node)};
}

Result<void, TrieError> PartialTrie::put(const Hash& key, BytesView value) {
    return put(root_, nibbles_of(key), value);
}

Result<void, TrieError> PartialTrie::put(Child& child, BytesView path, BytesView value) {
    if (child.empty()) {
        child = make_leaf(path, value);
        return {};
    }
    Node* node = TRY(resolve(child));
    child.hash.reset();
    if (node->kind == Node::Kind::branch) {
        if (path.empty()) return malformed();
        return put(node->children[path[0]], path.subspan(1), value);
    }
    const size_t common = common_prefix(node->path, path);
    if (node->kind == Node::Kind::leaf) {
        if (node->path.size() != path.size()) return malformed();
        if (common == path.size()) {
            node->value = to_bytes(value);
            return {};
        }
    } else {
        if (node->path.size() >= path.size()) return malformed();
        if (common == node->path.size()) return put(node->children[0], path.subspan(common), value);
    }
    // The ways part: a branch where they do, behind what they have in common.
    const BytesView old_path = node->path;
    auto branch = std::make_shared<Node>();
    branch->kind = Node::Kind::branch;
    branch->children[old_path[common]] =
        node->kind == Node::Kind::leaf
            ? make_leaf(old_path.subspan(common + 1), node->value)
            : make_extension(old_path.subspan(common + 1), node->children[0]);
    branch->children[path[common]] = make_leaf(path.subspan(common + 1), value);
    child = make_extension(path.first(common), {std::nullopt, std::move(branch)});
    return {};
}

Result<void, TrieError> PartialTrie::erase(const Hash& key) {
    return erase(root_, nibbles_of(key));
}

Result<void, TrieError> PartialTrie::erase(Child& child, BytesView path) {
    if (child.empty()) return {};
    Node* node = TRY(resolve(child));
    if (node->kind == Node::Kind::leaf) {
        if (node->path.size() != path.size()) return malformed();
        if (equal(node->path, path)) child = {};
        return {};
    }
    if (node->kind == Node::Kind::extension) {
        if (common_prefix(node->path, path) != node->path.size()) return {};
        child.hash.reset();
        TRY_VOID(erase(node->children[0], path.subspan(node->path.size())));
        const Bytes above = node->path;
        Child below = node->children[0];
        child = std::move(below);
        return prepend(child, above);
    }
    if (path.empty()) return malformed();
    child.hash.reset();
    TRY_VOID(erase(node->children[path[0]], path.subspan(1)));
    const auto is_there = [](const Child& entry) { return !entry.empty(); };
    if (std::ranges::count_if(node->children, is_there) != 1) return {};
    const auto last = std::ranges::find_if(node->children, is_there);
    const std::array nibble{static_cast<uint8_t>(last - node->children.begin())};
    Child below = *last;
    TRY_VOID(resolve(below));
    child = std::move(below);
    return prepend(child, nibble);
}

/// Puts a path above a child: into a leaf or an extension, and before a branch.
Result<void, TrieError> PartialTrie::prepend(Child& child, BytesView path) {
    if (child.empty()) return {};
    Node* node = TRY(resolve(child));
    if (node->kind == Node::Kind::branch) {
        child = make_extension(path, child);
        return {};
    }
    child.hash.reset();
    node->path.insert(node->path.begin(), path.begin(), path.end());
    return {};
}

}  // namespace scope::witness
