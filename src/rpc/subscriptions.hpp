#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "rpc/network.hpp"

namespace scope::rpc {

/// Sends a notification: its result, as JSON text.
using Notify = std::function<void(std::string_view result)>;

/// What one subscription makes of the events of a network. It looks itself which chain they are of.
class Feed {
  public:
    virtual ~Feed() = default;
    /// @param removed, added  As Listener::on_blocks has them.
    virtual void on_blocks([[maybe_unused]] ChainId chain_id,
                           [[maybe_unused]] std::span<const chain::StoredBlockPtr> removed,
                           [[maybe_unused]] std::span<const chain::StoredBlockPtr> added,
                           [[maybe_unused]] const Notify& notify) {}
    virtual void on_pending([[maybe_unused]] ChainId chain_id,
                            [[maybe_unused]] const pool::PooledTransaction& transaction,
                            [[maybe_unused]] const Notify& notify) {}
    virtual void on_scope([[maybe_unused]] const ScopeRecordPtr& scope,
                          [[maybe_unused]] const Notify& notify) {}
    virtual void on_refusal([[maybe_unused]] const RefusalRecord& refusal,
                            [[maybe_unused]] const Notify& notify) {}
};

/// The subscriptions of all WebSocket connections, which end with their connection.
class Subscriptions final : public Listener {
  public:
    static constexpr size_t MOST = 20'000;               ///< of all connections
    static constexpr size_t MOST_OF_A_CONNECTION = 256;  ///< of one

    /// Adds a subscription.
    /// @param method  Of its notifications: "eth_subscription".
    /// @return  Its id as JSON text. Throws RpcFailure without a connection (over HTTP), or if there
    ///          are too many.
    std::string add(const std::shared_ptr<net::Subscriber>& subscriber, std::string_view method,
                    std::unique_ptr<Feed> feed);
    /// Ends a subscription of a connection; returns whether there was one of that id.
    bool remove(const net::Subscriber* subscriber, std::string_view id);
    /// Ends all subscriptions of a connection.
    void remove_all(const net::Subscriber& subscriber);
    [[nodiscard]] size_t size() const noexcept { return size_; }

    void on_blocks(ChainId chain_id, std::span<const chain::StoredBlockPtr> removed,
                   std::span<const chain::StoredBlockPtr> added) override;
    void on_pending(ChainId chain_id, const pool::PooledTransaction& transaction) override;
    void on_scope(const ScopeRecordPtr& scope) override;
    void on_refusal(const RefusalRecord& refusal) override;

  private:
    struct Subscription {
        std::string id;
        std::string method;
        std::unique_ptr<Feed> feed;
    };
    struct Connection {
        std::shared_ptr<net::Subscriber> subscriber;
        std::vector<Subscription> subscriptions;
    };

    /// Calls run(feed, notify) for each subscription, and forgets connections that have ended.
    template <typename Run>
    void for_each(Run&& run);

    std::map<const net::Subscriber*, Connection> connections_;
    size_t size_ = 0;
};

/// Returns an id that nobody guesses, in hex: of a subscription or a filter.
std::string random_id();

}  // namespace scope::rpc
