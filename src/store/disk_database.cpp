#include <fmt/format.h>
#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/slice_transform.h>
#include <rocksdb/sst_file_reader.h>
#include <rocksdb/table.h>
#include <rocksdb/write_buffer_manager.h>

#include <array>
#include <atomic>
#include <cstdarg>
#include <mutex>
#include <random>

#include "store/commit_rows.hpp"
#include "store/folder.hpp"
#include "store/keys.hpp"

// The one file that includes RocksDB's headers.

namespace scope::store {

namespace {

rocksdb::Slice slice(BytesView bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
BytesView view(const rocksdb::Slice& slice) {
    return {reinterpret_cast<const uint8_t*>(slice.data()), slice.size()};
}

/// Keeps what RocksDB says first that is wrong, which names a file that its errors don't; writes no
/// log file.
class Warnings final : public rocksdb::Logger {
  public:
    Warnings() : rocksdb::Logger(rocksdb::InfoLogLevel::WARN_LEVEL) {}

    using rocksdb::Logger::Logv;
    void Logv(const char* format, va_list arguments) override {
        std::array<char, 512> line{};
        (void)std::vsnprintf(line.data(), line.size(), format, arguments);
        const std::lock_guard lock{mutex_};
        if (first_.empty()) first_ = line.data();
    }

    [[nodiscard]] std::string first() const {
        const std::lock_guard lock{mutex_};
        return first_;
    }
    /// Forgets it: what is slow is warned of, too.
    void clear() {
        const std::lock_guard lock{mutex_};
        first_.clear();
    }

  private:
    mutable std::mutex mutex_;
    std::string first_;
};

DatabaseRule rule_of(const rocksdb::Status& status) {
    const auto text = status.ToString();
    const auto says = [&](std::string_view words) { return text.find(words) != std::string::npos; };
    if (status.IsNoSpace() || says("No space left on device")) return DatabaseRule::full;
    if (status.IsPathNotFound() || says("No such file or directory"))
        return DatabaseRule::missing_file;
    if (status.IsCorruption()) return DatabaseRule::corrupt;
    if (status.IsInvalidArgument()) return DatabaseRule::missing_file;  // CURRENT or MANIFEST
    return DatabaseRule::io;
}

/// Options that bound memory: cache_bytes hold blocks of tables, their indexes and filters, and half
/// of it at most rows that wait to be written; beside it are a few hundred open files.
rocksdb::Options options_of(const DiskOptions& disk) {
    rocksdb::Options options;
    options.max_open_files = 256;
    options.max_background_jobs = 2;
    options.write_buffer_size =
        std::clamp(disk.cache_bytes / 4, size_t{64} << 10, size_t{16} << 20);
    // A batch is in the order of its keys: each row is looked for from the one before, among those
    // of its column and chain.
    options.allow_concurrent_memtable_write = false;
    options.memtable_insert_with_hint_prefix_extractor.reset(
        rocksdb::NewFixedPrefixTransform(CHAIN_PREFIX_SIZE));
    options.max_total_wal_size = 4 * options.write_buffer_size;
    options.level_compaction_dynamic_level_bytes = true;
    options.compression = rocksdb::kNoCompression;  // mostly hashes
    options.allow_fallocate = false;                // a small database is small on the disk
    // Every block and record has a checksum, which is compared whenever it is read. A log that ends
    // in the middle of a record is one whose writer was killed; what else is wrong is an error.
    options.paranoid_checks = true;
    // If commits may be lost, those before it are taken, and the log is done with.
    const bool may_lose = disk.lost_commits == LostCommits::accept;
    options.wal_recovery_mode = may_lose ? rocksdb::WALRecoveryMode::kPointInTimeRecovery
                                         : rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
    options.avoid_flush_during_recovery = !may_lose;

    const auto cache = rocksdb::NewLRUCache(disk.cache_bytes);
    options.write_buffer_manager =
        std::make_shared<rocksdb::WriteBufferManager>(disk.cache_bytes / 2, cache);
    rocksdb::BlockBasedTableOptions table;
    table.block_cache = cache;
    table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
    table.cache_index_and_filter_blocks = true;
    // In pieces, of which one is read at a time: those of a table of 64 MiB are a megabyte.
    table.index_type = rocksdb::BlockBasedTableOptions::kTwoLevelIndexSearch;
    table.partition_filters = true;
    table.pin_l0_filter_and_index_blocks_in_cache = true;
    table.checksum = rocksdb::kXXH3;
    options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
    return options;
}

class DiskDatabase final : public Database {
  public:
    explicit DiskDatabase(const DiskOptions& options) : folder_(options) {
        write_options_.sync = options.durability == Durability::power;
        if (folder_.id())
            open(options);
        else
            create(options);
    }

    [[nodiscard]] std::optional<Bytes> get(BytesView key) const override {
        rocksdb::PinnableSlice value;
        const auto status = db_->Get({}, db_->DefaultColumnFamily(), slice(key), &value);
        if (status.IsNotFound()) return std::nullopt;
        check(status);
        return to_bytes(view(value));
    }

    void scan_from(BytesView first, BytesView prefix, Order order,
                   const Visitor& visit) const override {
        const std::unique_ptr<rocksdb::Iterator> at{db_->NewIterator({})};
        if (order == Order::ascending)
            at->Seek(slice(first.empty() ? prefix : first));
        else if (!first.empty())
            at->SeekForPrev(slice(first));
        else
            seek_last(*at, prefix);
        while (at->Valid() && starts_with(view(at->key()), prefix) &&
               visit(view(at->key()), view(at->value())))
            order == Order::ascending ? at->Next() : at->Prev();
        check(at->status());
    }

    void commit(const WriteBatch& batch) override {
        const std::lock_guard lock{commit_mutex_};
        if (!failure_.empty())
            throw DatabaseError{failed_rule_, "no commit after one that failed: " + failure_};
        rocksdb::WriteBatch writes{batch.size_bytes()};
        for (const auto& change : batch.changes())
            if (const auto value = change.value())
                writes.Put(slice(change.key()), slice(*value));
            else
                writes.Delete(slice(change.key()));
        const uint64_t number = commits_ + 1;
        writes.Put(slice(commit_key(number)), {});
        if (number > KEPT_COMMITS) writes.Delete(slice(commit_key(number - KEPT_COMMITS)));
        try {
            check(db_->Write(write_options_, &writes));
            commits_ = number;
            folder_.set_last_commit(number);
        } catch (const DatabaseError& error) {
            failure_ = error.what();
            failed_rule_ = error.rule();
            throw;
        }
    }

    [[nodiscard]] uint64_t commits() const override { return commits_; }

  private:
    void create(const DiskOptions& options) {
        auto rocks = options_of(options);
        rocks.create_if_missing = true;
        rocks.error_if_exists = true;
        open_rocks(rocks);
        DatabaseId id;
        std::random_device random;
        for (auto& byte : id.bytes) byte = static_cast<uint8_t>(random());
        rocksdb::WriteBatch writes;
        writes.Put(slice(identity_key()), slice(id));
        check(db_->Write({}, &writes));
        check(db_->Flush({}));  // into a table, so that no log is needed for it
        folder_.set_created(id);
    }

    void open(const DiskOptions& options) {
        open_rocks(options_of(options));
        commits_ = last_commit(*this);
        const bool may_lose = options.lost_commits == LostCommits::accept;
        check_commits(*this, may_lose ? commits_.load() : folder_.last_commit(), folder_.rows());
        const auto id = get(identity_key());
        if (!id || !equal(*id, *folder_.id()))
            throw DatabaseError{DatabaseRule::corrupt,
                                fmt::format("{}: these rows belong to another database than the "
                                            "SCOPE file beside them",
                                            folder_.rows().string())};
        // Only now, for until here it is the proof of what had returned.
        if (may_lose) folder_.set_last_commit(commits_);
    }

    void open_rocks(rocksdb::Options options) {
        warnings_ = std::make_shared<Warnings>();
        options.info_log = warnings_;
        rocksdb::DB* db = nullptr;
        const auto status = rocksdb::DB::Open(options, folder_.rows().string(), &db);
        db_.reset(db);
        if (!status.ok()) fail(status, damaged_table(options));
        warnings_->clear();
    }

    /// Returns what is wrong with the first table that can't be opened, since RocksDB names the file
    /// that lists the tables instead; empty if it isn't that.
    [[nodiscard]] std::string damaged_table(const rocksdb::Options& options) const {
        std::error_code ignored;  // then what RocksDB says is all that is known
        for (std::filesystem::directory_iterator at{folder_.rows(), ignored}, end;
             !ignored && at != end; at.increment(ignored)) {
            const auto& path = at->path();
            if (path.extension() != ".sst") continue;
            rocksdb::SstFileReader reader{options};
            const auto status = reader.Open(path.string());
            if (!status.ok()) return fmt::format("{}: {}", path.string(), status.ToString());
        }
        return {};
    }

    /// Goes to the last row with the prefix, or to one without it.
    static void seek_last(rocksdb::Iterator& at, BytesView prefix) {
        const Bytes behind = key_behind(prefix);
        if (behind.empty()) return at.SeekToLast();
        at.SeekForPrev(slice(behind));
        if (at.Valid() && equal(view(at.key()), behind)) at.Prev();
    }

    void check(const rocksdb::Status& status) const {
        if (!status.ok()) fail(status, {});
    }

    /// Throws what RocksDB says, with a file's name.
    [[noreturn]] void fail(const rocksdb::Status& status, const std::string& table) const {
        auto text = table.empty() ? status.ToString() : table;
        // A table that isn't there is looked for by its name in an older format, too.
        if (const auto at = text.find(".ldb"); at != std::string::npos) text.replace(at, 4, ".sst");
        if (text.find(folder_.rows().string()) == std::string::npos)
            text = fmt::format("{}: {}; {}", folder_.rows().string(), text, warnings_->first());
        throw DatabaseError{rule_of(status), text};
    }

    Folder folder_;
    std::shared_ptr<Warnings> warnings_;
    std::unique_ptr<rocksdb::DB> db_;
    rocksdb::WriteOptions write_options_;
    std::mutex commit_mutex_;
    std::atomic<uint64_t> commits_ = 0;
    std::string failure_;  // of the first commit that failed
    DatabaseRule failed_rule_{};
};

}  // namespace

std::unique_ptr<Database> open_disk_database(const DiskOptions& options) {
    return std::make_unique<DiskDatabase>(options);
}

}  // namespace scope::store
