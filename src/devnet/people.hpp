#pragma once

#include <string>

#include "base/check.hpp"
#include "crypto/keccak.hpp"
#include "crypto/secp256k1.hpp"

namespace scope::devnet {

/// A person with a key that everybody can compute: keccak256("scope.demo." || name).
struct Person {
    std::string name;
    crypto::SecretKey key;
    Address address;
};

inline Person make_person(const std::string& name) {
    const auto key = crypto::SecretKey::from(crypto::keccak256(as_bytes("scope.demo." + name)));
    CHECK(key.has_value());
    return {name, *key, crypto::address_of(*key)};
}

}  // namespace scope::devnet
