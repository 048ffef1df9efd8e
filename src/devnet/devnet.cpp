#include "devnet/devnet.hpp"

namespace scope::devnet {

L1Roles L1Roles::of(std::shared_ptr<l1::LocalL1> l1) {
    CHECK(l1 != nullptr);
    return {.make_source = [l1] { return l1; }, .view = l1, .sender = l1, .own = l1};
}

Devnet::Devnet(L1Roles l1, const node::Network& network, const DevnetOptions& options)
    : l1_(std::move(l1)) {
    std::vector<std::unique_ptr<prover::AttesterClient>> members;
    members.reserve(options.members.size());
    const auto& databases = options.databases;
    CHECK(databases.members.empty() || databases.members.size() == options.members.size());
    for (size_t i = 0; i < options.members.size(); ++i)
        members.push_back(std::make_unique<node::LocalMember>(std::make_unique<node::Node>(
            network,
            node::Components{.source = l1_.make_source(),
                             .database = databases.members.empty() ? nullptr : databases.members[i],
                             .attester = crypto::local_signer(options.members[i]),
                             .builder = {}})));
    committee_ = std::make_shared<prover::Committee>(std::move(members), options.committee);
    node_ = std::make_unique<node::Node>(
        network,
        node::Components{.source = l1_.make_source(),
                         .database = databases.node,
                         .attester = {},
                         .builder = node::Components::Builder{.view = l1_.view,
                                                              .sender = l1_.sender,
                                                              .prover = committee_,
                                                              .options = options.builder}});
}

std::unique_ptr<node::Node> Devnet::make_follower() const {
    return std::make_unique<node::Node>(
        node_->network(),
        node::Components{
            .source = l1_.make_source(), .database = {}, .attester = {}, .builder = {}});
}

const chain::Chain& Devnet::chain(ChainId chain_id) const {
    if (l1_.own != nullptr && chain_id == l1_.own->spec().chain_id) return l1_.own->chain();
    const auto* const rollup = node_->follower().rollup(chain_id);
    CHECK(rollup != nullptr);
    return rollup->chain;
}

}  // namespace scope::devnet
