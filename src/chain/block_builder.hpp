#pragma once

#include <memory>

#include "chain/block_error.hpp"
#include "chain/chain_spec.hpp"
#include "chain/store.hpp"
#include "execution/block_executor.hpp"

namespace scope::chain {

class Chain;

/// The part of a block that its builder is free to choose.
struct BlockAttributes {
    uint64_t timestamp_s = 0;  ///< after the parent's
    Address coinbase;
    Hash prev_randao;
    Bytes extra_data;                     ///< at most 32 bytes
    std::optional<uint64_t> gas_limit;    ///< nullopt: the parent's
    std::vector<Withdrawal> withdrawals;  ///< Shanghai
    Hash parent_beacon_block_root;        ///< Cancun
    uint64_t all_gas = UINT64_MAX;        ///< left of all gas of a rollup's batch (Room)
};

/// Returns whether a child of @p parent may have these attributes.
bool are_allowed(const ChainSpec& spec, const BlockHeader& parent,
                 const BlockAttributes& attributes);

/// Makes the header of a child of @p parent, but for what the block's content decides: roots, gas
/// used, bloom. REQUIRES: the attributes are allowed.
BlockHeader child_header(const ChainSpec& spec, const Hash& parent_hash, const BlockHeader& parent,
                         const BlockAttributes& attributes);

/// A block that was built, not yet imported.
struct SealedBlock {
    StoredBlock block;
    std::shared_ptr<const state::WorldState> state;
};

/// A builder of one block, step by step.
///
/// The environment is final from the start. Transactions are tried in order; between two of them
/// the state may be read, simulated on (Host over state() and environment()) and taken back.
///
///     BlockBuilder builder{chain, chain.head()->hash, attributes};
///     auto outcome = builder.try_transaction(tx);
///     auto sealed = builder.seal();
///     chain.adopt(std::move(*sealed));
class BlockBuilder {
  public:
    /// @param journal  Shared with States of other chains, so that one checkpoint spans them; null:
    ///                 its own.
    /// Throws state::Unavailable, which names the parent, if the state after that is not kept.
    /// REQUIRES: the chain, which must outlive it, has the parent, and the attributes are allowed.
    BlockBuilder(const Chain& chain, const Hash& parent, BlockAttributes attributes,
                 state::Journal* journal = nullptr);
    BlockBuilder(const BlockBuilder&) = delete;
    BlockBuilder& operator=(const BlockBuilder&) = delete;
    ~BlockBuilder();

    [[nodiscard]] const execution::Environment& environment() const noexcept;
    [[nodiscard]] state::State& state() noexcept;
    /// Returns the header as far as it is known: all but roots, gas used, bloom and hash.
    [[nodiscard]] const BlockHeader& header() const noexcept;
    [[nodiscard]] const std::vector<Transaction>& transactions() const noexcept;
    [[nodiscard]] const std::vector<Receipt>& receipts() const noexcept;
    [[nodiscard]] execution::Room room() const noexcept;
    /// Returns the gas that was used so far: what transactions paid for, and on a rollup its own.
    [[nodiscard]] uint64_t all_gas_used() const noexcept;

    /// Executes @p tx as the block's next, or refuses it and leaves no trace.
    /// @param host  To run on instead of a plain Host. REQUIRES: over state() and environment().
    Result<execution::Outcome, execution::TxError> try_transaction(const Transaction& tx,
                                                                   execution::Host* host = nullptr);
    /// Executes @p tx as try_transaction does, if the result of execution::sender_of is known.
    Result<execution::Outcome, execution::TxError> try_transaction_of(
        const Result<Address, execution::TxError>& sender, const Transaction& tx,
        execution::Host* host = nullptr);

    /// A point before a transaction, to come back to. With a shared journal a rollback undoes what
    /// happened to its other States since, too.
    using Checkpoint = execution::BlockExecutor::Checkpoint;
    [[nodiscard]] Checkpoint checkpoint() const noexcept;
    void rollback(const Checkpoint& checkpoint);

    /// Ends the block: requests, withdrawals, roots, hash. Once only. Import accepts what it gives.
    Result<SealedBlock, BlockRefusal> seal();

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace scope::chain
