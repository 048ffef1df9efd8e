#pragma once

#include "node_app/node_part.hpp"
#include "service/followed_network.hpp"

namespace scope::node_app {

/// A node that follows whenever L1 has news, and logs what came of it. It may attest, too.
class FollowerPart final : public NodePart {
  public:
    /// @param attester  The key of one that attests; null: it doesn't.
    FollowerPart(const config::NodeConfig& config, const node::NetworkFile& file, NodeLog& log,
                 net::Worker& worker, crypto::SignerPtr attester = nullptr);
    /// Ends reading. REQUIRES: the worker does nothing of it any more.
    ~FollowerPart() override { stop(); }

    [[nodiscard]] rpc::Network& network() noexcept override { return network_; }
    [[nodiscard]] node::Node& node() noexcept override { return node_; }

  private:
    void look() override;

    node::Node node_;
    service::FollowedNetwork network_;
};

}  // namespace scope::node_app
