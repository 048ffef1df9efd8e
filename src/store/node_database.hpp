#pragma once

#include <memory>

#include "chain/chain.hpp"
#include "store/staging.hpp"
#include "store/stored_chain.hpp"

namespace scope::store {

/// How a node's database on a disk is opened.
struct NodeDatabaseOptions {
    DiskOptions disk;
    PruneDepth depth = DEFAULT_PRUNE_DEPTH;
    /// Bytes in memory for what all chains together read most: half of it for files
    /// (DiskOptions::cache_bytes is set by it), the rest for states and blocks.
    size_t cache_bytes = size_t{128} << 20;
    size_t chains = 1;  ///< that share it
};

/// All that one node keeps: its chains, and rows beside them, which wait in one Staging and are
/// committed together.
class NodeDatabase {
  public:
    /// Makes one that ends with the process; its chains have their blocks and states in memory.
    NodeDatabase();
    /// Opens the one in a folder, or creates it. Throws DatabaseError.
    explicit NodeDatabase(NodeDatabaseOptions options);

    [[nodiscard]] Staging& rows() noexcept { return rows_; }
    /// Returns whether it outlives the process.
    [[nodiscard]] bool is_on_disk() const noexcept { return options_.has_value(); }
    /// Commits what waits, unless it is held.
    void commit();
    /// While one lives, nothing is committed: what waits then is committed together, by who held it.
    class Hold {
      public:
        explicit Hold(NodeDatabase& database) noexcept : database_(database) { ++database_.holds_; }
        ~Hold() { --database_.holds_; }
        Hold(const Hold&) = delete;
        Hold& operator=(const Hold&) = delete;

      private:
        NodeDatabase& database_;
    };
    /// Commits a step of which nobody was told, beside the next one where there is a disk to wait for:
    /// Staging::begin_commit. The last step is to be committed.
    void begin_commit();
    /// Opens a chain, with its genesis if it is new. Throws DatabaseError, other_network if what is
    /// there began with another genesis. The database must outlive it.
    [[nodiscard]] chain::Chain open_chain(chain::ChainSpec spec, const chain::Genesis& genesis);

  private:
    std::optional<NodeDatabaseOptions> options_;
    std::unique_ptr<Database> database_;
    Staging rows_;
    size_t holds_ = 0;
};

}  // namespace scope::store
