#pragma once

#include "base/bytes.hpp"

namespace scope::protocol {

/// Returns H(0) = keccak256(bytes32(0)), at which every stream in every scope starts (§4).
Hash rolling_hash_seed();
/// Returns keccak256(rolling || item).
Hash fold(const Hash& rolling, const Hash& item);

/// The four streams between a chain and one remote, seen from the chain.
struct RollingHashes {
    Hash requests_out;
    Hash requests_in;
    Hash responses_out;
    Hash responses_in;

    [[nodiscard]] bool is_empty() const;
    friend bool operator==(const RollingHashes&, const RollingHashes&) = default;
};

/// Returns all four streams at the seed.
RollingHashes empty_streams();

}  // namespace scope::protocol
