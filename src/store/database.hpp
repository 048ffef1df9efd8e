#pragma once

#include <filesystem>
#include <memory>

#include "store/error.hpp"
#include "store/rows.hpp"
#include "store/write_batch.hpp"

namespace scope::store {

/// A node's rows: in memory, or on a disk.
///
/// May be read on several threads, and beside a commit; commits come one after another.
class Database : public Rows {
  public:
    /// Makes all changes of @p batch true, or none. Whoever reads sees all of them or none of them.
    ///
    /// When it returns, they outlive the process, and what else Durability says. It throws
    /// DatabaseError; then the batch is there or isn't, which shows when the database is opened
    /// again, and until then every further commit throws.
    virtual void commit(const WriteBatch& batch) = 0;
    /// Returns the number of commits since the database was created.
    [[nodiscard]] virtual uint64_t commits() const = 0;
};

/// What a commit outlives once it has returned.
enum class Durability : uint8_t {
    process,  ///< the process: kill -9. If the power fails, the last commits may be lost, whole ones
    power,    ///< the machine too: each commit waits for the disk (fdatasync)
};
/// What opening does where there is no database.
enum class OpenMode : uint8_t { existing, create_if_missing };
/// What opening does if the last commits are missing that had succeeded, or their records can't be
/// read. Accepting takes the commits before these, and never leaves one out between others.
enum class LostCommits : uint8_t { refuse, accept };

/// How a database on a disk is opened.
struct DiskOptions {
    std::filesystem::path folder;
    OpenMode mode = OpenMode::create_if_missing;
    Durability durability = Durability::process;
    LostCommits lost_commits = LostCommits::refuse;
    /// Bytes in memory for what is read from files, and for what waits to be written to them.
    size_t cache_bytes = size_t{64} << 20;
};

/// Returns an empty database that ends with the process.
std::unique_ptr<Database> make_memory_database();

/// Opens the database in a folder, or creates it where there is nothing. Throws DatabaseError, with
/// the rule that says why it can't be used; no row is changed then, and a folder that is no
/// database is left as it is. docs/database.md.
std::unique_ptr<Database> open_disk_database(const DiskOptions& options);

}  // namespace scope::store
