#include "devnet/devnet.hpp"

namespace scope::devnet {

Devnet::Devnet(std::unique_ptr<l1::LocalL1> l1, const node::Network& network,
               const DevnetOptions& options)
    : l1_(std::move(l1)) {
    std::vector<std::unique_ptr<prover::AttesterClient>> members;
    members.reserve(options.members.size());
    for (const auto& key : options.members)
        members.push_back(std::make_unique<node::LocalMember>(std::make_unique<node::Node>(
            network, node::Components{.source = l1_, .attester = key, .builder = {}})));
    committee_ = std::make_shared<prover::Committee>(std::move(members), options.committee);
    node_ = std::make_unique<node::Node>(
        network,
        node::Components{
            .source = l1_,
            .attester = {},
            .builder = node::Components::Builder{
                .view = l1_, .sender = l1_, .prover = committee_, .options = options.builder}});
}

std::unique_ptr<node::Node> Devnet::make_follower() const {
    return std::make_unique<node::Node>(
        node_->network(), node::Components{.source = l1_, .attester = {}, .builder = {}});
}

const chain::Chain& Devnet::chain(ChainId chain_id) const {
    if (chain_id == l1_->spec().chain_id) return l1_->chain();
    const auto* const rollup = node_->follower().rollup(chain_id);
    CHECK(rollup != nullptr);
    return rollup->chain;
}

}  // namespace scope::devnet
