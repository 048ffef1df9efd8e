#pragma once

#include <filesystem>
#include <optional>
#include <utility>

#include "base/bytes.hpp"
#include "store/database.hpp"

/// The files of a database beside those of RocksDB:
///
///     FOLDER/SCOPE      says that this is a database, of which format, and which one
///     FOLDER/commits    number of the last commit that has returned
///     FOLDER/lock       locked while it is open
///     FOLDER/rows/      RocksDB's
///     FOLDER/creating   instead of SCOPE, while it is created
///
/// SCOPE and commits are lines of text, the last of which is `sum` and the first 8 bytes of the
/// keccak256 of the lines before, in hex. So that a later version can say that it is one, SCOPE's
/// first lines and its last stay what they are in every format.
namespace scope::store {

/// The version of everything that is on the disk: keys, rows, files.
inline constexpr uint64_t FORMAT = 1;

using DatabaseId = FixedBytes<16>;

/// An open file, closed at the end.
class OpenFile {
  public:
    OpenFile() = default;
    explicit OpenFile(int number) noexcept : number_(number) {}
    OpenFile(OpenFile&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
    OpenFile& operator=(OpenFile&& other) noexcept {
        std::swap(number_, other.number_);
        return *this;
    }
    ~OpenFile();

    [[nodiscard]] bool is_open() const noexcept { return number_ >= 0; }
    [[nodiscard]] int number() const noexcept { return number_; }

  private:
    int number_ = -1;
};

/// The folder of an open database: locked, and of this program's format.
class Folder {
  public:
    /// Locks the folder, and looks whether it is a database; one with other files is left as it is.
    /// Throws DatabaseError.
    explicit Folder(const DiskOptions& options);

    /// Returns the id that its SCOPE file has; nullopt if it is still to be created.
    [[nodiscard]] std::optional<DatabaseId> id() const noexcept { return id_; }
    [[nodiscard]] std::filesystem::path rows() const { return folder_ / "rows"; }
    [[nodiscard]] std::filesystem::path commits_file() const { return folder_ / "commits"; }

    /// Ends creation: from here on it is a database. REQUIRES: id() is nullopt; its rows are on the
    /// disk.
    void set_created(const DatabaseId& id);

    /// Returns the number of the last commit that is known to have returned.
    [[nodiscard]] uint64_t last_commit() const noexcept { return last_commit_; }
    /// Notes that a commit has returned. It outlives the process, like a commit. REQUIRES: it is
    /// created.
    void set_last_commit(uint64_t number);

  private:
    void lock();
    void read();
    void begin_creation(OpenMode mode);

    std::filesystem::path folder_;
    std::optional<DatabaseId> id_;
    uint64_t last_commit_ = 0;
    OpenFile lock_;
    OpenFile commits_;
};

}  // namespace scope::store
