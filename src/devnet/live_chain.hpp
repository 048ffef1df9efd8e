#pragma once

#include "l1/local_l1.hpp"
#include "service/served_chain.hpp"

namespace scope::devnet {

/// L1 of a LiveNetwork, as it is.
class LocalL1Now final : public service::L1Now {
  public:
    /// @param l1  Must outlive it.
    explicit LocalL1Now(const l1::LocalL1& l1) : l1_(l1) {}

    [[nodiscard]] rollup::FollowedBlock head() const override;
    [[nodiscard]] std::shared_ptr<const state::StateView> state() const override;
    [[nodiscard]] chain::BlockAttributes next_block() const override;
    [[nodiscard]] execution::Environment next_environment() const override;

  private:
    const l1::LocalL1& l1_;
};

/// A chain of a LiveNetwork: a rollup, or L1 with what waits for its next block.
class LiveChain final : public service::ServedChain {
  public:
    /// @param l1, now, node  Must outlive it.
    LiveChain(ChainId chain_id, const l1::LocalL1& l1, const LocalL1Now& now,
              const node::Node& node, const pool::PoolOptions& pool)
        : ServedChain(chain_id, now, node, pool), l1_(&l1), now_(&now) {
        set_told(LiveChain::chain().head());
    }

    [[nodiscard]] const chain::Chain& chain() const override;
    [[nodiscard]] chain::StoredBlockPtr head(rpc::Label label = rpc::Label::latest) const override;
    [[nodiscard]] chain::BlockAttributes next_block() const override;
    [[nodiscard]] bool is_root(const Transaction& transaction) const override;

    [[nodiscard]] bool is_l1() const noexcept { return id() == l1_->spec().chain_id; }
    [[nodiscard]] execution::Forced& forced() const { return *chain().spec().forced; }
    /// Returns, by hash, who is impersonated in transactions of the pool.
    [[nodiscard]] std::map<Hash, Address> forced_senders_in_pool();

  protected:
    [[nodiscard]] uint64_t last_stored() const override;

  private:
    const l1::LocalL1* l1_;
    const LocalL1Now* now_;
};

}  // namespace scope::devnet
