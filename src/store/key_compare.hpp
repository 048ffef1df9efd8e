#pragma once

#include <algorithm>
#include <cstring>

#include "base/bytes.hpp"

/// Keys as maps have them: looked up by a view, in the order of memcmp.
namespace scope::store {

struct KeyLess {
    using is_transparent = void;
    bool operator()(BytesView a, BytesView b) const {
        const size_t common = std::min(a.size(), b.size());
        const int order = common == 0 ? 0 : std::memcmp(a.data(), b.data(), common);
        return order != 0 ? order < 0 : a.size() < b.size();
    }
};

inline bool starts_with(BytesView key, BytesView prefix) noexcept {
    return key.size() >= prefix.size() && equal(key.first(prefix.size()), prefix);
}

/// Returns the least key behind all that begin with @p prefix; empty if there is none.
inline Bytes key_behind(BytesView prefix) {
    Bytes key = to_bytes(prefix);
    while (!key.empty() && key.back() == 0xff) key.pop_back();
    if (!key.empty()) ++key.back();
    return key;
}

}  // namespace scope::store
