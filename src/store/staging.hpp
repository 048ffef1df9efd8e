#pragma once

#include <shared_mutex>
#include <vector>

#include "store/database.hpp"

namespace scope::store {

/// What is to be committed together: changes that wait, seen over a database.
///
/// A node puts all of a step into one: L1's block, the rollups' blocks, their states, their heads
/// and how far L1 was followed. Reading sees what waits; a kill loses all of it together.
///
///     Staging staging{database};
///     ChainRows l1{staging, l1_id, options}, rollup{staging, rollup_id, options};
///     l1.put_block(...); rollup.put_block(...); rollup.set_head(...); put_cursor(staging, ...);
///     staging.commit();
///
/// One thread writes and commits; any may read meanwhile.
class Staging final : public Rows {
  public:
    /// @param database  Must outlive it, and be committed to by nobody else.
    explicit Staging(Database& database) : database_(database) {}

    [[nodiscard]] std::optional<Bytes> get(BytesView key) const override;
    void scan_from(BytesView first, BytesView prefix, Order order,
                   const Visitor& visit) const override;

    void put(Bytes key, Bytes value);
    void erase(Bytes key);

    /// Commits what waits; nothing waits afterwards. When it throws, all of it still waits.
    void commit();
    /// Forgets what waits.
    void drop();
    [[nodiscard]] bool empty() const;

  private:
    using Change = std::pair<Bytes, std::optional<Bytes>>;
    /// Copies the changes of keys with a prefix. REQUIRES: the lock is held.
    [[nodiscard]] std::vector<Change> waiting_with(BytesView prefix, Order order) const;

    Database& database_;
    mutable std::shared_mutex mutex_;
    WriteBatch waiting_;
};

}  // namespace scope::store
