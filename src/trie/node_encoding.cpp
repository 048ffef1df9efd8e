#include "trie/node_encoding.hpp"

#include "crypto/keccak.hpp"
#include "rlp/encode.hpp"

namespace scope::trie {

namespace {

struct CompactPath {
    std::array<uint8_t, 33> bytes;
    size_t size;
    [[nodiscard]] BytesView view() const noexcept { return {bytes.data(), size}; }
};

CompactPath compact(const uint8_t* key, size_t begin, size_t end, PathKind kind) noexcept {
    const auto flag = static_cast<uint8_t>(static_cast<unsigned>(kind) << 4);
    CompactPath path;
    const bool odd = (end - begin) % 2 != 0;
    path.bytes[0] = odd ? static_cast<uint8_t>(flag | 0x10 | nibble(key, begin)) : flag;
    path.size = 1;
    for (size_t i = begin + (odd ? 1 : 0); i < end; i += 2)
        path.bytes[path.size++] = static_cast<uint8_t>(nibble(key, i) << 4 | nibble(key, i + 1));
    return path;
}

uint8_t* room(Bytes& scratch, size_t size) {
    if (scratch.size() < size) scratch.resize(size);
    return scratch.data();
}

template <typename Second>
BytesView encode_pair(Bytes& scratch, const CompactPath& path, const Second& second) {
    const size_t payload = rlp::payload_size(path.view(), second);
    uint8_t* const out = room(scratch, rlp::header_size(payload) + payload);
    return {out, rlp::write_list(out, path.view(), second)};
}

}  // namespace

size_t common_nibbles(const uint8_t* a, const uint8_t* b, size_t begin, size_t end) noexcept {
    const auto same_at = [&](size_t i) { return i < end && nibble(a, i) == nibble(b, i); };
    size_t i = begin;
    if (i % 2 != 0) {
        if (!same_at(i)) return 0;
        ++i;
    }
    while (i + 2 <= end && a[i / 2] == b[i / 2]) i += 2;
    if (same_at(i)) ++i;  // the high half of a byte that differs, or the last nibble
    return i - begin;
}

NodeRef reference_to(BytesView encoded_node) noexcept {
    NodeRef ref;
    if (encoded_node.size() < Hash::size()) {
        std::copy(encoded_node.begin(), encoded_node.end(), ref.bytes.begin());
        ref.size = static_cast<uint8_t>(encoded_node.size());
    } else {
        ref = hash_reference(crypto::keccak256(encoded_node));
    }
    return ref;
}

NodeRef hash_reference(const Hash& hash) noexcept {
    NodeRef ref;
    rlp::write(ref.bytes.data(), hash);
    ref.size = static_cast<uint8_t>(ref.bytes.size());
    return ref;
}

BytesView encode_leaf(Bytes& scratch, const uint8_t* key, size_t begin, size_t end,
                      BytesView value) {
    return encode_pair(scratch, compact(key, begin, end, PathKind::leaf), value);
}

BytesView encode_extension(Bytes& scratch, const uint8_t* key, size_t begin, size_t end,
                           const NodeRef& child) {
    return encode_pair(scratch, compact(key, begin, end, PathKind::extension),
                       rlp::Raw{child.view()});
}

BytesView encode_branch(Bytes& scratch, std::span<const NodeRef, 16> children, BytesView value) {
    size_t payload = rlp::encoded_size(value);
    for (const NodeRef& child : children) payload += child.size == 0 ? 1 : child.size;
    uint8_t* const begin = room(scratch, rlp::header_size(payload) + payload);
    uint8_t* out = rlp::write_header(begin, rlp::LIST_BASE, payload);
    for (const NodeRef& child : children)
        out = child.size == 0 ? rlp::write(out, BytesView{})
                              : rlp::write(out, rlp::Raw{child.view()});
    return {begin, rlp::write(out, value)};
}

}  // namespace scope::trie
