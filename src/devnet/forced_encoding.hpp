#pragma once

#include "execution/forced.hpp"
#include "rlp/decode.hpp"
#include "rlp/encode.hpp"

/// Changes by force as RLP, in dumps and in databases:
///
///     change  := [account*]
///     account := [address, nonce, balance, has_code, code, [[key, value]*]]
namespace scope::devnet {

struct EncodedSlot {
    Hash key;
    Hash value;
};
constexpr auto rlp_fields(const EncodedSlot*) {
    return std::tuple{&EncodedSlot::key, &EncodedSlot::value};
}
struct EncodedAccount {
    Address address;
    uint64_t nonce = 0;
    uint256 balance;
    bool has_code = false;
    Bytes code;
    std::vector<EncodedSlot> storage;
};
constexpr auto rlp_fields(const EncodedAccount*) {
    return std::tuple{&EncodedAccount::address,  &EncodedAccount::nonce, &EncodedAccount::balance,
                      &EncodedAccount::has_code, &EncodedAccount::code,  &EncodedAccount::storage};
}
using EncodedChange = std::vector<EncodedAccount>;

EncodedChange to_encoded(const execution::ForcedChange& change);
execution::ForcedChange from_encoded(EncodedChange encoded);

/// Returns all changes as one: of an account the last, of its slots and code the last of each.
execution::ForcedChange merge(const std::vector<execution::ForcedChangePtr>& changes);

}  // namespace scope::devnet
