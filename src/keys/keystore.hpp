#pragma once

#include "crypto/secp256k1.hpp"
#include "keys/scrypt.hpp"
#include "keys/secret.hpp"

namespace scope::keys {

/// The bounds of what reading a keystore may cost, since its numbers say how dear that is.
inline constexpr uint64_t MAX_SCRYPT_MEMORY = uint64_t{1} << 30;  ///< bytes: 128 * n * r
inline constexpr uint64_t MAX_SCRYPT_WORK = uint64_t{1} << 24;    ///< n * r * p: some 10 seconds
inline constexpr uint64_t MAX_PBKDF2_ROUNDS = 10'000'000;

/// Returns the key in a keystore: Web3 Secret Storage, version 3, as geth and other wallets write it
/// (scrypt or pbkdf2 with hmac-sha256; aes-128-ctr).
///
/// An error names the field and the rule, and no secret; a wrong password is one by its MAC.
/// Spec: https://ethereum.org/en/developers/docs/data-structures-and-encoding/web3-secret-storage
Result<crypto::SecretKey, std::string> read_keystore(std::string_view json, const Secret& password);

/// The price of guessing a password once: 256 MiB, and about a second.
inline constexpr ScryptCost KEYSTORE_COST{.n = uint64_t{1} << 18, .r = 8, .p = 1};
/// Encrypts a key with a password, by scrypt; REQUIRES: a key (crypto::SecretKey::from). Throws
/// std::runtime_error if the machine has no randomness or memory.
std::string make_keystore(const Hash& key, const Secret& password,
                          const ScryptCost& cost = KEYSTORE_COST);

/// Makes a key of the machine's randomness and returns it encrypted with its address.
struct NewKeystore {
    std::string json;
    Address address;
};
NewKeystore make_new_keystore(const Secret& password, const ScryptCost& cost = KEYSTORE_COST);

}  // namespace scope::keys
