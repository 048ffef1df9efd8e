#include "trie/proof.hpp"

#include "crypto/keccak.hpp"
#include "trie/node_decoding.hpp"
#include "trie/trie.hpp"

namespace scope::trie {

namespace {

constexpr std::unexpected MALFORMED{ProofError::malformed_node};

/// Reading a node's parts fails in one way only.
template <typename T>
Result<T, ProofError> checked(Result<T, NodeError> part) {
    if (!part) return MALFORMED;
    return std::move(*part);
}

}  // namespace

std::string_view to_string(ProofError error) noexcept {
    switch (error) {
        case ProofError::hash_mismatch:
            return "node does not have the hash it must have";
        case ProofError::malformed_node:
            return "malformed node";
        case ProofError::missing_node:
            return "missing node";
        case ProofError::unused_node:
            return "unused node";
    }
    return "unknown error";
}

Result<std::optional<Bytes>, ProofError> verify_proof(const Hash& root, BytesView key,
                                                      std::span<const Bytes> nodes) {
    using Value = std::optional<Bytes>;
    size_t used = 0;
    const auto next_node = [&](const Hash& hash) -> Result<BytesView, ProofError> {
        if (used == nodes.size()) return std::unexpected{ProofError::missing_node};
        const Bytes& node = nodes[used++];
        if (crypto::keccak256(node) != hash) return std::unexpected{ProofError::hash_mismatch};
        return BytesView{node};
    };
    const auto found = [&](Value value) -> Result<Value, ProofError> {
        if (used != nodes.size()) return std::unexpected{ProofError::unused_node};
        return value;
    };

    if (root == EMPTY_ROOT) return found(std::nullopt);
    BytesView node = TRY(next_node(root));
    const size_t key_end = 2 * key.size();
    size_t depth = 0;
    while (true) {
        const NodeItems items = TRY(checked(read_items(node)));
        ChildItem child;
        if (!items.is_branch()) {
            const PathItem path = TRY(checked(read_path(items.items[0])));
            bool matches = path.size() <= key_end - depth;
            for (size_t i = 0; matches && i < path.size(); ++i)
                matches = path[i] == nibble(key.data(), depth + i);
            depth += path.size();
            if (path.kind == PathKind::leaf) {
                const BytesView value = TRY(checked(read_value(items.items[1])));
                if (!matches || depth != key_end) return found(std::nullopt);
                return found(to_bytes(value));
            }
            if (!matches) return found(std::nullopt);
            child = TRY(checked(read_child(items.items[1])));
            if (child.kind == ChildItem::Kind::none) return MALFORMED;
        } else if (depth == key_end) {
            const rlp::Item& value = items.items[16];
            if (value.is_list) return MALFORMED;
            return found(value.payload.empty() ? Value{} : Value{to_bytes(value.payload)});
        } else {
            child = TRY(checked(read_child(items.items[nibble(key.data(), depth++)])));
            if (child.kind == ChildItem::Kind::none) return found(std::nullopt);
        }
        node = child.kind == ChildItem::Kind::hash ? TRY(next_node(Hash::from(child.bytes)))
                                                   : child.bytes;
    }
}

}  // namespace scope::trie
