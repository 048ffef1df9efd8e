#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/check.hpp"

namespace scope::trie {

/// The reason why nodes prove nothing.
enum class ProofError : uint8_t {
    hash_mismatch,   ///< a node's hash is not the one its parent, or the root, names
    malformed_node,  ///< no RLP of a leaf, an extension or a branch
    missing_node,    ///< the nodes end before the key's place is reached
    unused_node,     ///< nodes behind the last one that was needed
};
std::string_view to_string(ProofError error) noexcept;

/// Returns the value of @p key in the trie with root @p root, or nullopt if the nodes prove that
/// the trie has no such key.
///
/// @param nodes  As Trie::prove gives them, the root first (EIP-1186); none for the empty trie.
Result<std::optional<Bytes>, ProofError> verify_proof(const Hash& root, BytesView key,
                                                      std::span<const Bytes> nodes);

}  // namespace scope::trie
