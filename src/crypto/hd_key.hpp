#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"

namespace scope::crypto {

using Seed = FixedBytes<64>;

/// Returns the seed of a mnemonic phrase; words and checksum are not looked at.
///
/// REQUIRES: both in ASCII, of which NFKD makes nothing else.
/// Spec: BIP-39 "From mnemonic to seed".
Seed seed_of_mnemonic(std::string_view phrase, std::string_view passphrase = {});

/// The first index of a hardened child (BIP-32), which a path writes as 0'.
inline constexpr uint32_t HARDENED = uint32_t{1} << 31;

/// Returns the indices of a path such as m/44'/60'/0'/0, or nullopt if it is none: every index is
/// below 2^31, and ' or h behind it makes it hardened.
std::optional<std::vector<uint32_t>> parse_key_path(std::string_view path);

/// Returns the private key at a path below the master key of a seed; nullopt where BIP-32 says that
/// there is none, which nobody will meet (probability below 2^-127).
std::optional<Hash> derive_private_key(const Seed& seed, std::span<const uint32_t> path);

}  // namespace scope::crypto
