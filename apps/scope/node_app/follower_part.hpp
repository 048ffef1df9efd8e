#pragma once

#include <atomic>
#include <memory>

#include "l1/prefetching_source.hpp"
#include "net/worker.hpp"
#include "node/network_file.hpp"
#include "node_app/l1_access.hpp"
#include "node_app/node_status.hpp"
#include "service/followed_network.hpp"
#include "service/followed_scopes.hpp"

namespace scope::node_app {

/// The part of a node that follows: its database, its L1, its rollups. Once it has begun it follows
/// whenever L1 has news, on the worker's thread, and logs what came of it.
class FollowerPart {
  public:
    /// Opens the database and begins to read L1. Throws store::DatabaseError, cli::UsageError.
    /// @param log, worker  Must outlive it.
    FollowerPart(const config::NodeConfig& config, const node::NetworkFile& file, NodeLog& log,
                 net::Worker& worker);
    /// Ends reading. REQUIRES: the worker does nothing of it any more.
    ~FollowerPart();
    FollowerPart(const FollowerPart&) = delete;
    FollowerPart& operator=(const FollowerPart&) = delete;

    /// Begins to follow. REQUIRES: once.
    void begin();

    /// For the worker's thread.
    [[nodiscard]] rpc::Network& network() noexcept { return network_; }
    [[nodiscard]] node::Node& node() noexcept { return node_; }
    [[nodiscard]] NodeStatus status() const;

    /// Ends reading; from any thread. What was posted to the worker may still run.
    void stop();

  private:
    void on_news();
    void follow();
    void note_trouble(const rollup::FollowError& error);
    void note_progress(uint64_t before, const rollup::Followed& followed);
    void note_scopes();
    void note_stopped();

    NodeLog& log_;
    net::Worker& worker_;
    std::shared_ptr<store::NodeDatabase> database_;
    std::unique_ptr<L1Access> l1_;
    std::atomic<bool> is_following_ = true;  // or about to, or hasn't begun
    std::shared_ptr<l1::PrefetchingSource> ahead_;
    std::shared_ptr<service::NotingSource> noting_;
    node::Node node_;
    service::FollowedNetwork network_;
    std::unique_ptr<net::WsSubscription> subscription_;

    std::string told_trouble_;  // by its rules; empty: none
    std::map<ChainId, std::string> told_stopped_;
    uint64_t failing_since_s_ = 0;
    std::optional<std::string> failure_;
    uint64_t scopes_ = 0;
    uint64_t reorganisations_ = 0;
    uint64_t unwound_blocks_ = 0;
};

}  // namespace scope::node_app
