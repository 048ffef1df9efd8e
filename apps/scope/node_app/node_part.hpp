#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "net/worker.hpp"
#include "node/node.hpp"
#include "node_app/follow_log.hpp"
#include "node_app/l1_reading.hpp"
#include "node_app/node_status.hpp"
#include "rpc/network.hpp"

namespace scope::node_app {

/// The node of a process, with its database, its L1 and the rollups that it serves: one that follows, or
/// one that builds. Once it has begun it looks, on the worker's thread, whenever L1 has news. Its
/// functions are for that thread, unless they say otherwise.
class NodePart {
  public:
    virtual ~NodePart() = default;
    NodePart(const NodePart&) = delete;
    NodePart& operator=(const NodePart&) = delete;

    /// Begins to follow; from any thread. REQUIRES: once.
    /// @param on_look  Is called on the worker's thread after each look.
    void begin(std::function<void()> on_look);
    /// Ends reading L1; from any thread. What was posted to the worker may still run.
    void stop() { l1_.stop(); }

    [[nodiscard]] virtual rpc::Network& network() noexcept = 0;
    [[nodiscard]] virtual node::Node& node() noexcept = 0;
    [[nodiscard]] L1Reading& l1() noexcept { return l1_; }
    [[nodiscard]] virtual NodeStatus status() { return follow_log_.status(node()); }
    /// Returns the metrics of its role beside those of its status, in Prometheus' text format.
    [[nodiscard]] virtual std::string role_metrics() { return {}; }

  protected:
    /// Opens the database and begins to read L1. Throws store::DatabaseError, cli::UsageError.
    /// @param log, worker  Must outlive it.
    NodePart(const config::NodeConfig& config, const node::NetworkFile& file, NodeLog& log,
             net::Worker& worker);

    /// Does what L1's news ask for.
    virtual void look() = 0;

    [[nodiscard]] net::Worker& worker() noexcept { return worker_; }
    [[nodiscard]] const std::shared_ptr<store::NodeDatabase>& database() const { return database_; }
    [[nodiscard]] FollowLog& follow_log() noexcept { return follow_log_; }

  private:
    void on_news();

    net::Worker& worker_;
    std::shared_ptr<store::NodeDatabase> database_;
    std::atomic<bool> is_looking_ = true;  // or about to, or hasn't begun
    std::function<void()> on_look_;
    L1Reading l1_;
    FollowLog follow_log_;
};

/// Returns the contracts that people are told of.
std::vector<rpc::Network::NamedContract> contracts_of(const node::NetworkFile& file);

}  // namespace scope::node_app
