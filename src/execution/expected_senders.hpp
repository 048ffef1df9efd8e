#pragma once

#include <vector>

#include "execution/sender_recovery.hpp"

namespace scope::execution {

/// The senders of transactions that are about to be sent, recovered on other threads meanwhile: of a
/// batch of calls, whose recovery takes most of its time.
///
/// What it returns is what sender_of returns, whatever comes. For one thread.
class ExpectedSenders {
  public:
    /// @param transactions  In the order in which they are expected.
    ExpectedSenders(std::vector<Transaction> transactions, Environment environment);
    ExpectedSenders(const ExpectedSenders&) = delete;
    ExpectedSenders& operator=(const ExpectedSenders&) = delete;

    /// Returns the result of sender_of. One that is expected is found at once if those before it
    /// came in their order, or not at all; else all are looked through that are still expected.
    Result<Address, TxError> sender_of(const Transaction& transaction,
                                       const Environment& environment);

    /// Returns whether none is expected any more.
    [[nodiscard]] bool has_ended() const noexcept { return next_ == transactions_.size(); }

  private:
    const std::vector<Transaction> transactions_;
    const Environment environment_;
    size_t next_ = 0;
    SenderRecovery recovery_;  // last: its threads read the others
};

}  // namespace scope::execution
