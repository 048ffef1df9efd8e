#pragma once

#include <optional>
#include <span>
#include <vector>

#include "builder/root.hpp"
#include "pool/tx_pool.hpp"
#include "rpc/network.hpp"
#include "store/staging.hpp"

namespace scope::service {

/// What waits at a builder, and what was refused, as rows of its node's database:
///
///     key         := 'q' chain_id(8) kind(1) number(8)      numbers in the order of arrival
///     transaction := t                          its envelope            of a rollup's pool
///     operation   := o                          [signed, has_index, index]    of L1's chain
///     refusal     := z                          [chain_id, hash, has_rule, rule, reason, fee]
///
/// signed is abi.encode(SignedOperation). The calls of a refusal are not kept. Reading throws
/// DatabaseError.
class PoolRows {
  public:
    /// @param rows  Must outlive it.
    PoolRows(store::Staging& rows, ChainId l1) : rows_(rows), l1_(l1) {}

    /// Has the rows follow a pool. REQUIRES: the pool notes changes.
    void save(ChainId chain_id, pool::TxPool& pool);
    /// Adds transactions behind those that wait. REQUIRES: the chain's pool is empty, and stays so until
    /// they are taken.
    void add_transactions(ChainId chain_id, std::span<const Transaction> transactions);
    /// Takes away a chain's transactions, in the order of their arrival.
    std::vector<Transaction> take_transactions(ChainId chain_id);

    void put_operation(uint64_t arrival, const builder::L1Root& operation);
    void erase_operation(uint64_t arrival);
    /// Returns the operations by their arrival, in its order.
    [[nodiscard]] std::vector<std::pair<uint64_t, builder::L1Root>> operations() const;

    void put_refusal(uint64_t number, const rpc::RefusalRecord& refusal);
    void erase_refusal(uint64_t number);
    /// Returns the refusals, the oldest first.
    [[nodiscard]] std::vector<std::pair<uint64_t, rpc::RefusalRecord>> refusals() const;

  private:
    store::Staging& rows_;
    ChainId l1_;
};

}  // namespace scope::service
