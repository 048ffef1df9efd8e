#pragma once

#include <span>
#include <vector>

#include "trie/trie.hpp"

namespace scope::trie {

struct Entry {
    BytesView key;
    BytesView value;  ///< not empty
};

/// Returns the root of the trie of these entries, without building it: for tries that are only
/// hashed. REQUIRES: keys ascending, none twice, none longer than MAX_KEY_SIZE; no empty value.
Hash root_of_sorted(std::span<const Entry> entries);

/// Returns the root of the trie that has, for each i, values[i] under the key rlp(i): transactions,
/// receipts and withdrawals of a block (Yellow Paper, section 4.3.2). REQUIRES: no empty value.
Hash ordered_root(std::span<const Bytes> values);

}  // namespace scope::trie
