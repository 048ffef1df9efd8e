#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

#include "rpc/network.hpp"

namespace scope::rpc {

/// The calls of eth_sendRawTransactionSync that wait for their transaction's receipt (EIP-7966).
///
/// Waiting is for the worker's thread; a thread of its own ends those whose time is over.
class ReceiptWaiters final : public Listener {
  public:
    static constexpr size_t MOST = 10'000;

    /// @param network  Must outlive it.
    explicit ReceiptWaiters(Network& network) : network_(network) {}
    ~ReceiptWaiters() override;
    ReceiptWaiters(const ReceiptWaiters&) = delete;
    ReceiptWaiters& operator=(const ReceiptWaiters&) = delete;

    /// Answers with the receipt once the transaction stands in a block, or with error 4 after
    /// @p timeout. Throws RpcFailure, and leaves @p reply as it is, if too many wait.
    void add(ChainId chain_id, const Hash& transaction, std::chrono::milliseconds timeout,
             net::Reply& reply);
    [[nodiscard]] size_t size() const;

    void on_blocks(ChainId chain_id, std::span<const chain::StoredBlockPtr> removed,
                   std::span<const chain::StoredBlockPtr> added) override;
    void on_pending(ChainId /*chain_id*/, const pool::PooledTransaction& /*transaction*/) override {
    }
    void on_scope(const ScopeRecordPtr& /*scope*/) override {}
    void on_refusal(const RefusalRecord& refusal) override;

  private:
    using Time = std::chrono::steady_clock::time_point;
    struct Waiter {
        ChainId chain_id;
        Hash transaction;
        std::chrono::milliseconds timeout;
        net::Reply reply;
    };
    using Waiters = std::multimap<Time, Waiter>;  // by the end of their time

    /// Takes those for which @p is_done; they are answered without the lock.
    template <typename Predicate>
    std::vector<Waiter> take(Predicate&& is_done);
    void end_late_ones(const std::stop_token& stop);

    Network& network_;
    mutable std::mutex mutex_;
    std::condition_variable_any changed_;
    Waiters waiters_;
    std::jthread timer_;  // begun with the first that waits
};

/// Returns the receipt of a transaction on the chain as JSON text; nullopt if it is in no block.
std::optional<std::string> receipt_json(const ChainView& view, const Hash& transaction);

}  // namespace scope::rpc
