#pragma once

#include <atomic>
#include <optional>
#include <span>
#include <thread>
#include <vector>

#include "execution/transaction.hpp"

namespace scope::execution {

/// The senders of a block's transactions, recovered ahead of their execution by several threads.
///
/// Recovery takes ten times as long as the execution of a simple transaction, and depends on
/// nothing that executes before. Which thread recovers a sender changes nothing in the results:
/// they are asked for in order, so the first bad transaction is the same one. Blocks of few
/// transactions start no thread; their senders are recovered when asked for.
class SenderRecovery {
  public:
    /// @param transactions, environment  Live as long as this.
    /// @param max_threads  Beside the caller's; by default as many as the machine has.
    SenderRecovery(std::span<const Transaction> transactions, const Environment& environment,
                   size_t max_threads = default_threads());
    /// Waits for what has begun, and drops the rest.
    ~SenderRecovery();
    SenderRecovery(const SenderRecovery&) = delete;
    SenderRecovery& operator=(const SenderRecovery&) = delete;

    /// Returns the result of sender_of. Recovers others while that of @p index is under way.
    Result<Address, TxError> sender(size_t index);

    /// Returns one less than the number of threads that the machine runs at the same time.
    static size_t default_threads() noexcept;

  private:
    enum class State : uint8_t { open, done, failed };
    struct Slot {
        Result<Address, TxError> sender{Address{}};
        std::atomic<State> state{State::open};
    };

    /// Recovers the next sender that nobody has begun; returns false if there is none.
    bool recover_next() noexcept;

    std::span<const Transaction> transactions_;
    const Environment& environment_;
    std::vector<Slot> slots_;
    std::atomic<size_t> next_{0};
    std::vector<std::jthread> threads_;  // last: they end before what they use
};

}  // namespace scope::execution
