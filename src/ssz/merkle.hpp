#pragma once

#include <span>

#include "base/uint256.hpp"

/// hash_tree_root (consensus-specs, ssz/simple-serialize.md, "Merkleization"): the root of a binary
/// tree of sha256 over chunks of 32 bytes, filled up with zero chunks.
namespace scope::ssz {

/// Returns the root of the tree that has room for @p limit chunks.
/// REQUIRES: chunks.size() <= limit.
Hash merkleize(std::span<const Hash> chunks, uint64_t limit);

/// Returns the root of a container, from the roots of its fields.
Hash root_of_container(std::span<const Hash> fields);
/// Returns the root of a list, from the roots of its elements, of which it may have @p limit.
Hash root_of_list(std::span<const Hash> elements, uint64_t limit);

/// Returns the root of a vector of bytes, of a list of at most @p max_size bytes, or of a number.
Hash root_of_bytes(BytesView bytes);
Hash root_of_byte_list(BytesView bytes, uint64_t max_size);
Hash root_of(uint64_t number) noexcept;
Hash root_of(const uint256& number) noexcept;

}  // namespace scope::ssz
