#include "oracle/addresses.hpp"

#include <fmt/format.h>

#include "base/hex.hpp"
#include "crypto/keccak.hpp"
#include "execution/host.hpp"

namespace scope::oracle {

namespace {

enum class Marker : uint8_t { contract = 0xc0, code = 0xc1, receiver = 0xc2 };

/// Marker, zeros, program (8 bytes), number + 1.
Address address_of(Marker marker, uint64_t program, size_t number) {
    Address address;
    address[0] = static_cast<uint8_t>(marker);
    for (size_t i = 0; i < 8; ++i) address[18 - i] = static_cast<uint8_t>(program >> (8 * i));
    address[19] = static_cast<uint8_t>(number + 1);
    return address;
}

}  // namespace

const crypto::SecretKey& user_key() {
    static const auto KEY =
        crypto::SecretKey::from(crypto::keccak256(as_bytes("scope.equivalence.user"))).value();
    return KEY;
}

Address user_address() {
    static const Address ADDRESS = crypto::address_of(user_key());
    return ADDRESS;
}

crypto::SecretKey depositor_key(const Program& program) {
    const auto name = fmt::format("scope.equivalence.depositor.{}", program.id);
    return crypto::SecretKey::from(crypto::keccak256(as_bytes(name))).value();
}

Addresses::Addresses(const Program& program) : id_(program.id) {
    for (size_t c = 0; c < program.contracts.size(); ++c) {
        const auto& contract = program.contracts[c];
        contracts_.push_back(contract.creator
                                 ? execution::create_address(contracts_[*contract.creator], 1)
                                 : address_of(Marker::contract, program.id, c));
        const Address address = contracts_.back();
        chains_[address] = contract.chain;
        numbers_[address] = c;
        names_[address] = fmt::format("c{}", c);
        if (!contract.creator) continue;
        created_.insert(address);
        for (uint64_t nonce = 2; nonce <= MAX_CREATES; ++nonce) {
            const Address other = execution::create_address(contracts_[*contract.creator], nonce);
            chains_[other] = contract.chain;
            created_.insert(other);
            names_[other] = fmt::format("c{}'s no. {}", *contract.creator, nonce);
        }
    }
    names_[user_address()] = "user";
    if (program.entries.empty()) return;
    depositor_ = crypto::address_of(depositor_key(program));
    names_[depositor_] = "depositor";
    for (size_t chain = 1; chain < program.chains; ++chain) {
        chains_[receiver(chain)] = chain;
        names_[receiver(chain)] = fmt::format("receiver on chain {}", chain);
    }
}

Address Addresses::code_of(size_t contract) const {
    return address_of(Marker::code, id_, contract);
}

Address Addresses::receiver(size_t chain) const {
    return address_of(Marker::receiver, id_, chain);
}

const size_t* Addresses::chain_of(const Address& address) const {
    const auto found = chains_.find(address);
    return found == chains_.end() ? nullptr : &found->second;
}

std::optional<size_t> Addresses::number_of(const Address& address) const {
    const auto found = numbers_.find(address);
    return found == numbers_.end() ? std::nullopt : std::optional{found->second};
}

std::string Addresses::name_of(const Address& address) const {
    const auto found = names_.find(address);
    return found == names_.end() ? to_hex(address) : found->second;
}

}  // namespace scope::oracle
