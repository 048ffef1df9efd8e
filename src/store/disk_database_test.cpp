#include <gtest/gtest.h>
#include <unistd.h>

#include "base/hex.hpp"
#include "crypto/keccak.hpp"
#include "store/test_files.hpp"
#include "store/test_folder.hpp"
#include "store/test_workload.hpp"

// What holds of a database on a disk alone: other formats, damaged files, full disks.

namespace scope::store {

namespace {

namespace fs = std::filesystem;

/// Returns the error of opening, or of reading all rows then; nullopt if there is none, and the rows
/// are @p wanted.
std::optional<DatabaseError> error_of(const DiskOptions& options,
                                      const std::map<Bytes, Bytes>* wanted = nullptr) {
    try {
        const auto database = open_disk_database(options);
        const auto rows = rows_of(*database);
        if (wanted != nullptr) EXPECT_EQ(rows, *wanted);
        return std::nullopt;
    } catch (const DatabaseError& error) {
        return error;
    }
}

void expect_error(const DiskOptions& options, DatabaseRule rule, const std::string& word) {
    const auto error = error_of(options);
    ASSERT_TRUE(error.has_value());
    EXPECT_EQ(to_string(error->rule()), to_string(rule)) << error->what();
    EXPECT_NE(std::string{error->what()}.find(word), std::string::npos) << error->what();
}

/// Commits steps of the workload, and returns the rows; the process may as well have been killed
/// then: closing writes nothing.
std::map<Bytes, Bytes> fill(const DiskOptions& options, uint64_t steps) {
    const auto database = open_disk_database(options);
    Staging staging{*database};
    TestWorkload workload{staging, 1};
    while (workload.steps() < steps) workload.step();
    return rows_of(*database);
}

/// Makes commits without rows.
void fill_more(const DiskOptions& options, uint64_t commits) {
    const auto database = open_disk_database(options);
    for (; commits > 0; --commits) database->commit({});
}

TEST(disk_database, is_created_where_nothing_is) {
    const TestFolder folder;
    const auto options = folder.options();
    auto existing = options;
    existing.mode = OpenMode::existing;
    expect_error(existing, DatabaseRule::no_database, options.folder.string());
    EXPECT_FALSE(fs::exists(options.folder));
    EXPECT_EQ(error_of(options), std::nullopt);
    EXPECT_EQ(error_of(existing), std::nullopt);
    EXPECT_FALSE(fs::exists(options.folder / "creating"));
}

TEST(disk_database, is_not_made_of_a_folder_with_other_files) {
    const TestFolder folder;
    fs::create_directories(folder.options().folder);
    write_file(folder.options().folder / "letter", "dear reader");
    expect_error(folder.options(), DatabaseRule::not_a_database, folder.options().folder.string());
    EXPECT_EQ(read_file(folder.options().folder / "letter"), "dear reader");
    EXPECT_FALSE(fs::exists(folder.options().folder / "lock"));
}

TEST(disk_database, is_not_looked_for_in_an_empty_folder_by_putting_a_file_there) {
    const TestFolder folder;
    auto options = folder.options();
    options.mode = OpenMode::existing;
    fs::create_directories(options.folder);
    expect_error(options, DatabaseRule::no_database, options.folder.string());
    EXPECT_TRUE(fs::is_empty(options.folder));
}

TEST(disk_database, says_what_the_system_says_when_a_file_cannot_be_removed) {
    const TestFolder folder;
    const auto creating = folder.options().folder / "creating";
    fs::create_directories(creating / "anything");
    expect_error(folder.options(), DatabaseRule::io, creating.string());  // at the end of creation
    expect_error(folder.options(), DatabaseRule::io, creating.string());  // when it is read
}

TEST(disk_database, whose_creation_was_cut_short_is_created_again) {
    const TestFolder folder;
    const auto options = folder.options();
    fill(options, 3);
    fs::remove(options.folder / "SCOPE");
    write_file(options.folder / "creating", "");
    const auto database = open_disk_database(options);
    EXPECT_EQ(database->commits(), 0u);
    EXPECT_TRUE(rows_of(*database).empty());
}

TEST(disk_database, whose_creation_was_cut_short_at_its_begin_or_end_is_created_once) {
    const TestFolder folder;
    const auto options = folder.options();
    fs::create_directories(options.folder);
    write_file(options.folder / "lock", "");
    const auto rows = fill(options, 3);
    write_file(options.folder / "creating", "");
    EXPECT_EQ(error_of(options, &rows), std::nullopt);
    // From here on a SCOPE file that is lost is no creation that was cut short.
    fs::remove(options.folder / "SCOPE");
    expect_error(options, DatabaseRule::not_a_database, "SCOPE");
}

TEST(disk_database, is_open_once) {
    const TestFolder folder;
    const auto database = open_disk_database(folder.options());
    expect_error(folder.options(), DatabaseRule::in_use, "another process");
}

TEST(disk_database, of_another_format_is_refused_and_left_alone) {
    const TestFolder folder;
    const auto options = folder.options();
    const auto rows = fill(options, 3);
    const auto path = options.folder / "SCOPE";
    const auto text = read_file(path);
    // As a later version of this program writes it, by the rules of folder.hpp.
    const std::string later = "Scope database\nformat 2\nanything 1\n";
    const auto sum = crypto::keccak256(as_bytes(later));
    write_file(path, later + "sum " + to_hex(BytesView{sum}.first(8)) + "\n");
    expect_error(options, DatabaseRule::other_format, "format 2");
    write_file(path, text);
    EXPECT_EQ(error_of(options, &rows), std::nullopt);
}

TEST(disk_database, knows_rows_of_another_one) {
    const TestFolder one, other;
    fill(one.options(), 2);
    fill(other.options(), 2);
    fs::remove_all(one.options().folder / "rows");
    fs::copy(other.options().folder / "rows", one.options().folder / "rows");
    expect_error(one.options(), DatabaseRule::corrupt, "another database");
}

/// Returns the files of a database with this ending, in order.
std::vector<fs::path> files_of(const DiskOptions& options, const std::string& ending) {
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator{options.folder / "rows"})
        if (entry.path().extension() == ending) files.push_back(entry.path());
    std::ranges::sort(files);
    return files;
}

/// Expects that what is there of a database of 5 steps is that of the first ones, fewer than 5.
void expect_first_steps(DiskOptions options) {
    options.lost_commits = LostCommits::accept;
    uint64_t commits = 0;
    {
        const auto database = open_disk_database(options);
        commits = database->commits();
        EXPECT_LT(commits, 5u);
    }
    options.lost_commits = LostCommits::refuse;
    const auto database = open_disk_database(options);
    const auto memory = make_memory_database();
    Staging staging{*memory};
    TestWorkload workload{staging, 1};
    while (workload.steps() < commits) workload.step();
    EXPECT_EQ(rows_of(*database), rows_of(*memory));
}

TEST(disk_database, whose_log_was_cut_says_that_commits_are_lost) {
    const TestFolder folder;
    auto options = folder.options();
    options.cache_bytes = size_t{16} << 20;  // nothing but the log has been written
    fill(options, 5);
    const auto log = files_of(options, ".log").back();
    fs::resize_file(log, fs::file_size(log) * 2 / 3);
    expect_error(options, DatabaseRule::lost_commits, "to 5 are missing");
    expect_first_steps(options);
}

TEST(disk_database, whose_log_has_a_hole_is_refused_or_cut_there) {
    const TestFolder folder;
    auto options = folder.options();
    options.cache_bytes = size_t{16} << 20;
    fill(options, 5);
    const auto log = files_of(options, ".log").back();
    auto text = read_file(log);
    text[text.size() * 2 / 3] ^= 1;
    write_file(log, text);
    expect_error(options, DatabaseRule::corrupt, log.string());
    expect_first_steps(options);
}

TEST(disk_database, never_leaves_out_a_commit_between_others) {
    const TestFolder folder;
    auto options = folder.options();
    options.cache_bytes = size_t{16} << 20;
    fill(options, 5);
    const auto first = files_of(options, ".log").back();
    fill_more(options, 5);
    ASSERT_NE(files_of(options, ".log").back(), first);
    fs::remove(first);
    expect_error(options, DatabaseRule::corrupt, "later ones are there");
    options.lost_commits = LostCommits::accept;
    expect_error(options, DatabaseRule::corrupt, "later ones are there");
}

TEST(disk_database, which_accepting_does_not_open_still_knows_what_had_returned) {
    const TestFolder folder;
    auto options = folder.options();
    options.cache_bytes = size_t{16} << 20;
    fill(options, 5);
    const auto first = files_of(options, ".log").back();
    fill_more(options, 5);
    const auto second = files_of(options, ".log").back();
    ASSERT_NE(second, first);
    fs::remove(first);
    fs::resize_file(second, fs::file_size(second) - 1);
    expect_error(options, DatabaseRule::lost_commits, "10 to 10 are missing");
    options.lost_commits = LostCommits::accept;
    expect_error(options, DatabaseRule::corrupt, "later ones are there");
    options.lost_commits = LostCommits::refuse;
    expect_error(options, DatabaseRule::lost_commits, "10 to 10 are missing");
}

TEST(disk_database, with_rows_of_another_one_still_knows_what_had_returned) {
    const TestFolder one, other;
    auto options = one.options();
    fill(options, 3);
    fill(other.options(), 2);
    fs::remove_all(options.folder / "rows");
    fs::copy(other.options().folder / "rows", options.folder / "rows");
    expect_error(options, DatabaseRule::lost_commits, "3 to 3 are missing");
    options.lost_commits = LostCommits::accept;
    expect_error(options, DatabaseRule::corrupt, "another database");
    options.lost_commits = LostCommits::refuse;
    expect_error(options, DatabaseRule::lost_commits, "3 to 3 are missing");
}

/// A database with tables, a log that is needed, and all other files; and copies of it.
class Damaged : public testing::Test {
  protected:
    static constexpr uint64_t STEPS = 60;

    void SetUp() override {
        rows_ = fill(folder_.options(), STEPS);
        (void)error_of(folder_.options());  // another log behind the first
        files_ = files_below(folder_.options().folder);
    }

    /// Damages one file in a copy: the rows are the same, or an error names a file of it.
    void damage(const fs::path& file, const std::function<void(const fs::path&)>& how) {
        auto options = folder_.options();
        options.folder = folder_.path() / "copy";
        fs::remove_all(options.folder);
        fs::copy(folder_.options().folder, options.folder, fs::copy_options::recursive);
        how(options.folder / file);
        const auto error = error_of(options, &rows_);
        if (!error) return ++same_, void();
        ++errors_;
        EXPECT_NE(std::string{error->what()}.find(options.folder.string()), std::string::npos)
            << error->what();
    }

    TestFolder folder_;
    std::map<Bytes, Bytes> rows_;
    std::vector<fs::path> files_;
    size_t same_ = 0;
    size_t errors_ = 0;
};

TEST_F(Damaged, files_that_are_gone_are_named_or_not_needed) {
    for (const auto& file : files_) {
        SCOPED_TRACE(file);
        damage(file, [](const fs::path& path) { fs::remove(path); });
    }
    damage("rows", [](const fs::path& path) { fs::remove_all(path); });
    EXPECT_GE(errors_, 5u);
}

TEST_F(Damaged, files_that_are_cut_are_named_or_not_needed) {
    std::mt19937_64 random{4};
    for (const auto& file : files_)
        for (int i = 0; i < 3; ++i) {
            const auto size = fs::file_size(folder_.options().folder / file);
            if (size == 0) continue;
            const uint64_t rest = i == 0 ? size - 1 : random() % size;
            SCOPED_TRACE(testing::Message() << file << " cut to " << rest << " of " << size);
            damage(file, [&](const fs::path& path) { fs::resize_file(path, rest); });
        }
    EXPECT_GE(errors_, 10u);
}

TEST_F(Damaged, bits_that_are_flipped_are_found_or_not_needed) {
    const uint64_t seed = std::random_device{}();
    std::mt19937_64 random{seed};
    for (const auto& file : files_)
        for (int i = 0; i < 4; ++i) {
            auto text = read_file(folder_.options().folder / file);
            if (text.empty()) continue;
            const size_t at = random() % text.size();
            text[at] = static_cast<char>(text[at] ^ (1 << random() % 8));
            SCOPED_TRACE(testing::Message() << "seed " << seed << ", " << file << " at " << at);
            damage(file, [&](const fs::path& path) { write_file(path, text); });
        }
    EXPECT_GE(errors_, 10u);
}

TEST(disk_database, on_a_full_disk_says_so_and_keeps_what_was_committed) {
    const TestFolder folder;
    const SmallDisk disk{folder.path() / "disk"};
    if (!disk.is_mounted()) GTEST_SKIP() << "no file system can be mounted here";
    auto options = folder.options();
    options.folder = folder.path() / "disk" / "database";
    const auto memory = make_memory_database();
    uint64_t committed = 0;
    {
        const auto real = open_disk_database(options);
        RepeatedDatabase database{*real};
        Staging staging{database};
        TestWorkload workload{staging, 5};
        const auto until_full = [&] {
            for (; workload.steps() < 20'000; ++committed) workload.step();
        };
        try {
            until_full();
            FAIL() << "never full";
        } catch (const DatabaseError& error) {
            EXPECT_EQ(error.rule(), DatabaseRule::full) << error.what();
            EXPECT_NE(std::string{error.what()}.find(options.folder.string()), std::string::npos)
                << error.what();
        }
        EXPECT_THROW(real->commit({}), DatabaseError);
    }
    disk.grow();
    const auto database = open_disk_database(options);
    EXPECT_GE(database->commits(), committed);
    EXPECT_LE(database->commits(), committed + 1);
    Staging staging{*memory};
    TestWorkload workload{staging, 5};
    while (workload.steps() < database->commits()) workload.step();
    EXPECT_EQ(rows_of(*database), rows_of(*memory));
}

}  // namespace

}  // namespace scope::store
