#pragma once

#include <exception>
#include <functional>
#include <memory>

#include "blobs/keeping_source.hpp"
#include "l1/prefetching_source.hpp"
#include "node/network_file.hpp"
#include "node_app/l1_access.hpp"
#include "service/followed_scopes.hpp"
#include "store/node_database.hpp"

namespace scope::node_app {

/// Opens the database of a node, in the folder of its configuration. Throws store::DatabaseError.
std::shared_ptr<store::NodeDatabase> open_database(const config::NodeConfig& config,
                                                   const node::NetworkFile& file);

/// L1 as a node reads it: from its clients in order, ahead of the node on a thread of its own, with the
/// blobs of scopes kept.
class L1Reading {
  public:
    /// Begins to read. Throws store::DatabaseError, cli::UsageError.
    /// @param database  The node's: reading begins where it ends.
    /// @param log       Must outlive it.
    /// @param on_news   Is called, on another thread, when there is something to follow.
    /// @param on_failure  Is told there what the machine gets wrong, such as a disk that is full: then
    ///                    nothing is read any more.
    L1Reading(const config::NodeConfig& config, const node::NetworkFile& file,
              store::NodeDatabase& database, NodeLog& log, std::function<void()> on_news,
              std::function<void(std::exception_ptr)> on_failure);
    L1Reading(const L1Reading&) = delete;
    L1Reading& operator=(const L1Reading&) = delete;

    /// The source that the node is given.
    [[nodiscard]] std::shared_ptr<const l1::L1Source> source() const { return noting_; }
    [[nodiscard]] const service::NotingSource& scopes() const { return *noting_; }
    [[nodiscard]] const L1Access& access() const { return access_; }
    [[nodiscard]] l1::PrefetchingSource& ahead() const { return *ahead_; }
    [[nodiscard]] std::shared_ptr<const blobs::KeptBlobs> kept_blobs() const { return kept_; }

    /// Has a head that L1's WebSocket tells of be looked at, if one is configured.
    void subscribe();
    /// Ends reading; from any thread.
    void stop() { ahead_->stop(); }

  private:
    std::shared_ptr<blobs::KeptBlobs> kept_;
    L1Access access_;
    std::shared_ptr<l1::PrefetchingSource> ahead_;
    std::shared_ptr<service::NotingSource> noting_;
    std::unique_ptr<net::WsSubscription> subscription_;
};

}  // namespace scope::node_app
