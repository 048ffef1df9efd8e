#pragma once

#include <functional>
#include <memory>
#include <span>

#include "chain/block_builder.hpp"
#include "chain/block_error.hpp"
#include "chain/chain_spec.hpp"
#include "chain/store.hpp"

namespace scope::chain {

/// The first block, without the fields that follow from the rest.
struct Genesis {
    state::GenesisAlloc alloc;
    uint64_t timestamp_s = 0;
    uint64_t gas_limit = 60'000'000;
    Address coinbase;
    Hash prev_randao;  ///< mixHash before Paris
    uint256 difficulty;
    FixedBytes<8> nonce;
    Bytes extra_data;
    uint64_t number = 0;
    Hash parent_hash;
    std::optional<uint256> base_fee_per_gas;  ///< nullopt: EIP-1559's initial one, from London
    std::optional<uint64_t> excess_blob_gas;  ///< nullopt: 0, from Cancun
    std::optional<uint64_t> blob_gas_used;    ///< nullopt: 0, from Cancun
    std::optional<Hash> parent_beacon_block_root;
};
/// Returns the header that a genesis gives under a spec.
BlockHeader genesis_header(const ChainSpec& spec, const Genesis& genesis, const Hash& state_root);
/// Returns the hash of the block that a genesis gives under a spec.
Hash genesis_hash(const ChainSpec& spec, const Genesis& genesis);

/// A built block, and the transactions that did not fit.
struct BuiltBlock {
    SealedBlock sealed;
    std::vector<execution::Outcome> outcomes;
    struct Refused {
        size_t index = 0;  ///< in what was given
        execution::TxError error{};
    };
    std::vector<Refused> refused;
};

/// A chain of blocks on one store: imports and builds.
///
/// One thread imports at a time; reading what is stored meanwhile is safe.
class Chain {
  public:
    /// Stores the genesis block, if the store has no head.
    Chain(ChainSpec spec, const Genesis& genesis,
          std::unique_ptr<Store> store = make_memory_store());

    [[nodiscard]] const ChainSpec& spec() const noexcept { return spec_; }
    [[nodiscard]] const Store& store() const noexcept { return *store_; }
    [[nodiscard]] StoredBlockPtr head() const { return store_->head(); }
    /// Returns the state on which children of a block are executed: the one after it, with the
    /// changes by force (ChainSpec::forced); null if it is not kept.
    [[nodiscard]] std::shared_ptr<const state::WorldState> state_after(const Hash& block) const;
    /// Returns the same; throws state::Unavailable, which names the block, if it is not kept.
    [[nodiscard]] std::shared_ptr<const state::WorldState> kept_state_after(
        const Hash& block) const;
    [[nodiscard]] std::shared_ptr<const state::WorldState> head_state() const {
        return state_after(head()->hash);
    }
    /// Returns the hashes of the ancestors of a child of @p parent.
    [[nodiscard]] std::unique_ptr<execution::BlockHashes> ancestors(const Hash& parent) const;

    /// Validates @p block in full, executes it, stores it, and makes it the head if it is heavier
    /// (before Paris) or its parent is the head (from Paris). Nothing is kept of a refused block.
    Result<StoredBlockPtr, BlockRefusal> import(const Block& block);
    /// Imports a block from RLP.
    Result<StoredBlockPtr, BlockRefusal> import_bytes(BytesView rlp);
    /// Stores a block that this process has executed itself on this chain, by BlockBuilder or
    /// validate, and makes it the head. One that is stored already only becomes the head.
    /// Throws as set_head does, also if the state after its parent is not kept.
    /// REQUIRES: the chain has its parent.
    StoredBlockPtr adopt(SealedBlock sealed);
    /// Validates a block in full, stores nothing.
    [[nodiscard]] Result<SealedBlock, BlockRefusal> validate(const Block& block) const;
    /// Returns each rule that a refused block breaks, whatever others it breaks: for comparison
    /// with a test that names one of them.
    [[nodiscard]] BrokenRules broken_rules(const Block& block) const;

    /// Sets the head that a fork choice gives. Throws state::Unavailable, which names the block, and
    /// changes nothing, if the state after it is not kept: nothing could be built on it.
    /// REQUIRES: imported.
    void set_head(const Hash& block_hash);
    /// Has the store keep the states of canonical blocks from this number on (Store::keep_states).
    void keep_states(uint64_t from_number) { store_->keep_states(from_number); }

    /// Builds a block on the head from those of @p transactions that fit, in their order.
    /// @param senders  Theirs, as execution::sender_of gives them; empty: they are recovered.
    Result<BuiltBlock, BlockRefusal> build_block(const BlockAttributes& attributes,
                                                 std::span<const Transaction> transactions,
                                                 std::span<const Address> senders = {}) const;

    /// Keeps a blob for derivation from this chain. Returns false, and keeps nothing, if the proof
    /// does not hold. The blob's versioned hash is that of the commitment.
    bool add_blob(StoredBlobPtr blob);

  private:
    /// Executes a block and compares with its header; adds to @p broken what is found.
    Result<SealedBlock, BlockRefusal> execute(const Block& block, const StoredBlock& parent,
                                              BrokenRules& broken) const;

    ChainSpec spec_;
    std::unique_ptr<Store> store_;
};

/// Changes the state after a block by force: its children are executed on what @p change makes of
/// it, beside what was forced there before.
/// Throws state::Unavailable if that state is not kept.
/// REQUIRES: a specification with ChainSpec::forced; the chain has the block.
void force_state(const Chain& chain, const Hash& block,
                 const std::function<void(state::State&)>& change);

/// Returns the environment of a block with this header.
execution::Environment make_environment(const ChainSpec& spec, const BlockHeader& header,
                                        const execution::BlockHashes* ancestors);

}  // namespace scope::chain
