#pragma once

#include <map>
#include <set>
#include <string>

#include "base/bytes.hpp"
#include "crypto/secp256k1.hpp"
#include "oracle/program.hpp"

namespace scope::oracle {

/// The one user: it signs transactions on rollups and operations on L1.
const crypto::SecretKey& user_key();
Address user_address();

/// Who is who in a program. A contract has the same address on one chain and on its own of many.
class Addresses {
  public:
    explicit Addresses(const Program& program);

    [[nodiscard]] const Address& of(size_t contract) const { return contracts_[contract]; }
    /// The code that contracts which are created at run time delegate to.
    [[nodiscard]] Address code_of(size_t contract) const;

    /// Contracts at the start, and whatever they may create, by address.
    [[nodiscard]] const std::map<Address, size_t>& chains() const noexcept { return chains_; }
    /// Null for a stranger.
    [[nodiscard]] const size_t* chain_of(const Address& address) const;
    /// The contract's number; nothing for what only its creator knows, and for strangers.
    [[nodiscard]] std::optional<size_t> number_of(const Address& address) const;
    /// Not there at the start.
    [[nodiscard]] bool is_created(const Address& address) const {
        return created_.contains(address);
    }
    /// "c3", "c3's no. 2", "user", or the address.
    [[nodiscard]] std::string name_of(const Address& address) const;

  private:
    uint64_t id_;
    std::vector<Address> contracts_;
    std::map<Address, size_t> chains_, numbers_;
    std::map<Address, std::string> names_;
    std::set<Address> created_;
};

/// A contract creates at most so many whose state is compared.
inline constexpr uint64_t MAX_CREATES = 4;

}  // namespace scope::oracle
