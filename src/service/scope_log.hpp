#pragma once

#include <vector>

#include "chain/store.hpp"
#include "node/bounded_map.hpp"
#include "rpc/network.hpp"
#include "service/scope_rows.hpp"

namespace scope::service {

/// The scopes that L1's canonical chain has settled, as its blocks tell, with the roots of those that
/// were built here.
class ScopeLog {
  public:
    /// Scopes whose trees of calls and plans are kept; then the oldest's are forgotten.
    static constexpr uint64_t MAX_TREES = 4096;

    /// @param rows  Must outlive it.
    ScopeLog(Address settlement, ScopeRows& rows)
        : settlement_(settlement), rows_(rows), size_(rows.scopes()) {}

    /// Keeps what happened under the roots of a scope that was sent in this L1 transaction.
    void keep(const Hash& l1_transaction, std::vector<builder::RootResult> roots);
    /// Returns whether it keeps that.
    [[nodiscard]] bool keeps(const Hash& l1_transaction) const {
        return roots_.find(l1_transaction) != nullptr;
    }
    /// Forgets the scopes of an L1 block that is canonical no more. REQUIRES: those of the blocks after
    /// it are forgotten.
    void remove(const Hash& l1_block);
    /// Adds the scopes of L1's next canonical block, and returns them.
    std::vector<rpc::ScopeRecordPtr> add(const chain::StoredBlock& l1_block);

    [[nodiscard]] uint64_t size() const noexcept { return size_; }
    /// Returns the L1 block of the last scope; nullopt: there is none.
    [[nodiscard]] std::optional<l1::L1BlockId> last_block() const;
    /// Returns null if there is none.
    [[nodiscard]] rpc::ScopeRecordPtr find(uint64_t number) const;
    /// Returns the scope of a root, an operation, an L1 transaction or block; null if there is none.
    [[nodiscard]] rpc::ScopeRecordPtr find(const Hash& hash) const;

  private:
    using Roots = std::vector<builder::RootResult>;

    /// Returns the scope that an L1 transaction settled; nullopt if it settled none.
    [[nodiscard]] std::optional<ScopeRows::Scope> settled_by(const chain::StoredBlock& l1_block,
                                                             size_t transaction_index) const;
    void forget_trees(uint64_t number);

    Address settlement_;
    ScopeRows& rows_;
    uint64_t size_;
    node::BoundedMap<Hash, std::shared_ptr<const Roots>> roots_{256};  // by L1 transaction
};

}  // namespace scope::service
