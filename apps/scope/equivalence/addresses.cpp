#include "equivalence/addresses.hpp"

#include <fmt/format.h>

#include "base/hex.hpp"
#include "crypto/keccak.hpp"

namespace scope::equivalence {

namespace {
constexpr uint8_t MARKER = 0xc0;
}

Address contract_address(size_t contract) {
    Address address;
    address[0] = MARKER;
    address[19] = static_cast<uint8_t>(contract + 1);
    return address;
}

size_t contract_number(const Address& address) {
    CHECK(address[0] == MARKER && address[19] != 0 &&
          contract_address(address[19] - 1u) == address);
    return address[19] - 1u;
}

const crypto::SecretKey& user_key() {
    static const auto KEY =
        crypto::SecretKey::from(crypto::keccak256(as_bytes("scope.equivalence.user"))).value();
    return KEY;
}

Address user_address() {
    static const Address ADDRESS = crypto::address_of(user_key());
    return ADDRESS;
}

std::string name_of(const Address& address) {
    if (address == user_address()) return "user";
    if (address[0] == MARKER && address[19] != 0 && contract_address(address[19] - 1u) == address)
        return fmt::format("c{}", address[19] - 1u);
    return to_hex(address);
}

}  // namespace scope::equivalence
