#include "devnet_app/state_folder.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "store/error.hpp"
#include "store/test_folder.hpp"

namespace scope::devnet_app {
namespace {

devnet::LiveGenesisOptions genesis() {
    return {.rollups = {ChainId{42001}}, .attesters = 2};
}

TEST(state_folder, is_what_exists_as_one_or_has_no_extension) {
    const store::TestFolder temporary;
    const auto at = [&](const char* name) { return temporary.path() / name; };
    std::filesystem::create_directory(at("empty"));
    std::filesystem::create_directory(at("dumped"));
    std::ofstream{at("dumped") / "state.json"} << "{}";
    std::ofstream{at("file")} << "{}";
    EXPECT_FALSE(is_state_folder({}));
    EXPECT_TRUE(is_state_folder(at("empty")));
    EXPECT_TRUE(is_state_folder(at("new")));
    EXPECT_FALSE(is_state_folder(at("new.json")));
    EXPECT_TRUE(is_state_folder(at("new.v2/")));
    EXPECT_FALSE(is_state_folder(at("dumped")));
    EXPECT_FALSE(is_state_folder(at("file")));
}

TEST(state_folder, has_a_database_for_each_node_and_its_genesis) {
    const store::TestFolder temporary;
    const auto folder = temporary.path() / "a" / "b";
    EXPECT_EQ(genesis_in(folder), std::nullopt);
    for (int start = 0; start < 2; ++start) {
        const auto databases =
            open_databases({.folder = folder, .cache_bytes = size_t{4} << 20}, genesis());
        EXPECT_EQ(databases.members.size(), 2u);
        EXPECT_TRUE(databases.node->is_on_disk());
        EXPECT_EQ(genesis_in(folder)->rollups, genesis().rollups);
    }
}

TEST(state_folder, refuses_others_files_and_misses_its_own) {
    const store::TestFolder temporary;
    const auto rule_of = [&](const std::filesystem::path& folder) {
        try {
            (void)open_databases({.folder = folder, .cache_bytes = size_t{4} << 20}, genesis());
        } catch (const store::DatabaseError& error) {
            EXPECT_NE(std::string{error.what()}.find(folder.string()), std::string::npos);
            return std::optional{error.rule()};
        }
        return std::optional<store::DatabaseRule>{};
    };
    std::ofstream{temporary.path() / "letters"} << "dear";
    EXPECT_EQ(rule_of(temporary.path()), store::DatabaseRule::not_a_database);
    EXPECT_FALSE(std::filesystem::exists(temporary.path() / "node"));
    const auto folder = temporary.path() / "state";
    EXPECT_EQ(rule_of(folder), std::nullopt);
    // What an attester has follows from L1.
    std::filesystem::remove_all(folder / "attester-2");
    EXPECT_EQ(rule_of(folder), std::nullopt);
    std::filesystem::remove_all(folder / "node");
    EXPECT_EQ(rule_of(folder), store::DatabaseRule::no_database);
}

}  // namespace
}  // namespace scope::devnet_app
