#pragma once

#include <chrono>
#include <memory>

#include "l1/l1_sender.hpp"

namespace scope::demo {

/// An L1Sender whose send returns when the transaction stands in a block, or after a while without.
/// May be used by several threads, if the one below may.
class PatientSender final : public l1::L1Sender {
  public:
    struct Patience {
        std::chrono::milliseconds most;       ///< for one transaction
        std::chrono::milliseconds each_look;  ///< between two questions
    };
    /// @param sender  Never null.
    PatientSender(std::shared_ptr<l1::L1Sender> sender, Patience patience);

    /// Sends, and waits. No error if it is in no block then: status tells.
    Result<void, l1::SendError> send(const Transaction& transaction,
                                     std::span<const chain::StoredBlobPtr> blobs) override;
    [[nodiscard]] Result<l1::TransactionStatus, l1::L1Error> status(
        const Hash& transaction_hash) const override {
        return sender_->status(transaction_hash);
    }
    /// Returns the sender that doesn't wait.
    [[nodiscard]] const std::shared_ptr<l1::L1Sender>& below() const noexcept { return sender_; }
    /// Waits until a transaction stands in a block; returns its place. An error says what became of
    /// it otherwise. A client that gives no answer meanwhile is asked again.
    [[nodiscard]] Result<chain::TransactionPlace, std::string> wait_for(
        const Hash& transaction_hash) const;
    [[nodiscard]] const Patience& patience() const noexcept { return patience_; }

  private:
    std::shared_ptr<l1::L1Sender> sender_;
    Patience patience_;
};

}  // namespace scope::demo
