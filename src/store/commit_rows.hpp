#pragma once

#include <filesystem>

#include "store/rows.hpp"

/// A row for each of the last commits, written by the commit itself: what is missing of a
/// database that was cut short shows as a gap.
namespace scope::store {

/// The number of rows that are kept. A file of RocksDB's log, or a table made of one, that is lost
/// has fewer commits: it is 16 MiB and one commit at most, and a commit with a block 1 KiB at
/// least, for the block's header stands in two rows.
inline constexpr uint64_t KEPT_COMMITS = 16'384;

/// Returns the number of the last commit; 0 if there was none.
uint64_t last_commit(const Rows& rows);

/// Throws DatabaseError: corrupt if a commit is missing before the last, which no order of writing
/// leaves; lost_commits if those after the last are missing up to @p returned, which is known to have
/// succeeded.
void check_commits(const Rows& rows, uint64_t returned, const std::filesystem::path& folder);

}  // namespace scope::store
