#include "trie/node_decoding.hpp"

namespace scope::trie {

namespace {

constexpr std::unexpected MALFORMED{NodeError::malformed_node};

}  // namespace

std::string_view to_string(NodeError error) noexcept {
    switch (error) {
        case NodeError::missing_node:
            return "missing node";
        case NodeError::wrong_hash:
            return "node does not have the hash it must have";
        case NodeError::malformed_node:
            return "malformed node";
    }
    return "unknown error";
}

Result<NodeItems, NodeError> read_items(BytesView node) noexcept {
    rlp::Reader reader{node};
    auto list = reader.list();
    if (!list || !reader.at_end()) return MALFORMED;
    NodeItems items;
    while (!list->at_end()) {
        const auto item = list->item();
        if (!item || items.count == items.items.size()) return MALFORMED;
        items.items[items.count++] = *item;
    }
    if (items.count != 2 && !items.is_branch()) return MALFORMED;
    return items;
}

Result<PathItem, NodeError> read_path(const rlp::Item& item) noexcept {
    if (item.is_list || item.payload.empty()) return MALFORMED;
    const uint8_t flag = item.payload[0] >> 4;
    const bool odd = flag % 2 != 0;
    if (flag > 3 || (!odd && (item.payload[0] & 0x0f) != 0)) return MALFORMED;
    const PathItem path{.kind = flag >= 2 ? PathKind::leaf : PathKind::extension,
                        .bytes = item.payload,
                        .begin = odd ? 1u : 2u,
                        .end = 2 * item.payload.size()};
    if (path.kind == PathKind::extension && path.size() == 0) return MALFORMED;
    return path;
}

Result<BytesView, NodeError> read_value(const rlp::Item& item) noexcept {
    if (item.is_list || item.payload.empty()) return MALFORMED;
    return item.payload;
}

Result<ChildItem, NodeError> read_child(const rlp::Item& item) noexcept {
    if (item.is_list) {
        if (item.whole.size() >= Hash::size()) return MALFORMED;
        return ChildItem{ChildItem::Kind::embedded, item.whole};
    }
    if (item.payload.empty()) return ChildItem{};
    if (item.payload.size() != Hash::size()) return MALFORMED;
    return ChildItem{ChildItem::Kind::hash, item.payload};
}

}  // namespace scope::trie
