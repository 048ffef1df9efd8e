#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "evm/host.hpp"
#include "types/account.hpp"

namespace scope::state {

/// The change of one account.
struct AccountDiff {
    Address address;
    std::optional<Account> account;  ///< afterwards; nullopt: deleted, with its storage
    evm::CodePtr code;               ///< null: unchanged
    bool storage_cleared = false;    ///< all slots were dropped before those in `storage` were set
    std::vector<std::pair<Hash, Hash>> storage;  ///< key, new value (zero: deleted); by key

    [[nodiscard]] bool is_deleted() const noexcept { return !account.has_value(); }
};

/// The changes of a state, by address, each address once. Nothing in it equals what was there
/// before.
struct StateDiff {
    std::vector<AccountDiff> accounts;

    [[nodiscard]] bool empty() const noexcept { return accounts.empty(); }
};

}  // namespace scope::state
