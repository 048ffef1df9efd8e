#include "trie/proof.hpp"

#include <array>

#include "crypto/keccak.hpp"
#include "rlp/decode.hpp"
#include "trie/node_encoding.hpp"
#include "trie/trie.hpp"

namespace scope::trie {

namespace {

constexpr std::unexpected MALFORMED{ProofError::malformed_node};

/// A node's items: 2 or 17.
struct Parsed {
    std::array<rlp::Item, 17> items;
    size_t count = 0;
};

Result<Parsed, ProofError> parse(BytesView node) noexcept {
    rlp::Reader reader{node};
    auto list = reader.list();
    if (!list || !reader.at_end()) return MALFORMED;
    Parsed parsed;
    while (!list->at_end()) {
        const auto item = list->item();
        if (!item || parsed.count == parsed.items.size()) return MALFORMED;
        parsed.items[parsed.count++] = *item;
    }
    if (parsed.count != 2 && parsed.count != parsed.items.size()) return MALFORMED;
    return parsed;
}

struct CompactPath {
    bool is_leaf;
    BytesView bytes;
    size_t begin;  // in nibbles
    size_t end;
};

Result<CompactPath, ProofError> parse_path(const rlp::Item& item) noexcept {
    if (item.is_list || item.payload.empty()) return MALFORMED;
    const uint8_t flag = item.payload[0] >> 4;
    const bool odd = flag % 2 != 0;
    if (flag > 3 || (!odd && (item.payload[0] & 0x0f) != 0)) return MALFORMED;
    const CompactPath path{flag >= 2, item.payload, odd ? 1u : 2u, 2 * item.payload.size()};
    if (!path.is_leaf && path.begin == path.end) return MALFORMED;
    return path;
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
        const Parsed parsed = TRY(parse(node));
        rlp::Item child;
        if (parsed.count == 2) {
            const CompactPath path = TRY(parse_path(parsed.items[0]));
            const size_t size = path.end - path.begin;
            bool matches = size <= key_end - depth;
            for (size_t i = 0; matches && i < size; ++i)
                matches =
                    nibble(path.bytes.data(), path.begin + i) == nibble(key.data(), depth + i);
            depth += size;
            if (path.is_leaf) {
                const rlp::Item& value = parsed.items[1];
                if (value.is_list || value.payload.empty()) return MALFORMED;
                if (!matches || depth != key_end) return found(std::nullopt);
                return found(to_bytes(value.payload));
            }
            if (!matches) return found(std::nullopt);
            child = parsed.items[1];
            if (!child.is_list && child.payload.empty()) return MALFORMED;
        } else if (depth == key_end) {
            const rlp::Item& value = parsed.items[16];
            if (value.is_list) return MALFORMED;
            return found(value.payload.empty() ? Value{} : Value{to_bytes(value.payload)});
        } else {
            child = parsed.items[nibble(key.data(), depth++)];
            if (!child.is_list && child.payload.empty()) return found(std::nullopt);
        }

        if (!child.is_list && child.payload.size() == Hash::size())
            node = TRY(next_node(Hash::from(child.payload)));
        else if (child.is_list && child.whole.size() < Hash::size())
            node = child.whole;
        else
            return MALFORMED;
    }
}

}  // namespace scope::trie
