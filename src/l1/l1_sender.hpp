#pragma once

#include <optional>
#include <span>

#include "chain/store.hpp"
#include "l1/l1_error.hpp"

namespace scope::l1 {

/// The third of L1's three roles: brings transactions into blocks.
class L1Sender {
  public:
    virtual ~L1Sender() = default;

    /// Takes a signed transaction with its blobs, in the order of its versioned hashes.
    virtual Result<void, SendError> send(const Transaction& transaction,
                                         std::span<const chain::StoredBlobPtr> blobs) = 0;
    /// Returns where a transaction stands on the canonical chain; nullopt if it does not.
    [[nodiscard]] virtual Result<std::optional<chain::TransactionPlace>, L1Error> place(
        const Hash& transaction_hash) const = 0;
};

}  // namespace scope::l1
