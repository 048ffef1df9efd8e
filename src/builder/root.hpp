#pragma once

#include <optional>
#include <string>
#include <variant>

#include "protocol/settlement.hpp"
#include "types/transaction.hpp"

namespace scope::builder {

/// A user's own transaction on a rollup, which is a root by its own bytes or its target
/// (execution::is_root).
struct L2Root {
    ChainId chain_id;
    Transaction transaction;
};

/// A user's signed operation on L1.
struct L1Root {
    protocol::SignedOperation operation;
    /// The place in the scope at which its signed outcome holds; nullopt: the next one. Indices may
    /// have gaps.
    std::optional<uint64_t> root_index = std::nullopt;
};

/// The user operation that a tree of scoped calls hangs under (docs/protocol.md §1).
using Root = std::variant<L1Root, L2Root>;

/// The reason why a root can't be part of the scope. It leaves no trace on any chain.
enum class RefusalRule : uint8_t {
    unknown_chain,  ///< a chain that is not in this scope
    transaction,    ///< the user's transaction can't stand in the block (reason: its TxError)
    operation,      ///< the operation can't run: nonce, deadline, signature, outcome, index
    fault,          ///< ScopedCallable can't go on (reason: the reserved error)
    blob_hash,      ///< L1: BLOBHASH of the scope's own transaction (§11)
    /// L1: reads what an earlier root of the scope left (§11): needs a scope of its own.
    transient_storage,
    settlement_read,    ///< L1: reads the settlement contract's storage, whose gas is not known
    submitter_balance,  ///< L1: reads the balance of who pays for the scope
    coinbase_balance,   ///< L1: reads the balance of who gets the block's fees
    gas_budget,         ///< more gas, or reads of L1's state one by one, than the builder grants
    underpaid,          ///< pays less than the builder's price rule asks (builder/price.hpp)
    too_deep,           ///< more scoped calls nested than the builder follows
    execution_failed,   ///< the plan's own transactions were refused on a chain
    execution_differs,  ///< executing the plan gave another outcome than simulating it
    streams_differ,     ///< rolling hashes or values of a pair do not match after execution
    escrow,             ///< a rollup would give out more than L1 holds for it (§10)
    scope_full,         ///< a block or the settling transaction has no room
};
std::string_view to_string(RefusalRule rule) noexcept;

}  // namespace scope::builder
