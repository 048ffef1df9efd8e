#include "devnet_app/state_file.hpp"

#include <gtest/gtest.h>

#include <fstream>

namespace scope::devnet_app {
namespace {

namespace fs = std::filesystem;

/// A folder that goes with the test.
struct Folder {
    fs::path path = [] {
        std::string name = (fs::temp_directory_path() / "scope-state-XXXXXX").string();
        CHECK(mkdtemp(name.data()) != nullptr);
        return fs::path{name};
    }();
    ~Folder() { fs::remove_all(path); }
};

SavedState some_state() {
    devnet::LiveGenesisOptions genesis{.l1 = ChainId{1337},
                                       .rollups = {ChainId{5}, ChainId{7}},
                                       .accounts = {Address{}},
                                       .balance_wei = uint256{12u},
                                       .timestamp_s = 1'900'000'000,
                                       .gas_limit = 31'000'000,
                                       .base_fee = uint256{9u},
                                       .attesters = 1};
    genesis.more_on_l1[Address{}] = {
        .nonce = 1, .balance = uint256{2u}, .code = {3}, .storage = {{Hash{}, Hash{{4}}}}};
    return {.genesis = std::move(genesis), .state = {1, 2, 3}};
}

TEST(state_file, gives_back_what_was_written) {
    const Folder folder;
    const auto saved = some_state();
    const auto file = state_file(folder.path);
    EXPECT_EQ(file, folder.path / "state.json");
    write_state(file, saved);
    const auto read = read_state(file);
    EXPECT_EQ(read.state, saved.state);
    EXPECT_EQ(read.genesis.l1, saved.genesis.l1);
    EXPECT_EQ(read.genesis.rollups, saved.genesis.rollups);
    EXPECT_EQ(read.genesis.accounts, saved.genesis.accounts);
    EXPECT_EQ(read.genesis.balance_wei, saved.genesis.balance_wei);
    EXPECT_EQ(read.genesis.timestamp_s, saved.genesis.timestamp_s);
    EXPECT_EQ(read.genesis.gas_limit, saved.genesis.gas_limit);
    EXPECT_EQ(read.genesis.base_fee, saved.genesis.base_fee);
    EXPECT_EQ(read.genesis.attesters, saved.genesis.attesters);
    EXPECT_EQ(read.genesis.more_on_l1, saved.genesis.more_on_l1);
    // Nothing is left beside it.
    EXPECT_EQ(std::distance(fs::directory_iterator{folder.path}, {}), 1);
}

TEST(state_file, refuses_what_is_no_state) {
    const Folder folder;
    const auto file = folder.path / "file";
    const auto refused = [&](std::string_view text, std::string_view reason) {
        std::ofstream{file} << text;
        try {
            (void)read_state(file);
            ADD_FAILURE() << "taken: " << text;
        } catch (const std::runtime_error& error) {
            const std::string_view said{error.what()};
            EXPECT_NE(said.find(file.string()), std::string_view::npos) << said;
            EXPECT_NE(said.find(reason), std::string_view::npos) << said;
        }
    };
    refused("no state", "");
    refused("{}", "version");
    refused(R"({"version":2})", "version");
    refused(R"({"version":1})", "genesis");
    const std::string genesis =
        R"("accounts":[],"balance":"0x1","timestamp":1,"gas_limit":30000000,"base_fee":"0x1","init":{})";
    refused(R"({"version":1,"state":"0x","genesis":{"l1":1,"rollups":[],"attesters":1,)" + genesis +
                "}}",
            "rollup");
    refused(R"({"version":1,"state":"0x","genesis":{"l1":1,"rollups":[2],"attesters":0,)" +
                genesis + "}}",
            "attesters");
    refused(R"({"version":1,"state":"0x","genesis":{"l1":1,"rollups":[2,1],"attesters":1,)" +
                genesis + "}}",
            "ascending");
    refused(R"({"version":1,"state":"0x","genesis":{"l1":2,"rollups":[2],"attesters":1,)" +
                genesis + "}}",
            "L1");
    EXPECT_THROW((void)read_state(folder.path / "nothing"), std::runtime_error);
}

TEST(state_file, keeps_what_was_there_if_it_can_not_be_written) {
    const Folder folder;
    EXPECT_THROW(write_file(folder.path / "no" / "such" / "folder", "x"), std::runtime_error);
}

}  // namespace
}  // namespace scope::devnet_app
