#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "base/uint256.hpp"

/// Simple Serialize (consensus-specs, ssz/simple-serialize.md), read only:
///
///     number    = little-endian, of its type's size
///     container = its fields in order: those of fixed size as they are, for others an offset;
///                 then the others in order
///     list      = as a container whose fields are all of one type
///     offset    = u32, counted from the start of the container or list
namespace scope::ssz {

/// The reason why bytes are not the SSZ of what was asked for.
enum class SszError : uint8_t {
    truncated,       ///< they end within the part of fixed size
    trailing_bytes,  ///< a container of fixed size ends before they do
    bad_offset,      ///< an offset that does not follow from the one before, or beyond the end
    too_long,        ///< a list longer than its type allows
};
std::string_view to_string(SszError error) noexcept;

template <typename T>
using SszResult = Result<T, SszError>;

/// The size of a field that has no fixed one.
inline constexpr size_t VARIABLE = 0;

/// Returns the fields of a container, borrowed; @p sizes are theirs, in bytes, or VARIABLE.
SszResult<std::vector<BytesView>> container_fields(BytesView bytes, std::span<const size_t> sizes);

/// Returns the elements of a list of byte lists, borrowed.
SszResult<std::vector<BytesView>> list_of_byte_lists(BytesView bytes, uint64_t max_count,
                                                     uint64_t max_size);

/// Returns the elements of a list whose elements have one size.
SszResult<std::vector<BytesView>> list_of_fixed(BytesView bytes, size_t element_size,
                                                uint64_t max_count);

/// Reads a little-endian number. REQUIRES: at most 8 bytes; for read_u256 at most 32.
uint64_t read_u64(BytesView bytes) noexcept;
uint256 read_u256(BytesView bytes) noexcept;

}  // namespace scope::ssz
