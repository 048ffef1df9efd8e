#pragma once

#include <map>
#include <set>
#include <string>

#include "base/bytes.hpp"
#include "crypto/secp256k1.hpp"
#include "oracle/program.hpp"

namespace scope::oracle {

/// Returns the key of the one user, which signs transactions on rollups and operations on L1.
const crypto::SecretKey& user_key();
Address user_address();

/// The addresses of a program, those of whom else it needs among them. A contract has the same one on
/// one chain and on its own of many.
class Addresses {
  public:
    explicit Addresses(const Program& program);

    [[nodiscard]] const Address& of(size_t contract) const { return contracts_[contract]; }
    /// Returns the address of the code to which contracts that are created at run time delegate.
    [[nodiscard]] Address code_of(size_t contract) const;
    /// Returns an account of a rollup without code.
    [[nodiscard]] Address receiver(size_t chain) const;
    /// Returns who queues the program's entries on L1, and whose alias makes deposits. Zero if there
    /// are none.
    [[nodiscard]] const Address& depositor() const noexcept { return depositor_; }

    /// Returns the chains of contracts at the start, of whatever they may create, and of receivers, by
    /// address.
    [[nodiscard]] const std::map<Address, size_t>& chains() const noexcept { return chains_; }
    /// Returns the contract's chain; null for a stranger.
    [[nodiscard]] const size_t* chain_of(const Address& address) const;
    /// Returns the contract's number; nullopt for what only its creator knows, and for strangers.
    [[nodiscard]] std::optional<size_t> number_of(const Address& address) const;
    /// Returns whether the contract was not there at the start.
    [[nodiscard]] bool is_created(const Address& address) const {
        return created_.contains(address);
    }
    /// Returns "c3", "c3's no. 2", "user", "depositor", "receiver on chain 1", or the address.
    [[nodiscard]] std::string name_of(const Address& address) const;

  private:
    uint64_t id_;
    std::vector<Address> contracts_;
    std::map<Address, size_t> chains_, numbers_;
    std::map<Address, std::string> names_;
    std::set<Address> created_;
    Address depositor_;
};

/// Returns the depositor's key.
crypto::SecretKey depositor_key(const Program& program);

/// The most contracts that one contract creates and whose state is compared.
inline constexpr uint64_t MAX_CREATES = 4;

}  // namespace scope::oracle
