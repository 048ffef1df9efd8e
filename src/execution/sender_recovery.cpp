#include "execution/sender_recovery.hpp"

#include <algorithm>
#include <system_error>

namespace scope::execution {

namespace {

/// A thread is worth starting for this many senders.
constexpr size_t SENDERS_PER_THREAD = 8;

}  // namespace

size_t SenderRecovery::default_threads() noexcept {
    return std::max(1u, std::thread::hardware_concurrency()) - 1;
}

SenderRecovery::SenderRecovery(std::span<const Transaction> transactions,
                               const Environment& environment, size_t max_threads)
    : transactions_(transactions), environment_(environment), slots_(transactions.size()) {
    const size_t count = std::min(max_threads, transactions.size() / SENDERS_PER_THREAD);
    threads_.reserve(count);
    try {
        while (threads_.size() < count)
            threads_.emplace_back([this] {
                while (recover_next()) {
                }
            });
    } catch (const std::system_error&) {
        // The machine has no more threads: those that there are do it, or the caller alone.
    }
}

SenderRecovery::~SenderRecovery() {
    next_.store(slots_.size());
}

bool SenderRecovery::recover_next() noexcept {
    const size_t index = next_.fetch_add(1);
    if (index >= slots_.size()) return false;
    Slot& slot = slots_[index];
    State state = State::done;
    try {
        slot.sender = sender_of(transactions_[index], environment_);
    } catch (...) {
        state = State::failed;  // out of memory: sender tries again, where it can be caught
    }
    slot.state.store(state, std::memory_order_release);
    slot.state.notify_one();
    return true;
}

Result<Address, TxError> SenderRecovery::sender(size_t index) {
    Slot& slot = slots_[index];
    for (;;) {
        switch (slot.state.load(std::memory_order_acquire)) {
            case State::done:
                return slot.sender;
            case State::failed:
                return sender_of(transactions_[index], environment_);
            case State::open:
                if (!recover_next()) slot.state.wait(State::open, std::memory_order_acquire);
        }
    }
}

}  // namespace scope::execution
