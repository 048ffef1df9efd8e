#pragma once

#include <optional>
#include <vector>

#include "rpc/call_tracer.hpp"
#include "rpc/network.hpp"

// Searches of what no index has: by running blocks once more.

namespace scope::rpc {

/// The tree of a transaction's calls, and its outcome.
struct TracedTransaction {
    CallFrame root;
    execution::Outcome outcome;
};
/// Runs a transaction of a block once more. Throws RpcFailure: its state is not kept, or the tree is
/// too large.
TracedTransaction trace_calls(ChainView& chain, const chain::TransactionPlace& place);

/// Transactions in which an account took part: sent, was called, created, or paid.
struct FoundTransactions {
    std::vector<chain::TransactionPlace> places;  ///< in the order of the search
    bool is_complete = false;                     ///< there are no more in this direction
};
enum class Direction : uint8_t { older, newer };
/// Searches blocks from @p from on for transactions of an account; goes on to the end of the block
/// in which @p wanted are reached. Throws RpcFailure if that takes too long: what was looked at is
/// remembered, so that it goes further if it is asked again.
FoundTransactions search_transactions(ChainView& chain, const Address& account, uint64_t from,
                                      Direction direction, size_t wanted);

/// The transaction that created a contract, and who did.
struct Creation {
    Hash transaction;
    Address creator;
};
/// Returns nullopt if the account has no code, or had it at genesis.
std::optional<Creation> find_creation(ChainView& chain, const Address& account);
/// Returns the transaction of a sender with a nonce; nullopt if there is none.
std::optional<Hash> find_by_nonce(ChainView& chain, const Address& sender, uint64_t nonce);

}  // namespace scope::rpc
