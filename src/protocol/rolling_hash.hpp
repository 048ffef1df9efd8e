#pragma once

#include "base/bytes.hpp"

namespace scope::protocol {

/// H(0) = keccak256(bytes32(0)): every stream in every scope starts here (§4).
Hash rolling_hash_seed();
/// keccak256(rolling || item).
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

/// All four at the seed.
RollingHashes empty_streams();

}  // namespace scope::protocol
