#pragma once

#include "store/keys.hpp"
#include "store/numbers.hpp"

// The keys of a service's rows (scope_rows.hpp, pool_rows.hpp).

namespace scope::service {

inline Bytes row_prefix(ChainId chain_id, char kind) {
    Bytes key = store::column_prefix(store::Column::service, chain_id);
    key.push_back(static_cast<uint8_t>(kind));
    return key;
}
inline Bytes row_key(ChainId chain_id, char kind, const Hash& hash) {
    Bytes key = row_prefix(chain_id, kind);
    append(key, hash);
    return key;
}
inline Bytes row_key(ChainId chain_id, char kind, uint64_t number) {
    Bytes key = row_prefix(chain_id, kind);
    store::append_u64(key, number);
    return key;
}

[[noreturn]] inline void refuse_service_row(BytesView key) {
    store::refuse_row(key, "it is not what a service writes");
}

/// Returns the number at the end of a key with this prefix, or in a value. Throws DatabaseError.
inline uint64_t number_in(BytesView key, BytesView bytes) {
    if (bytes.size() != 8) refuse_service_row(key);
    return store::read_u64(bytes);
}

}  // namespace scope::service
