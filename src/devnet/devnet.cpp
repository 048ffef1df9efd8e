#include "devnet/devnet.hpp"

namespace scope::devnet {

Devnet::Devnet(std::unique_ptr<l1::LocalL1> l1, const node::Network& network,
               const DevnetOptions& options)
    : l1_(std::move(l1)) {
    std::vector<std::unique_ptr<prover::AttesterClient>> members;
    members.reserve(options.members.size());
    const auto& databases = options.databases;
    CHECK(databases.members.empty() || databases.members.size() == options.members.size());
    for (size_t i = 0; i < options.members.size(); ++i)
        members.push_back(std::make_unique<node::LocalMember>(std::make_unique<node::Node>(
            network,
            node::Components{.source = l1_,
                             .database = databases.members.empty() ? nullptr : databases.members[i],
                             .attester = crypto::local_signer(options.members[i]),
                             .builder = {}})));
    committee_ = std::make_shared<prover::Committee>(std::move(members), options.committee);
    node_ = std::make_unique<node::Node>(
        network,
        node::Components{
            .source = l1_,
            .database = databases.node,
            .attester = {},
            .builder = node::Components::Builder{
                .view = l1_, .sender = l1_, .prover = committee_, .options = options.builder}});
}

std::unique_ptr<node::Node> Devnet::make_follower() const {
    return std::make_unique<node::Node>(
        node_->network(),
        node::Components{.source = l1_, .database = {}, .attester = {}, .builder = {}});
}

const chain::Chain& Devnet::chain(ChainId chain_id) const {
    if (chain_id == l1_->spec().chain_id) return l1_->chain();
    const auto* const rollup = node_->follower().rollup(chain_id);
    CHECK(rollup != nullptr);
    return rollup->chain;
}

}  // namespace scope::devnet
