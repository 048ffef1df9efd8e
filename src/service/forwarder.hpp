#pragma once

#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <thread>
#include <vector>

#include "net/json_rpc.hpp"
#include "net/rpc_caller.hpp"

namespace scope::service {

/// The methods that a follower's node can't answer: what is sent, what is simulated across chains, and
/// what only who built a scope knows.
std::span<const std::string_view> builder_methods();

struct ForwarderOptions {
    std::optional<net::HttpUrl> builder;  ///< whose rollups are under /{chainId}; nullopt: none
    std::vector<ChainId> chains;          ///< for which it is asked
    net::HttpOptions http;                ///< its timeout has room for eth_sendRawTransactionSync
    size_t threads = 16;                  ///< so many calls wait for the builder at once
    size_t max_long = 8;                  ///< of them so many that may take a minute
    size_t max_waiting = 256;             ///< and so many of each kind wait for one of these
};

/// Answers JSON-RPC calls as another handler does, but for builder_methods(), which it hands to a
/// builder as they came, and whose answer it passes on: the result, or the error with its code, message
/// and data. Without a builder they are refused, and so are subscriptions to what only a builder knows:
/// scopes, refusals, what waits. Nobody else waits meanwhile.
class Forwarder final : public net::RpcHandler {
  public:
    /// @param inner  Must outlive it.
    Forwarder(net::RpcHandler& inner, ForwarderOptions options);
    /// Refuses what waits; what has been sent is waited for.
    ~Forwarder() override;
    Forwarder(const Forwarder&) = delete;
    Forwarder& operator=(const Forwarder&) = delete;

    void batch_begins(ChainId chain_id, const simdjson::dom::array& calls) override;
    void call(const net::RpcCall& call, net::Reply reply) override;
    void closed(const net::Subscriber& subscriber) override;

    /// Refuses what waits, and what comes; from any thread.
    void stop();

  private:
    struct Waiting {
        ChainId chain_id;
        net::RpcRequest request;
        net::Reply reply;
        bool is_long = false;
    };
    void run();
    /// Takes the next call that may be handed on; nullopt: there is none. REQUIRES: the lock.
    [[nodiscard]] std::optional<Waiting> take();
    [[nodiscard]] net::RpcResult ask(const Waiting& waiting) const;

    net::RpcHandler& inner_;
    ForwarderOptions options_;
    std::map<ChainId, net::RpcCaller> callers_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Waiting> waiting_;
    std::deque<Waiting> waiting_long_;  // those that would keep the others waiting
    size_t running_long_ = 0;
    bool is_stopped_ = false;
    std::vector<std::thread> threads_;
};

}  // namespace scope::service
