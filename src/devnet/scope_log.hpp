#pragma once

#include <map>
#include <vector>

#include "node/bounded_map.hpp"
#include "rpc/network.hpp"

namespace scope::devnet {

/// The scopes that L1's canonical chain has settled, as its blocks tell, with the roots of those that
/// were built here.
class ScopeLog {
  public:
    /// Scopes whose trees of calls and plans are kept; then the oldest's are forgotten.
    static constexpr size_t MAX_TREES = 4096;

    explicit ScopeLog(Address settlement) : settlement_(settlement) {}

    /// Keeps what happened under the roots of a scope that was sent in this L1 transaction.
    void keep(const Hash& l1_transaction, std::vector<builder::RootResult> roots);
    /// Forgets the scopes of a block that is canonical no more. REQUIRES: the last one that was added.
    void remove(const chain::StoredBlock& l1_block);
    /// Adds the scopes of L1's next canonical block, and returns them.
    std::vector<rpc::ScopeRecordPtr> add(const chain::StoredBlock& l1_block);

    [[nodiscard]] uint64_t size() const noexcept { return records_.size(); }
    /// Returns null if there is none.
    [[nodiscard]] rpc::ScopeRecordPtr find(uint64_t number) const;
    /// Returns the scope of a root, an operation, an L1 transaction or block; null if there is none.
    [[nodiscard]] rpc::ScopeRecordPtr find(const Hash& hash) const;

  private:
    using Roots = std::shared_ptr<const std::vector<builder::RootResult>>;

    Address settlement_;
    node::BoundedMap<Hash, Roots> roots_{MAX_TREES};  // by L1 transaction
    std::vector<rpc::ScopeRecordPtr> records_;
    std::map<Hash, uint64_t> by_hash_;  // numbers of scopes
};

}  // namespace scope::devnet
