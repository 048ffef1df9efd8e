#pragma once

#include "chain/chain.hpp"

namespace scope::rollup {

/// A chain on top of another one, for blocks that may never be imported there.
///
/// Reads through to the base, writes to itself alone: several blocks can be built on each other and
/// thrown away. Canonical are its blocks, the parent that it stands on, and that one's ancestors,
/// whatever the base has for its head. The base must outlive it; it may go on importing meanwhile.
class ScratchChain {
  public:
    /// @param parent  Its head at the start. REQUIRES: @p base has it.
    ScratchChain(const chain::Chain& base, const Hash& parent);

    /// Returns it as a chain, for BlockBuilder and others. Borrowed.
    [[nodiscard]] const chain::Chain& chain() const noexcept { return chain_; }
    [[nodiscard]] chain::StoredBlockPtr head() const { return chain_.head(); }
    /// Makes a block that was built on the head the new head, without executing it again.
    void add(const chain::SealedBlock& sealed);
    void add(chain::StoredBlockPtr block, std::shared_ptr<const state::WorldState> state);
    /// Makes it the new head as add does, for who executes one block after the other and looks at
    /// none again: keeps its header and its state, and of the blocks before it the headers alone.
    void advance(const chain::SealedBlock& sealed);

  private:
    class OverlayStore;
    ScratchChain(const chain::Chain& base, std::unique_ptr<OverlayStore> store);

    OverlayStore* store_;
    chain::Chain chain_;
};

}  // namespace scope::rollup
