#pragma once

#include <map>
#include <set>
#include <vector>

#include "evm/host.hpp"

namespace scope::l1 {

/// An account and slots of it.
struct Touch {
    Address address;
    std::vector<Hash> slots;
};

/// The accounts and slots that the last scopes read, whatever block they were on: what is likely to
/// be read next, so that it can be asked for in one go.
///
/// A scope begins with begin(); what was not read in the last GENERATIONS of them is forgotten, and
/// older things first where there is too much. Not for several threads.
class Touched {
  public:
    static constexpr uint64_t GENERATIONS = 16;
    static constexpr size_t MAX_SIZE = 4096;  ///< accounts and slots

    void begin();
    void note(const Address& address);
    void note(const Address& address, const Hash& slot);
    /// Keeps an account's code, which seldom changes, so that it isn't asked for again.
    void set_code(const Address& address, evm::CodePtr code);
    /// Returns the code that was kept; null: none.
    [[nodiscard]] evm::CodePtr code(const Address& address) const;
    [[nodiscard]] std::vector<Touch> all() const;
    [[nodiscard]] size_t size() const noexcept { return size_; }

  private:
    struct Account {
        uint64_t last = 0;
        evm::CodePtr code;
        std::map<Hash, uint64_t> slots;  ///< with the generation that read it last
    };
    void forget_before(uint64_t generation);
    Account& account(const Address& address);

    uint64_t generation_ = 0;
    size_t size_ = 0;
    std::map<Address, Account> accounts_;
};

}  // namespace scope::l1
