#pragma once

#include <array>
#include <span>

#include "base/bytes.hpp"

/// The encoding of a node in its parent and in a proof (Yellow Paper, appendix D, and C for the
/// paths):
///
///     leaf      = [compact path with flag 2, value]
///     extension = [compact path with flag 0, reference]
///     branch    = [16 references or "", value or ""]
///     reference = the node itself, if its RLP is shorter than 32 bytes, else the RLP's keccak256
///     compact   = flag + 1 and the first nibble | flag and 0 ; then the nibbles in pairs
namespace scope::trie {

/// Returns nibble @p i of a key: the high half of a byte is the even one.
constexpr uint8_t nibble(const uint8_t* key, size_t i) noexcept {
    return i % 2 == 0 ? key[i / 2] >> 4 : key[i / 2] & 0x0f;
}

/// Returns the length of the common prefix of two keys, in nibbles from @p begin on, at most up to
/// @p end.
size_t common_nibbles(const uint8_t* a, const uint8_t* b, size_t begin, size_t end) noexcept;

/// The reference to a node in its parent, as RLP; of size 0 for no node.
struct NodeRef {
    std::array<uint8_t, 33> bytes;
    uint8_t size = 0;

    [[nodiscard]] bool is_hash() const noexcept { return size == bytes.size(); }
    [[nodiscard]] BytesView view() const noexcept { return {bytes.data(), size}; }
    [[nodiscard]] Hash hash() const noexcept { return Hash::from(view().subspan(1)); }
};
NodeRef reference_to(BytesView encoded_node) noexcept;
/// Returns the reference to a node of 32 bytes or more that has this hash.
NodeRef hash_reference(const Hash& hash) noexcept;

enum class PathKind : uint8_t { extension = 0, leaf = 2 };

/// Encodes a node, as each of these does, into @p scratch, which grows as needed, and returns the
/// view of it: valid until scratch is used again. The path is nibbles [begin, end) of @p key.
BytesView encode_leaf(Bytes& scratch, const uint8_t* key, size_t begin, size_t end,
                      BytesView value);
BytesView encode_extension(Bytes& scratch, const uint8_t* key, size_t begin, size_t end,
                           const NodeRef& child);
BytesView encode_branch(Bytes& scratch, std::span<const NodeRef, 16> children, BytesView value);

}  // namespace scope::trie
