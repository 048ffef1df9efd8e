#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "chain/chain.hpp"
#include "protocol/settlement.hpp"
#include "rollup/l1_origins.hpp"
#include "rollup/rollup_config.hpp"

namespace scope::rollup {

/// The rules of a batch (docs/protocol.md, sections 6 and 12). A batch that breaks one can't have
/// settled.
enum class BatchRule : uint8_t {
    wrong_chain_id,
    wrong_first_block,        // not the parent's number + 1
    too_many_blocks,          // above MAX_BATCH_BLOCKS
    wrong_kind,               // of a block: there are only regular ones, of slot 0
    l1_origin_before_parent,  // of a block: before that of the block before
    unknown_l1_origin,        // L1 has no such block
    timestamp_not_after_parent,
    timestamp_before_l1_origin,  // below that of the block's own L1 origin
    timestamp_ahead_of_l1,       // above that of the block's own L1 origin by more than
                                 // MAX_CLOCK_AHEAD_S
    missing_open_scope,          // the first transaction of the first block is another one
    repeated_open_scope,         // elsewhere
    // What a block has to begin with, for what L1 did since the block before: in this order, behind
    // openScope; elsewhere, or with other arguments, it is wrong.
    missing_add_chains,             // rollups were registered
    wrong_add_chains,               // of others than those
    missing_remove_chains,          // rollups were closed
    wrong_remove_chains,            // of others than those
    missing_upgrade,                // the rollup's predeploy was upgraded
    wrong_upgrade,                  // to other code than its last
    missing_take_forced,            // entries of the forced queue are due, in a batch's first block
    wrong_take_forced,              // in another block, or not to a position in forced_range
    carried_deposit,                // a deposit: the derivation puts them, a batch carries none
    unknown_system_call,            // a system transaction that is none that stands in a batch
    malformed_system_call,          // its arguments are not what the ABI encodes
    load_of_foreign_root,           // loadRoot for a root of another chain
    run_of_own_root,                // runRoot for a root of this chain
    load_without_user_transaction,  // nothing, or a system transaction, follows in the block
    wrong_operation_hash,           // loadRoot names another hash than that of what follows
    refused_transaction,  // with its TxError; for a system transaction that failed, its revert data;
                          // takeForced also for entries that have no room behind it
    refused_block,        // with its BlockRefusal
    // Of the predeploy's views behind the last block (read_views).
    unreadable_streams,     // they don't answer as their ABI says
    too_many_remotes,       // they name more than callable::MAX_REMOTES
    remotes_not_ascending,  // strictly
    views_out_of_gas,       // they take more than VIEWS_GAS together
    out_of_time,            // given up at BatchOptions::deadline: says nothing of the batch
};
inline constexpr size_t BATCH_RULE_COUNT = 33;
/// Returns the enumerator's name.
std::string_view to_string(BatchRule rule) noexcept;

/// The bound of the blocks that a batch can ask for.
inline constexpr size_t MAX_BATCH_BLOCKS = 1024;
/// The bound by which a builder can put a rollup's clock forward, in seconds.
inline constexpr uint64_t MAX_CLOCK_AHEAD_S = 600;
/// The bound of the gas that is used in a batch by transactions, system transactions and asking:
/// a block's gas limit and so much for each second, and never more than the first.
inline constexpr uint64_t MAX_BATCH_GAS = uint64_t{1} << 28;
inline constexpr uint64_t BATCH_GAS_PER_SECOND = 10'000'000;
/// Returns that bound for a batch on a block with this header.
/// @param last_timestamp_s  Of the batch's last block. REQUIRES: not before the parent's.
uint64_t max_batch_gas(const BlockHeader& parent, uint64_t last_timestamp_s);

/// The bytes that are kept of revert data: for who reads why, whom it may come to as JSON.
inline constexpr size_t MAX_KEPT_REVERT_BYTES = 256;

struct BatchRefusal {
    BatchRule rule{};
    size_t block = 0;                   ///< index in the batch
    std::optional<size_t> transaction;  ///< index in the block
    std::optional<execution::TxError> tx_error;
    std::optional<chain::BlockRefusal> block_refusal;
    /// Of a system transaction that failed: its first MAX_KEPT_REVERT_BYTES; none if there was no time
    /// left to find them.
    Bytes revert_data;
    size_t revert_size_bytes = 0;  ///< of all of it

    friend bool operator==(const BatchRefusal&, const BatchRefusal&) = default;
};
/// Returns it human-readable: "block 1, transaction 2: wrong_operation_hash".
std::string to_string(const BatchRefusal& refusal);

/// An account after a transaction that changed it, as one hash: of address, account and the slots
/// that the transaction changed.
struct AccountDigest {
    Address address;
    Hash digest;
    friend bool operator==(const AccountDigest&, const AccountDigest&) = default;
};
struct TransactionDigest {
    Hash receipt_hash;                    ///< keccak256 of its envelope in the receipts trie
    std::vector<AccountDigest> accounts;  ///< that it changed, by address
    friend bool operator==(const TransactionDigest&, const TransactionDigest&) = default;
};
/// A digest of an execution, small enough to compare with another's: to find where they part.
struct BlockDigest {
    Hash block_hash;
    Hash state_root;
    std::vector<TransactionDigest> transactions;
    friend bool operator==(const BlockDigest&, const BlockDigest&) = default;
};

/// The bound of the blocks that are kept of what hasn't settled: of one batch, and of all versions of
/// a rollup's next one together; in bytes, as chain::size_in_memory estimates them.
inline constexpr size_t MAX_KEPT_BYTES = size_t{64} << 20;

struct BatchExecution {
    /// All of the batch's; none if they are larger than BatchOptions::max_kept_bytes.
    std::vector<chain::SealedBlock> blocks;
    Hash parent_block_hash;
    Hash last_block_hash;
    std::vector<protocol::Streams> remotes;  ///< with a non-empty stream or a limit, ascending
    uint64_t forced_queue_position = 0;      ///< as the predeploy holds it behind the batch
    uint64_t gas_used = 0;                   ///< by all that max_batch_gas bounds
    std::vector<BlockDigest> digests;        ///< one for each block, if asked for
};

enum class Digests : uint8_t { no, yes };
struct BatchOptions {
    std::optional<Hash> parent;  ///< nullopt: the chain's head. REQUIRES: the chain has it
    Digests digests = Digests::no;
    /// For the rules about L1; null: they are not checked, and a batch that takes entries of the
    /// forced queue is refused, for nobody knows them. Borrowed.
    const L1Origins* l1 = nullptr;
    uint64_t parent_l1_origin_number = 0;       ///< of the last batch; 0 before any
    uint64_t parent_forced_queue_position = 0;  ///< as the last batch left it
    /// The time at which execution is given up (BatchRule::out_of_time); nullopt: never.
    std::optional<execution::Deadline> deadline;
    /// The most bytes of blocks that are kept, as chain::size_in_memory estimates them; 0: no blocks
    /// are wanted.
    size_t max_kept_bytes = 0;
};

/// Checks the rules that need no execution: of a batch on a block with this header.
Result<void, BatchRefusal> check_form(const RollupConfig& config, const Batch& batch,
                                      const BlockHeader& parent, const BatchOptions& options = {});

/// Executes every block of @p batch on its parent, with nothing left out: a transaction that can't
/// stand in its block refuses the batch. The transactions of forced entries, which the batch doesn't
/// carry, stand behind its takeForced (run_forced). Changes nothing in @p chain.
///
/// Blocks that are not kept are let go one by one: what the execution holds of them are headers and
/// the last one's state, whatever the batch is.
///
/// The batch's number is not checked: it is beyond the chain.
/// REQUIRES: @p chain is one of @p config.
Result<BatchExecution, BatchRefusal> execute_batch(const chain::Chain& chain,
                                                   const RollupConfig& config, const Batch& batch,
                                                   const BatchOptions& options = {});

/// Makes a batch's blocks part of the chain; it ends at the last one. Executes them again only if
/// they were not kept.
/// @param options  With which it was executed.
/// REQUIRES: @p execution is of @p batch on this chain, which has its parent.
void adopt_batch(chain::Chain& chain, const RollupConfig& config, const Batch& batch,
                 const BatchOptions& options, BatchExecution execution);

}  // namespace scope::rollup
