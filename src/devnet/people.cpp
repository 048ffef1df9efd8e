#include "devnet/people.hpp"

#include "base/check.hpp"
#include "crypto/keccak.hpp"

namespace scope::devnet {

Person make_person(const std::string& name) {
    const auto key = crypto::SecretKey::from(crypto::keccak256(as_bytes("scope.demo." + name)));
    CHECK(key.has_value());
    return {name, *key, crypto::address_of(*key)};
}

}  // namespace scope::devnet
