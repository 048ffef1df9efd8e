#include "trie/stored_node.hpp"

#include "rlp/decode.hpp"

namespace scope::trie {

namespace {

constexpr std::unexpected MALFORMED{NodeError::malformed_node};
constexpr uint8_t MORE = 0x80;
constexpr unsigned BITS = 7;

void append_number(Bytes& out, uint64_t number) {
    for (; number >= MORE; number >>= BITS) out.push_back(static_cast<uint8_t>(number | MORE));
    out.push_back(static_cast<uint8_t>(number));
}

/// Takes a number from the front of @p rest.
Result<uint64_t, NodeError> read_number(BytesView& rest) noexcept {
    uint64_t number = 0;
    for (unsigned shift = 0; !rest.empty() && number < SEQUENCE_LIMIT; shift += BITS) {
        const uint8_t byte = rest.front();
        rest = rest.subspan(1);
        if (shift + BITS > 64 || (byte == 0 && shift > 0)) return MALFORMED;
        number |= uint64_t{byte & (MORE - 1u)} << shift;
        if (byte < MORE) return number;
    }
    return MALFORMED;
}

}  // namespace

Bytes encode_stored(const StoredNode& node, uint64_t sequence) {
    CHECK(sequence < SEQUENCE_LIMIT);
    Bytes out;
    out.reserve(node.rlp.size() + 2 * size_t{node.sequences.count});  // most numbers are as short
    append(out, node.rlp);
    for (const uint64_t child : node.sequences.view()) {
        CHECK(child <= sequence);
        append_number(out, sequence - child);
    }
    return out;
}

Result<StoredNode, NodeError> decode_stored(BytesView bytes, uint64_t sequence) {
    rlp::Reader reader{bytes};
    const auto item = reader.item();
    if (!item || !item->is_list) return MALFORMED;
    StoredNode node{.rlp = to_bytes(item->whole), .sequences = {}};
    BytesView rest = reader.rest();
    while (!rest.empty()) {
        const uint64_t age = TRY(read_number(rest));
        if (age > sequence || node.sequences.count == node.sequences.values.size())
            return MALFORMED;
        node.sequences.push(sequence - age);
    }
    return node;
}

}  // namespace scope::trie
