#pragma once

#include <chrono>
#include <optional>

#include "l1/rpc_l1_view.hpp"
#include "node_app/node_part.hpp"
#include "node_app/scope_watch.hpp"
#include "service/builder_network.hpp"

namespace scope::node_app {

/// A node that builds: it takes what users send, makes blocks of it, has scopes proved by attesters
/// elsewhere, and settles them on L1. Once it has begun it does so by itself, on the worker's thread.
class BuilderPart final : public NodePart {
  public:
    /// Throws cli::UsageError, too, for what the configuration names and isn't there.
    BuilderPart(const config::NodeConfig& config, const node::NetworkFile& file, NodeLog& log,
                net::Worker& worker);
    /// Ends reading. REQUIRES: the worker does nothing of it any more.
    ~BuilderPart() override;

    [[nodiscard]] rpc::Network& network() noexcept override { return *network_; }
    [[nodiscard]] node::Node& node() noexcept override { return network_->node(); }
    [[nodiscard]] NodeStatus status() override;
    [[nodiscard]] std::string role_metrics() override;

  private:
    class Told;

    [[nodiscard]] node::Components components(const config::NodeConfig& config,
                                              const node::NetworkFile& file);
    /// Returns the last L1 block that was followed; the view knows its header then.
    [[nodiscard]] std::optional<l1::L1BlockId> followed_head();
    /// Returns what the submitter has on L1, in wei; nullopt: it isn't known.
    [[nodiscard]] std::optional<uint256> submitter_balance();
    void look() override;
    void tick();
    /// Has a tick come after so long, unless one comes before.
    void tick_after(std::chrono::milliseconds wait);

    ScopeWatch watch_;
    Address submitter_;
    std::unique_ptr<Told> told_;
    std::shared_ptr<l1::RpcL1View> view_;
    Hash told_head_;  ///< whose header the view was told last
    std::unique_ptr<service::BuilderNetwork> network_;
    std::optional<net::Worker::Clock::time_point> next_tick_;
    uint64_t trouble_since_s_ = 0;  // 0: there is none
    std::optional<uint256> balance_;
    std::optional<l1::L1BlockId> balance_at_;  // L1's head as it was asked for
};

}  // namespace scope::node_app
