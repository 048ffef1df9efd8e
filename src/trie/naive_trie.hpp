#pragma once

#include <map>
#include <vector>

#include "crypto/keccak.hpp"
#include "rlp/encode.hpp"

/// The definition of the Yellow Paper (appendix D, functions c and n), for tests: word for word
/// over lists of nibbles, with nothing kept and nothing shared.
namespace scope::trie {

using NibbleMap = std::map<Bytes, Bytes>;

inline Bytes naive_compact(const Bytes& nibbles, bool terminates) {
    Bytes all = nibbles;
    const uint8_t flag = terminates ? 2 : 0;
    if (nibbles.size() % 2 == 1)
        all.insert(all.begin(), static_cast<uint8_t>(flag + 1));
    else
        all.insert(all.begin(), {flag, 0});
    Bytes out;
    for (size_t i = 0; i < all.size(); i += 2)
        out.push_back(static_cast<uint8_t>(all[i] * 16 + all[i + 1]));
    return out;
}

inline Bytes naive_node(const NibbleMap& entries);

inline Bytes naive_reference(const NibbleMap& entries) {
    if (entries.empty()) return rlp::encode(BytesView{});
    const Bytes node = naive_node(entries);
    return node.size() < 32 ? node : rlp::encode(crypto::keccak256(node));
}

inline NibbleMap without_front(const NibbleMap& entries, size_t count) {
    NibbleMap out;
    for (const auto& [key, value] : entries)
        out[Bytes(key.begin() + static_cast<std::ptrdiff_t>(count), key.end())] = value;
    return out;
}

inline Bytes naive_node(const NibbleMap& entries) {
    const auto& [first, first_value] = *entries.begin();
    if (entries.size() == 1) return rlp::encode_list(naive_compact(first, true), first_value);
    size_t common = first.size();
    for (const auto& [key, value] : entries) {
        const auto end = std::ranges::mismatch(first, key).in1;
        common = std::min(common, static_cast<size_t>(end - first.begin()));
    }
    if (common > 0) {
        const Bytes prefix(first.begin(), first.begin() + static_cast<std::ptrdiff_t>(common));
        return rlp::encode_list(naive_compact(prefix, false),
                                rlp::Raw{naive_reference(without_front(entries, common))});
    }
    Bytes out;
    for (uint8_t i = 0; i < 16; ++i) {
        NibbleMap below;
        for (const auto& [key, value] : entries)
            if (!key.empty() && key[0] == i) below[key] = value;
        append(out, naive_reference(without_front(below, 1)));
    }
    const auto here = entries.find(Bytes{});
    rlp::encode_to(out, here == entries.end() ? Bytes{} : here->second);
    rlp::close_list(out, 0);
    return out;
}

inline Hash naive_root(const std::map<Bytes, Bytes>& entries) {
    if (entries.empty()) return crypto::keccak256(rlp::encode(BytesView{}));
    NibbleMap nibbles;
    for (const auto& [key, value] : entries) {
        Bytes path;
        for (const uint8_t byte : key) {
            path.push_back(byte >> 4);
            path.push_back(byte & 15);
        }
        nibbles[path] = value;
    }
    return crypto::keccak256(naive_node(nibbles));
}

}  // namespace scope::trie
