#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "config/node_config.hpp"
#include "l1/checked_source.hpp"
#include "l1/failover_source.hpp"
#include "net/ws_subscription.hpp"
#include "node_app/node_log.hpp"
#include "node_app/slot_clock.hpp"

namespace scope::node_app {

/// The L1 of a node: its clients in order, each checked to be of the network's L1.
class L1Access {
  public:
    /// Throws cli::UsageError for a URL that is none or isn't where it should be. Nobody is asked yet.
    L1Access(const config::NodeConfig& node, const l1::L1Identity& identity, NodeLog log);
    ~L1Access();
    L1Access(const L1Access&) = delete;
    L1Access& operator=(const L1Access&) = delete;

    [[nodiscard]] std::shared_ptr<const l1::L1Source> source() const { return source_; }
    /// Returns the clients, in order.
    [[nodiscard]] const std::vector<std::shared_ptr<const l1::RpcEndpoint>>& endpoints() const {
        return endpoints_;
    }
    /// Returns, for who needs other roles of L1, an endpoint that is the client that the source prefers.
    [[nodiscard]] std::shared_ptr<const l1::RpcEndpoint> endpoint() const { return endpoint_; }

    /// Has @p wake called when the WebSocket tells of a head, and @p look_every with how often heads are
    /// to be asked for beside it, when that changes; null where none is configured.
    [[nodiscard]] std::unique_ptr<net::WsSubscription> subscribe(
        std::function<void()> wake,
        std::function<void(std::chrono::milliseconds)> look_every) const;

    /// Returns how often an endpoint began to fail, by rule.
    [[nodiscard]] std::map<std::string, uint64_t> errors() const;
    /// Returns the times of L1's slots, once a source of blobs has told them. May outlive this.
    [[nodiscard]] std::shared_ptr<const SlotClock> slots() const { return slots_; }
    /// Returns the slot of a time; nullopt where the slots' times aren't known.
    [[nodiscard]] std::optional<uint64_t> slot_of(uint64_t timestamp_s) const;

  private:
    /// What the sources' callbacks use: sources may outlive this.
    struct Counts {
        std::mutex mutex;
        std::map<std::string, uint64_t> errors;
    };

    config::L1Config config_;
    std::optional<net::HttpUrl> websocket_;
    NodeLog log_;  // the callbacks have their own
    std::shared_ptr<Counts> counts_ = std::make_shared<Counts>();
    std::vector<std::shared_ptr<const l1::RpcEndpoint>> endpoints_;
    std::shared_ptr<const l1::L1Source> source_;
    std::shared_ptr<const l1::RpcEndpoint> endpoint_;
    std::shared_ptr<SlotClock> slots_;
};

}  // namespace scope::node_app
