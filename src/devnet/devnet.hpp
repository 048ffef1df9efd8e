#pragma once

#include <functional>

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

/// L1 in the roles in which the nodes of a network ask it.
struct L1Roles {
    /// Makes a source for one node alone; none is null.
    std::function<std::shared_ptr<const l1::L1Source>()> make_source;
    std::shared_ptr<const l1::L1View> view;
    std::shared_ptr<l1::L1Sender> sender;
    std::shared_ptr<l1::LocalL1> own = {};  ///< the L1 that all of them are; null: it is elsewhere

    /// Returns the roles of an L1 in this process.
    static L1Roles of(std::shared_ptr<l1::LocalL1> l1);
};

/// A network in this process: an L1, or another's, a node that builds and settles, and a committee of
/// nodes that attest, each with a follower of its own.
class Devnet {
  public:
    Devnet(L1Roles l1, const node::Network& network, const DevnetOptions& options);
    Devnet(std::unique_ptr<l1::LocalL1> l1, const node::Network& network,
           const DevnetOptions& options)
        : Devnet(L1Roles::of(std::move(l1)), network, options) {}

    /// Returns the L1 of this process. REQUIRES: it isn't another's.
    [[nodiscard]] l1::LocalL1& l1() noexcept {
        CHECK(l1_.own != nullptr);
        return *l1_.own;
    }
    [[nodiscard]] const l1::LocalL1& l1() const noexcept {
        CHECK(l1_.own != nullptr);
        return *l1_.own;
    }
    [[nodiscard]] node::Node& node() noexcept { return *node_; }
    [[nodiscard]] const node::Node& node() const noexcept { return *node_; }
    [[nodiscard]] prover::Committee& committee() noexcept { return *committee_; }

    /// Makes a node that has nothing but L1 to read, from its beginning on.
    [[nodiscard]] std::unique_ptr<node::Node> make_follower() const;

    /// Returns the L1 of this process or a rollup, as the node has it. REQUIRES: one of the network.
    [[nodiscard]] const chain::Chain& chain(ChainId chain_id) const;

  private:
    L1Roles l1_;
    std::shared_ptr<prover::Committee> committee_;
    std::unique_ptr<node::Node> node_;
};

}  // namespace scope::devnet
