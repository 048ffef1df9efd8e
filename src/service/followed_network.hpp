#pragma once

#include <map>
#include <span>
#include <vector>

#include "service/followed_chain.hpp"

namespace scope::service {

/// The rollups of a node that only follows, as the JSON-RPC methods see them. L1 isn't among the
/// chains; nothing is sent, simulated across chains or known of how scopes were built: a builder
/// answers that (Forwarder).
///
/// For one thread.
class FollowedNetwork final : public rpc::Network {
  public:
    /// @param node       Must outlive it.
    /// @param contracts  That users are told of.
    FollowedNetwork(node::Node& node, std::vector<NamedContract> contracts);

    /// Follows L1, and tells listeners what came and went. What an error leaves is told too.
    Result<rollup::Followed, rollup::FollowError> follow();

    [[nodiscard]] std::vector<ChainId> chains() const override;
    [[nodiscard]] rpc::ChainView* chain(ChainId chain_id) override;
    [[nodiscard]] const builder::L1Contracts* contracts() const override;
    [[nodiscard]] const rollup::Follower* follower() const override;
    [[nodiscard]] std::vector<NamedContract> named_contracts() const override;
    [[nodiscard]] std::span<const rpc::DevAccount> accounts() const override { return {}; }
    Result<Hash, rpc::RpcError> send(ChainId chain_id, const Transaction& transaction,
                                     std::span<const chain::StoredBlobPtr> blobs,
                                     std::optional<Address> sender) override;
    Result<Hash, rpc::RpcError> send_operation(const protocol::SignedOperation& operation,
                                               std::optional<uint64_t> root_index) override;
    Result<builder::RootCallResult, builder::Refusal> simulate(
        const builder::RootCall& call) override;
    std::vector<Result<builder::RootResult, builder::Refusal>> simulate(
        std::span<const builder::Root> roots) override;
    [[nodiscard]] const rpc::RefusalRecord* refusal(const Hash& /*hash*/) const override {
        return nullptr;
    }
    [[nodiscard]] rpc::ScopeRecordPtr scope(uint64_t /*number*/) const override { return nullptr; }
    [[nodiscard]] rpc::ScopeRecordPtr scope(const Hash& /*hash*/) const override { return nullptr; }
    [[nodiscard]] uint64_t scopes() const override { return 0; }
    void listen(rpc::Listener* listener) override { listeners_.push_back(listener); }
    void unlisten(rpc::Listener* listener) override { std::erase(listeners_, listener); }
    [[nodiscard]] rpc::TestControls* controls() override { return nullptr; }

  private:
    void tell();

    node::Node& node_;
    std::vector<NamedContract> contracts_;
    std::map<ChainId, FollowedChain> chains_;
    std::vector<rpc::Listener*> listeners_;
};

}  // namespace scope::service
