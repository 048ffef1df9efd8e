#pragma once

#include <tuple>

#include "types/block.hpp"

/// The fields of the structs that are lists in RLP whatever they stand in (see rlp/encode.hpp).
namespace scope {

constexpr auto rlp_fields(const AccessListEntry*) {
    return std::tuple{&AccessListEntry::address, &AccessListEntry::storage_keys};
}
constexpr auto rlp_fields(const Authorization*) {
    return std::tuple{&Authorization::chain_id, &Authorization::address, &Authorization::nonce,
                      &Authorization::y_parity, &Authorization::r,       &Authorization::s};
}
constexpr auto rlp_fields(const Withdrawal*) {
    return std::tuple{&Withdrawal::index, &Withdrawal::validator_index, &Withdrawal::address,
                      &Withdrawal::amount_gwei};
}
constexpr auto rlp_fields(const Log*) {
    return std::tuple{&Log::address, &Log::topics, &Log::data};
}

}  // namespace scope
