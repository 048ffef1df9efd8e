#pragma once

#include <atomic>
#include <memory>

#include "net/worker.hpp"
#include "node_app/follow_log.hpp"
#include "node_app/node_part.hpp"
#include "service/followed_network.hpp"

namespace scope::node_app {

/// A node that follows: its database, its L1, its rollups. Once it has begun it follows whenever L1 has
/// news, on the worker's thread, and logs what came of it. It may attest, too.
class FollowerPart final : public NodePart {
  public:
    /// Opens the database and begins to read L1. Throws store::DatabaseError, cli::UsageError.
    /// @param log, worker  Must outlive it.
    /// @param attester     The key of one that attests; null: it doesn't.
    FollowerPart(const config::NodeConfig& config, const node::NetworkFile& file, NodeLog& log,
                 net::Worker& worker, crypto::SignerPtr attester = nullptr);
    /// Ends reading. REQUIRES: the worker does nothing of it any more.
    ~FollowerPart() override;
    FollowerPart(const FollowerPart&) = delete;
    FollowerPart& operator=(const FollowerPart&) = delete;

    void begin() override;
    void stop() override;
    [[nodiscard]] rpc::Network& network() noexcept override { return network_; }
    [[nodiscard]] node::Node& node() noexcept override { return node_; }
    [[nodiscard]] L1Reading& l1() noexcept override { return l1_; }
    [[nodiscard]] NodeStatus status() const override { return follow_log_.status(node_); }

  private:
    void on_news();
    void follow();

    net::Worker& worker_;
    std::shared_ptr<store::NodeDatabase> database_;
    std::atomic<bool> is_following_ = true;  // or about to, or hasn't begun
    L1Reading l1_;
    node::Node node_;
    service::FollowedNetwork network_;
    FollowLog follow_log_;
};

/// Returns the contracts that people are told of.
std::vector<rpc::Network::NamedContract> contracts_of(const node::NetworkFile& file);

}  // namespace scope::node_app
