#pragma once

#include "rlp/decode.hpp"
#include "store/keys.hpp"

namespace scope::store {

/// Decodes a row's value, which is the RLP of one value of this type and nothing behind it. Throws
/// DatabaseError, bad_row, which names the row.
template <typename T>
T decode_row(BytesView key, BytesView value) {
    rlp::Reader reader{value};
    auto decoded = reader.read<T>();
    if (!decoded) refuse_row(key, to_string(decoded.error()));
    if (const auto end = reader.finish(); !end) refuse_row(key, to_string(end.error()));
    return std::move(*decoded);
}

}  // namespace scope::store
