#pragma once

#include <optional>
#include <span>

#include "chain/store.hpp"
#include "l1/l1_error.hpp"

namespace scope::l1 {

/// The status of a transaction.
struct TransactionStatus {
    enum class Stage : uint8_t {
        unknown,   ///< never sent, dropped, or in a block that is canonical no more
        pending,   ///< waits for a block
        included,  ///< in a canonical block
    };
    Stage stage = Stage::unknown;
    std::optional<chain::TransactionPlace> place;  ///< if included
};
/// Returns the enumerator's name.
constexpr std::string_view to_string(TransactionStatus::Stage stage) noexcept {
    switch (stage) {
        case TransactionStatus::Stage::unknown:
            return "unknown";
        case TransactionStatus::Stage::pending:
            return "pending";
        case TransactionStatus::Stage::included:
            return "included";
    }
    return "unknown";
}

/// The third of L1's three roles: the one that brings transactions into blocks.
class L1Sender {
  public:
    virtual ~L1Sender() = default;

    /// Takes a signed transaction with its blobs, in the order of its versioned hashes.
    virtual Result<void, SendError> send(const Transaction& transaction,
                                         std::span<const chain::StoredBlobPtr> blobs) = 0;
    /// Returns the status of a transaction.
    [[nodiscard]] virtual Result<TransactionStatus, L1Error> status(
        const Hash& transaction_hash) const = 0;
};

}  // namespace scope::l1
