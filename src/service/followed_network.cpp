#include "service/followed_network.hpp"

#include <ranges>
#include <utility>

#include "rpc/errors.hpp"

namespace scope::service {

namespace {

builder::Refusal no_simulation() {
    return {builder::RefusalRule::unknown_chain,
            "this node only follows: it simulates no calls to other chains, which a builder does",
            {}};
}

std::unexpected<rpc::RpcError> no_sending() {
    return std::unexpected{
        rpc::RpcError{rpc::NO_BUILDER, "this node only follows: a builder takes transactions", {}}};
}

}  // namespace

FollowedNetwork::FollowedNetwork(node::Node& node, std::vector<NamedContract> contracts)
    : node_(node), contracts_(std::move(contracts)) {
    for (const ChainId chain_id : node.follower().rollups() | std::views::keys)
        chains_.try_emplace(chain_id, chain_id, node.follower());
}

Result<rollup::Followed, rollup::FollowError> FollowedNetwork::follow() {
    auto followed = node_.follow();
    tell();
    return followed;
}

void FollowedNetwork::tell() {
    for (auto& [chain_id, chain] : chains_) {
        const auto changes = chain.take_changes();
        if (changes.removed.empty() && changes.added.empty()) continue;
        // One that is told may end its listening.
        for (auto* const listener : std::vector{listeners_})
            listener->on_blocks(chain_id, changes.removed, changes.added);
    }
}

std::vector<ChainId> FollowedNetwork::chains() const {
    const auto ids = chains_ | std::views::keys;
    return {ids.begin(), ids.end()};
}

rpc::ChainView* FollowedNetwork::chain(ChainId chain_id) {
    const auto found = chains_.find(chain_id);
    return found == chains_.end() ? nullptr : &found->second;
}

const builder::L1Contracts* FollowedNetwork::contracts() const {
    return &node_.network().contracts;
}

const rollup::Follower* FollowedNetwork::follower() const {
    return &node_.follower();
}

std::vector<rpc::Network::NamedContract> FollowedNetwork::named_contracts() const {
    return contracts_;
}

Result<Hash, rpc::RpcError> FollowedNetwork::send(ChainId /*chain_id*/,
                                                  const Transaction& /*transaction*/,
                                                  std::span<const chain::StoredBlobPtr> /*blobs*/,
                                                  std::optional<Address> /*sender*/) {
    return no_sending();
}

Result<Hash, rpc::RpcError> FollowedNetwork::send_operation(
    const protocol::SignedOperation& /*operation*/, std::optional<uint64_t> /*root_index*/) {
    return no_sending();
}

Result<builder::RootCallResult, builder::Refusal> FollowedNetwork::simulate(
    const builder::RootCall& /*call*/) {
    return std::unexpected{no_simulation()};
}

std::vector<Result<builder::RootResult, builder::Refusal>> FollowedNetwork::simulate(
    std::span<const builder::Root> roots) {
    std::vector<Result<builder::RootResult, builder::Refusal>> results;
    for (size_t i = 0; i < roots.size(); ++i)
        results.emplace_back(std::unexpected{no_simulation()});
    return results;
}

}  // namespace scope::service
