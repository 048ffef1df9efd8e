#pragma once

#include "base/bytes.hpp"

/// Numbers of 8 bytes, big-endian, as keys and some values have them.
namespace scope::store {

inline void append_u64(Bytes& out, uint64_t number) {
    for (int shift = 56; shift >= 0; shift -= 8)
        out.push_back(static_cast<uint8_t>(number >> shift));
}

/// Reads the first 8 bytes. REQUIRES: there are as many.
inline uint64_t read_u64(BytesView bytes) {
    CHECK(bytes.size() >= 8);
    uint64_t number = 0;
    for (size_t i = 0; i < 8; ++i) number = number << 8 | bytes[i];
    return number;
}

}  // namespace scope::store
