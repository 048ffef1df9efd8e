#pragma once

#include "chain/chain.hpp"
#include "json/appender.hpp"
#include "pool/tx_pool.hpp"

// Chains' values as geth's JSON-RPC has them.

namespace scope::rpc {

using json::Appender;

/// The form in which a block shows its transactions.
enum class Transactions : uint8_t { hashes, full };

/// Appends the members of a header, without the braces around them.
/// @param hash  nullopt: the block is pending, so that hash, nonce and miner are null.
void append_header_members(Appender& out, const BlockHeader& header,
                           const std::optional<Hash>& hash);
/// Appends a header, as newHeads notifies of it.
void append_header(Appender& out, const chain::StoredBlock& block);
/// Whether a block stands on its chain, or is what would come next.
enum class Standing : uint8_t { mined, pending };
/// Appends a block, as eth_getBlockByHash returns it.
void append_block(Appender& out, const chain::StoredBlock& block, Transactions transactions,
                  Standing standing = Standing::mined);
/// Appends the members of a block, without the braces around them.
void append_block_members(Appender& out, const chain::StoredBlock& block, Transactions transactions,
                          Standing standing = Standing::mined);
/// Appends an ommer: a block without transactions.
void append_ommer(Appender& out, const BlockHeader& header);

/// Appends a transaction of a block. REQUIRES: index < number of its transactions.
void append_transaction(Appender& out, const chain::StoredBlock& block, size_t index);
/// Appends a transaction that stands in no block.
void append_pending_transaction(Appender& out, const Transaction& tx, const Hash& hash,
                                const Address& sender);
/// Returns what is told of a transaction that waits: its hash, or all of it; JSON text.
std::string pending_result(const pool::PooledTransaction& transaction, Transactions form);
void append_access_list(Appender& out, const AccessList& list);
/// Appends the members of a transaction that only some types have, but for fees, and the signature.
void append_typed_members(Appender& out, const Transaction& tx);

/// Appends the receipt of a transaction of a block. REQUIRES: as append_transaction.
void append_receipt(Appender& out, const chain::ChainSpec& spec, const chain::StoredBlock& block,
                    size_t index);
/// Appends an array of all receipts of a block.
void append_receipts(Appender& out, const chain::ChainSpec& spec, const chain::StoredBlock& block);

/// The place of a log in a block.
struct LogPlace {
    size_t transaction = 0;  ///< index of the transaction
    size_t log = 0;          ///< index in the block, as logIndex has it
    size_t in_receipt = 0;   ///< index in the transaction's receipt
    friend bool operator==(const LogPlace&, const LogPlace&) = default;
};
/// Appends a log of a block.
/// @param removed  The block is canonical no more.
void append_log(Appender& out, const chain::StoredBlock& block, const LogPlace& place,
                bool removed = false);

void append_withdrawals(Appender& out, const std::vector<Withdrawal>& withdrawals);

/// Returns what a transaction of a block pays for each gas, in wei.
uint256 effective_gas_price(const Transaction& tx, const std::optional<uint256>& base_fee);
/// Returns v of a signature, as a transaction has it in JSON-RPC.
uint256 signature_v(const Transaction& tx);

}  // namespace scope::rpc
