#include <gtest/gtest.h>

#include <functional>

#include "state/unavailable.hpp"
#include "store/test_chains.hpp"
#include "store/test_files.hpp"
#include "store/test_folder.hpp"
#include "store/test_nodes.hpp"

// A database with chains on a disk that is full, or of which a file is gone, cut or has another bit:
// an error names the file, or the chains are what they were. There is never another state.

namespace scope::store {

namespace {

namespace fs = std::filesystem;

constexpr uint64_t SEED = 11;

/// Returns both chains as a reader sees them, and all states that are kept.
std::string describe(Database& database) {
    Staging staging{database};
    std::string text;
    for (size_t i = 0; i < TestChains::COUNT; ++i) {
        const ChainId id = TestChains::id_of(i);
        const StoredChain chain{staging, id, {.depth = TestChains::DEPTH}};
        text += describe(chain, blocks_with_states(staging, id));
    }
    return text;
}

class DamagedChains : public testing::Test {
  protected:
    void SetUp() override {
        const auto database = open_disk_database(folder_.options());
        TestChains chains{*database, SEED};
        while (database->commits() < 60) chains.step();
        wanted_ = describe(*database);
    }
    /// What is left then has tables, a log, and another one behind it.
    void open_once_more() { (void)open_disk_database(folder_.options()); }

    /// Damages one file in a copy, and reads all of it.
    void damage(const fs::path& file, const std::function<void(const fs::path&)>& how) {
        auto options = folder_.options();
        options.folder = folder_.path() / "copy";
        options.mode = OpenMode::existing;
        fs::remove_all(options.folder);
        fs::copy(folder_.options().folder, options.folder, fs::copy_options::recursive);
        how(options.folder / file);
        const auto expect_named = [&](const std::string& text) {
            ++errors_;
            EXPECT_NE(text.find(options.folder.string()), std::string::npos) << text;
        };
        try {
            const auto database = open_disk_database(options);
            EXPECT_TRUE(describe(*database) == wanted_) << "other chains than there were";
            ++same_;
        } catch (const DatabaseError& error) {
            expect_named(error.what());
        } catch (const state::Unavailable& error) {
            expect_named(error.what());
        }
    }
    /// Damages each file of the database.
    void damage_each(size_t times, const std::function<void(const fs::path&)>& how) {
        open_once_more();
        for (const auto& file : files_below(folder_.options().folder)) {
            SCOPED_TRACE(file);
            if (fs::file_size(folder_.options().folder / file) == 0) continue;
            for (size_t i = 0; i < times; ++i) damage(file, how);
        }
    }

    TestFolder folder_;
    std::string wanted_;
    size_t same_ = 0;
    size_t errors_ = 0;
    const uint64_t seed_ = std::random_device{}();
    std::mt19937_64 random_{seed_};
};

TEST_F(DamagedChains, name_a_file_that_is_gone) {
    damage_each(1, [](const fs::path& path) { fs::remove(path); });
    EXPECT_GE(errors_, 5u);
}

TEST_F(DamagedChains, name_a_file_that_is_cut_or_are_what_they_were) {
    SCOPED_TRACE(testing::Message() << "seed " << seed_);
    damage_each(
        3, [&](const fs::path& path) { fs::resize_file(path, random_() % fs::file_size(path)); });
    EXPECT_GE(errors_, 10u);
}

TEST_F(DamagedChains, name_a_file_with_another_bit_or_are_what_they_were) {
    SCOPED_TRACE(testing::Message() << "seed " << seed_);
    damage_each(6, [&](const fs::path& path) {
        auto text = read_file(path);
        const size_t at = random_() % text.size();
        text[at] = static_cast<char>(text[at] ^ (1 << random_() % 8));
        write_file(path, text);
    });
    EXPECT_GE(errors_, 10u);
}

TEST(full_disk, keeps_the_chains_that_were_committed) {
    const TestFolder folder;
    const SmallDisk disk{folder.path() / "disk"};
    if (!disk.is_mounted()) GTEST_SKIP() << "no file system can be mounted here";
    auto options = folder.options();
    options.folder = folder.path() / "disk" / "database";
    uint64_t committed = 0;
    {
        const auto database = open_disk_database(options);
        TestChains chains{*database, SEED};
        try {
            for (; committed < 20'000; committed = database->commits()) chains.step();
            FAIL() << "never full";
        } catch (const DatabaseError& error) {
            EXPECT_EQ(error.rule(), DatabaseRule::full) << error.what();
            EXPECT_NE(std::string{error.what()}.find(options.folder.string()), std::string::npos)
                << error.what();
        }
        EXPECT_GT(committed, 10u);
    }
    disk.grow();
    const auto database = open_disk_database(options);
    ASSERT_GE(database->commits(), committed);
    ASSERT_LE(database->commits(), committed + 1);
    UndisturbedChains wanted{SEED};
    ASSERT_NO_FATAL_FAILURE(wanted.advance_to(database->commits()));
    wanted.expect_same(*database);
    TestChains chains{*database, SEED};
    chains.step();  // and it goes on
}

}  // namespace

}  // namespace scope::store
