#pragma once

#include "state/stored_state.hpp"
#include "store/chain_rows.hpp"
#include "store/recent.hpp"

namespace scope::store {

struct StoredChainOptions {
    PruneDepth depth = DEFAULT_PRUNE_DEPTH;
    /// Bytes of the latest state's nodes in memory. The states before it have most of them in common.
    size_t state_bytes = size_t{64} << 20;
    /// Bytes of decoded blocks in memory.
    size_t block_bytes = size_t{16} << 20;
};

/// A chain's blocks, states and blobs in a database.
///
/// What it is given waits in the Staging, and whoever owns that commits: a block alone, or together
/// with those of other chains. It returns null for a state that is pruned (PruneDepth), and a state
/// that is held until then throws state::Unavailable. Beside that it throws DatabaseError.
///
/// One thread puts and sets heads; any may read meanwhile.
class StoredChain final : public chain::Store {
  public:
    /// @param rows  Must outlive it, and the states that it gives.
    StoredChain(Staging& rows, ChainId chain, const StoredChainOptions& options = {});
    ~StoredChain() override;

    /// Puts a block, unless it is there.
    /// @param state  Made by after() from the state of the block's parent, in any number of steps; of
    ///               the first block a MemoryState.
    void put_block(chain::StoredBlockPtr block,
                   std::shared_ptr<const state::WorldState> state) override;
    [[nodiscard]] chain::StoredBlockPtr block(const Hash& hash) const override;
    [[nodiscard]] std::shared_ptr<const state::WorldState> state(
        const Hash& block_hash) const override;

    void set_head(const Hash& head) override;
    void keep_states(uint64_t from_number) override;
    [[nodiscard]] chain::StoredBlockPtr head() const override;
    [[nodiscard]] chain::StoredBlockPtr canonical_block(uint64_t number) const override;
    [[nodiscard]] std::optional<chain::TransactionPlace> transaction(
        const Hash& hash) const override;

    void put_blob(const Hash& versioned_hash, chain::StoredBlobPtr blob) override;
    [[nodiscard]] chain::StoredBlobPtr blob(const Hash& versioned_hash) const override;

    /// Forgets what it has in memory. REQUIRED after Staging::drop; states of dropped blocks are not
    /// to be used any more.
    void forget();

  private:
    using StatePtr = state::StoredState::Ptr;
    class Source;

    [[nodiscard]] StatePtr state_of(const Hash& block) const;
    [[nodiscard]] StatePtr state_of_first(const state::WorldState& state) const;
    [[nodiscard]] StatePtr state_on(const Hash& parent, const state::WorldState& state) const;
    [[nodiscard]] chain::StoredBlockPtr block_at(const std::optional<Hash>& hash) const;

    StoredChainOptions options_;
    Staging& staging_;
    ChainRows rows_;
    /// Of rows that are read together. Its states share it.
    std::shared_ptr<std::shared_mutex> mutex_;
    std::shared_ptr<const Source> source_;
    mutable Recent<chain::StoredBlockPtr> blocks_;
    mutable Recent<StatePtr> states_;
};

}  // namespace scope::store
