#pragma once

#include <atomic>
#include <memory>

#include "net/worker.hpp"
#include "node_app/follow_log.hpp"
#include "node_app/node_part.hpp"
#include "service/builder_network.hpp"

namespace scope::node_app {

/// A node that builds: it takes what users send, makes blocks of it, has scopes proved by attesters
/// elsewhere, and settles them on L1. Once it has begun it does so by itself, on the worker's thread.
class BuilderPart final : public NodePart {
  public:
    /// Opens the database and begins to read L1. Throws store::DatabaseError, and cli::UsageError for
    /// what the configuration names and isn't there.
    /// @param log, worker  Must outlive it.
    BuilderPart(const config::NodeConfig& config, const node::NetworkFile& file, NodeLog& log,
                net::Worker& worker);
    /// Ends reading. REQUIRES: the worker does nothing of it any more.
    ~BuilderPart() override;
    BuilderPart(const BuilderPart&) = delete;
    BuilderPart& operator=(const BuilderPart&) = delete;

    void begin() override;
    void stop() override;
    [[nodiscard]] rpc::Network& network() noexcept override { return *network_; }
    [[nodiscard]] node::Node& node() noexcept override { return network_->node(); }
    [[nodiscard]] L1Reading& l1() noexcept override { return l1_; }
    [[nodiscard]] NodeStatus status() const override;

  private:
    class Told;

    [[nodiscard]] node::Components components(const config::NodeConfig& config,
                                              const node::NetworkFile& file);
    [[nodiscard]] std::optional<l1::L1BlockId> followed_head() const;
    void on_news();
    void look();
    void tick();

    net::Worker& worker_;
    std::shared_ptr<store::NodeDatabase> database_;
    std::atomic<bool> is_looking_ = true;  // or about to, or hasn't begun
    L1Reading l1_;
    std::unique_ptr<Told> told_;
    std::unique_ptr<service::BuilderNetwork> network_;
    FollowLog follow_log_;
    bool has_tick_ = false;  // posted
};

}  // namespace scope::node_app
