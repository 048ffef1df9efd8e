#pragma once

#include <memory>
#include <vector>

#include "chain/chain.hpp"
#include "pool/tx_pool.hpp"
#include "rpc/network.hpp"

namespace scope::testing {

/// A network of one ordinary chain, without SCOPE: what rpc::Service needs to be tested on.
///
/// Blocks come when they are mined or imported; all labels are the head's.
class LoneChain : public rpc::Network, public rpc::ChainView {
  public:
    LoneChain(chain::ChainSpec spec, const chain::Genesis& genesis,
              std::unique_ptr<chain::Store> store = chain::make_memory_store());

    [[nodiscard]] chain::Chain& mutable_chain() noexcept { return chain_; }
    /// Mines a block of what waits; returns it.
    chain::StoredBlockPtr mine();
    /// Mines a block of these transactions. REQUIRES: all of them can stand.
    chain::StoredBlockPtr mine(const std::vector<Transaction>& transactions);
    /// Makes another block the head, as a reorganisation does. REQUIRES: the chain has it.
    void set_head(const Hash& block);
    /// Sets the attributes of the next block; by default those of the last, a second later.
    void set_next_block(const chain::BlockAttributes& attributes) { next_ = attributes; }

    // --- rpc::ChainView
    [[nodiscard]] const chain::Chain& chain() const override { return chain_; }
    [[nodiscard]] chain::StoredBlockPtr head(rpc::Label label) const override;
    [[nodiscard]] std::shared_ptr<const state::WorldState> state(const Hash& block) const override;
    [[nodiscard]] chain::BlockAttributes next_block() const override;
    [[nodiscard]] pool::TxPool* pool() override { return &pool_; }

    // --- rpc::Network
    [[nodiscard]] std::vector<ChainId> chains() const override { return {chain_.spec().chain_id}; }
    [[nodiscard]] rpc::ChainView* chain(ChainId chain_id) override;
    [[nodiscard]] const builder::L1Contracts* contracts() const override { return nullptr; }
    [[nodiscard]] const rollup::Follower* follower() const override { return nullptr; }
    [[nodiscard]] std::vector<NamedContract> named_contracts() const override { return {}; }
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
    [[nodiscard]] const rpc::RefusalRecord* refusal(const Hash& hash) const override;
    [[nodiscard]] rpc::ScopeRecordPtr scope(uint64_t number) const override;
    [[nodiscard]] rpc::ScopeRecordPtr scope(const Hash& hash) const override;
    [[nodiscard]] uint64_t scopes() const override { return 0; }
    void listen(rpc::Listener* listener) override { listeners_.push_back(listener); }
    void unlisten(rpc::Listener* listener) override { std::erase(listeners_, listener); }
    [[nodiscard]] rpc::TestControls* controls() override { return nullptr; }

  private:
    void tell(const std::vector<chain::StoredBlockPtr>& removed,
              const std::vector<chain::StoredBlockPtr>& added);

    chain::Chain chain_;
    pool::TxPool pool_;
    std::optional<chain::BlockAttributes> next_;
    std::vector<rpc::Listener*> listeners_;
};

}  // namespace scope::testing
