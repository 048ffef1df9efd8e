#pragma once

#include <string>

#include "crypto/secp256k1.hpp"

namespace scope::devnet {

/// Someone with a key, which everybody can compute: keccak256("scope.demo." || name).
struct Person {
    std::string name;
    crypto::SecretKey key;
    Address address;
};

Person make_person(const std::string& name);

}  // namespace scope::devnet
