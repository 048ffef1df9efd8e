#pragma once

#include "l1/local_l1.hpp"
#include "node/node.hpp"
#include "prover/committee.hpp"

namespace scope::devnet {

/// The databases of a devnet's nodes, each one's own; null: one that ends with the process.
struct DevnetDatabases {
    std::shared_ptr<store::NodeDatabase> node;  ///< of the node that builds, and of L1
    std::vector<std::shared_ptr<store::NodeDatabase>>
        members;  ///< by the committee's order; or none
};

struct DevnetOptions {
    builder::BuilderOptions builder;
    std::vector<crypto::SecretKey> members;  ///< of the committee; not empty
    prover::CommitteeOptions committee;
    DevnetDatabases databases;
};

/// A network in this process: an L1, a node that builds and settles, and a committee of nodes that
/// attest, each with a follower of its own.
class Devnet {
  public:
    Devnet(std::unique_ptr<l1::LocalL1> l1, const node::Network& network,
           const DevnetOptions& options);

    [[nodiscard]] l1::LocalL1& l1() noexcept { return *l1_; }
    [[nodiscard]] const l1::LocalL1& l1() const noexcept { return *l1_; }
    [[nodiscard]] node::Node& node() noexcept { return *node_; }
    [[nodiscard]] const node::Node& node() const noexcept { return *node_; }
    [[nodiscard]] prover::Committee& committee() noexcept { return *committee_; }

    /// Makes a node that has nothing but L1 to read, from its beginning on.
    [[nodiscard]] std::unique_ptr<node::Node> make_follower() const;

    /// Returns L1 or a rollup, as the node has it. REQUIRES: one of the network.
    [[nodiscard]] const chain::Chain& chain(ChainId chain_id) const;

  private:
    std::shared_ptr<l1::LocalL1> l1_;
    std::shared_ptr<prover::Committee> committee_;
    std::unique_ptr<node::Node> node_;
};

}  // namespace scope::devnet
