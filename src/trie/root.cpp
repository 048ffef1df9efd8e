#include "trie/root.hpp"

#include <array>

#include "crypto/keccak.hpp"
#include "rlp/encode.hpp"
#include "trie/node_encoding.hpp"

namespace scope::trie {

namespace {

using Entries = std::span<const Entry>;

/// The branch at nibble @p depth, where the keys, all longer or one equally long, part.
BytesView encode_subtree(Entries entries, size_t depth, Bytes& scratch);

NodeRef reference(Entries entries, size_t depth, Bytes& scratch) {
    return reference_to(encode_subtree(entries, depth, scratch));
}

BytesView encode_branch_of(Entries entries, size_t depth, Bytes& scratch) {
    BytesView value;
    if (entries[0].key.size() * 2 == depth) {
        value = entries[0].value;
        entries = entries.subspan(1);
    }
    std::array<NodeRef, 16> children;
    while (!entries.empty()) {
        const uint8_t index = nibble(entries[0].key.data(), depth);
        size_t count = 1;
        while (count < entries.size() && nibble(entries[count].key.data(), depth) == index) ++count;
        children[index] = reference(entries.first(count), depth + 1, scratch);
        entries = entries.subspan(count);
    }
    return encode_branch(scratch, children, value);
}

BytesView encode_subtree(Entries entries, size_t depth, Bytes& scratch) {
    const BytesView first = entries.front().key;
    const BytesView last = entries.back().key;
    if (entries.size() == 1)
        return encode_leaf(scratch, first.data(), depth, 2 * first.size(), entries[0].value);
    // What the first and the last key share, all share, because they are sorted.
    const size_t split = depth + common_nibbles(first.data(), last.data(), depth,
                                                2 * std::min(first.size(), last.size()));
    if (split == depth) return encode_branch_of(entries, depth, scratch);
    const NodeRef branch = reference_to(encode_branch_of(entries, split, scratch));
    return encode_extension(scratch, first.data(), depth, split, branch);
}

}  // namespace

Hash root_of_sorted(Entries entries) {
    if (entries.empty()) return EMPTY_ROOT;
    for (size_t i = 0; i < entries.size(); ++i) {
        CHECK(entries[i].key.size() <= MAX_KEY_SIZE && !entries[i].value.empty());
        CHECK(i == 0 || std::ranges::lexicographical_compare(entries[i - 1].key, entries[i].key));
    }
    Bytes scratch;
    return crypto::keccak256(encode_subtree(entries, 0, scratch));
}

Hash ordered_root(std::span<const Bytes> values) {
    constexpr size_t LONGEST = 9;
    std::vector<std::array<uint8_t, LONGEST>> keys(values.size());
    std::vector<Entry> entries;
    entries.reserve(values.size());
    const auto add = [&](size_t i) {
        const uint8_t* const end = rlp::write(keys[i].data(), i);
        entries.push_back({BytesView{keys[i].data(), end}, values[i]});
    };
    // rlp(0) is 0x80: behind 0x01 … 0x7f, before 0x8180.
    for (size_t i = 1; i < std::min<size_t>(values.size(), 0x80); ++i) add(i);
    if (!values.empty()) add(0);
    for (size_t i = 0x80; i < values.size(); ++i) add(i);
    return root_of_sorted(entries);
}

}  // namespace scope::trie
