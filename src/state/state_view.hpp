#pragma once

#include <optional>

#include "evm/host.hpp"
#include "types/account.hpp"

namespace scope::state {

/// Read access to the accounts of one chain at one moment.
///
/// An overlay is a view on a view (State), a chain in memory is one (MemoryState), and so may be a
/// remote node, a database or a witness. An account that does not exist has no code and no storage.
class StateView {
  public:
    virtual ~StateView() = default;

    [[nodiscard]] virtual std::optional<Account> account(const Address& address) const = 0;
    /// Returns the code: never null; without bytes for an account without code.
    [[nodiscard]] virtual evm::CodePtr code(const Address& address) const = 0;
    /// Returns the slot's value; zero where nothing is stored.
    [[nodiscard]] virtual Hash storage(const Address& address, const Hash& key) const = 0;
    /// Returns whether any slot is not zero: nothing can be created there (EIP-7610). Exact for
    /// accounts without code and nonce; for others an overlay may not know that all were set to
    /// zero.
    [[nodiscard]] virtual bool has_storage(const Address& address) const = 0;
};

}  // namespace scope::state
