#include <fmt/format.h>

#include <fstream>
#include <memory>
#include <random>

#include "base/hex.hpp"
#include "devnet/test_live.hpp"
#include "store/test_folder.hpp"

/// A network on databases ends and starts again: it is what it was.
namespace scope::devnet {
namespace {

using testing::HasSubstr;

constexpr std::string_view STRANGER = "0x5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e";

class LiveRestart : public testing::Test {
  protected:
    void start(store::PruneDepth depth = store::DEFAULT_PRUNE_DEPTH) {
        const auto now_ms = live ? live->now_ms : uint64_t{0};
        const auto couriers = live ? live->couriers : std::map<ChainId, Address>{};
        live.reset();
        live = std::make_unique<TestLive>(
            TestOptions{.folder = folder.path() / "state", .depth = depth});
        if (now_ms != 0) live->now_ms = now_ms;
        live->couriers = couriers;
    }
    /// Restarts it, and fails the test if anything is other than before.
    void restart() {
        const auto before = told();
        start();
        EXPECT_EQ(told(), before);
    }
    /// Returns all that it tells of its past: the dump has blocks, blobs, changes by force and the
    /// clock, the traces all scopes.
    std::vector<std::string> told() {
        std::vector<std::string> told{live->get(L1, "anvil_dumpState")};
        for (uint64_t i = 0; i < live->network.scopes(); ++i)
            told.push_back(live->get(L1, "scope_traceScope", fmt::format("[{}]", i)));
        for (const ChainId chain : {L1, A, B})
            for (const auto* const block : {"latest", "safe", "finalized"})
                told.push_back(
                    live->get(chain, "eth_getBlockByNumber", fmt::format(R"(["{}",true])", block)));
        return told;
    }

    /// Returns how many commits the node's database has had.
    [[nodiscard]] uint64_t commits() const {
        std::ifstream file{folder.path() / "state" / "node" / "commits"};
        std::string word;
        uint64_t number = 0;
        file >> word >> number;
        EXPECT_EQ(word, "commits");
        return number;
    }

    store::TestFolder folder;
    std::unique_ptr<TestLive> live;
};

// So a kill leaves all that a request did, or nothing: a block never without who was impersonated in it,
// a head never with what was forced behind another one.
TEST_F(LiveRestart, each_request_is_one_commit) {
    start();
    live->expect_settles();
    const auto snapshot = live->get(L1, "evm_snapshot");
    const auto dump = live->get(L1, "anvil_dumpState");
    const std::string from = fmt::format(R"("from":"{}")", STRANGER);
    const auto root =
        fmt::format(R"([{{{},"to":"{}","value":"0x7","data":"{}"}}])", from,
                    to_hex(live->couriers.at(A)), to_hex(live->carry_to(L1, uint256{7u})));
    const struct {
        ChainId chain;
        std::string method;
        std::string params;
        uint64_t commits;
    } requests[] = {
        {A, "eth_blockNumber", "[]", 0},
        {A, "anvil_setBalance", fmt::format(R"(["{}","0xde0b6b3a7640000"])", STRANGER), 1},
        {A, "anvil_impersonateAccount", fmt::format(R"(["{}"])", STRANGER), 0},
        {A, "eth_sendTransaction", root, 1},
        {L1, "anvil_setNextBlockBaseFeePerGas", R"(["0x4a817c800"])", 1},
        {L1, "anvil_mine", "[3]", 1},
        {L1, "anvil_reorg", "[2,[]]", 1},
        {A, "evm_increaseTime", "[5]", 1},
        {L1, "evm_revert", "[" + snapshot + "]", 1},
        {L1, "anvil_loadState", "[" + dump + "]", 1},
        {L1, "anvil_reset", "[]", 1},
    };
    for (const auto& [chain, method, params, wanted] : requests) {
        const uint64_t before = commits();
        live->get(chain, method, params);
        EXPECT_EQ(commits() - before, wanted) << method;
    }
}

TEST_F(LiveRestart, has_what_had_happened_and_goes_on) {
    start();
    live->expect_settles();
    live->get(A, "anvil_setBalance", fmt::format(R"(["{}","0xde0b6b3a7640000"])", STRANGER));
    live->get(A, "anvil_impersonateAccount", fmt::format(R"(["{}"])", STRANGER));
    live->get(A, "eth_sendTransaction",
              fmt::format(R"([{{"from":"{}","to":"{}","value":"0x1"}}])", STRANGER,
                          TestLive::address(1)));
    live->get(L1, "anvil_setNextBlockBaseFeePerGas", R"(["0x4a817c800"])");
    live->get(A, "evm_increaseTime", "[5000]");
    live->get(B, "anvil_setCode", fmt::format(R"(["{}","0x602a5f5260205ff3"])", STRANGER));
    restart();
    EXPECT_EQ(live->get(B, "eth_call", fmt::format(R"([{{"to":"{}"}}])", STRANGER)),
              "\"" + to_hex(to_be(uint256{42u})) + "\"");
    live->expect_settles();
    restart();
    live->expect_settles();
}

// Whatever was done, and wherever it ends.
TEST_F(LiveRestart, at_any_time_it_is_what_it_was) {
    for (uint64_t seed = 1; seed <= 4; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        std::mt19937_64 random{seed};
        const auto below = [&](uint64_t bound) { return random() % bound; };
        live.reset();
        std::filesystem::remove_all(folder.path() / "state");
        std::filesystem::create_directory(folder.path() / "state");
        start();
        live->deploy_couriers();
        std::vector<std::string> snapshots;
        for (int step = 0; step < 40; ++step) {
            const ChainId chain = std::array{L1, A, B}[below(3)];
            const auto other = Address{{static_cast<uint8_t>(0x10 + below(4))}};
            live->now_ms += below(3) * 1000;
            switch (below(10)) {
                case 0:
                    live->get(chain, "anvil_setBalance",
                              fmt::format(R"(["{}","{}"])", to_hex(other),
                                          to_quantity(uint256{1u + below(1000)})));
                    break;
                case 1:
                    live->get(chain, "anvil_setStorageAt",
                              fmt::format(R"(["{}","0x1","{}"])", to_hex(other),
                                          to_hex(to_be(uint256{below(3)}))));
                    break;
                case 2:
                    live->get(L1, "anvil_mine", "[2]");
                    break;
                case 3:
                    snapshots.push_back(live->get(L1, "evm_snapshot"));
                    break;
                case 4:
                    if (snapshots.empty()) break;
                    live->get(L1, "evm_revert", "[" + snapshots.back() + "]");
                    snapshots.pop_back();
                    break;
                case 5:
                    live->get(A, "evm_increaseTime", "[7]");
                    break;
                case 6:
                    live->send(A, live->couriers.at(A), live->carry_to(L1, uint256{5u}),
                               uint256{5u});
                    break;
                case 7:
                    if (live->network.chain(L1)->head()->header().number > 6)
                        live->ask(L1, "anvil_rollback", "[1]");
                    break;
                default:
                    live->send(chain, other, {}, uint256{below(9)});
            }
            if (below(4) != 0) continue;
            restart();
            snapshots.clear();
            if (HasFailure()) return;
        }
        live->expect_derivable();
    }
}

TEST_F(LiveRestart, goes_back_as_far_as_states_are_kept) {
    start(4);
    live->deploy_couriers();
    const auto snapshot = live->get(L1, "evm_snapshot");
    // L1's last 64 blocks are not final: what is behind them is kept however many a rollup has.
    for (int i = 0; i < 80; ++i) live->send(A, Address{{7}}, {}, uint256{1u});
    live->expect_settles();
    EXPECT_EQ(live->get(L1, "evm_revert", "[" + snapshot + "]"), "true");
    live->expect_settles();
    for (int i = 0; i < 70; ++i) live->get(L1, "evm_mine");
    EXPECT_THAT(live->error(L1, "anvil_reset"), HasSubstr("--archive"));
    EXPECT_THAT(live->error(L1, "anvil_rollback", "[60]"), HasSubstr("--archive"));
    live->get(L1, "anvil_rollback", "[3]");
    live->expect_settles();
}

TEST_F(LiveRestart, an_archive_goes_back_to_its_genesis) {
    start(std::nullopt);
    live->expect_settles();
    for (int i = 0; i < 140; ++i) live->get(L1, "evm_mine");
    live->get(L1, "anvil_reset");
    EXPECT_EQ(live->network.chain(L1)->head()->header().number, 0u);
    EXPECT_EQ(live->network.scopes(), 0u);
    live->couriers.clear();
    live->expect_settles();
}

}  // namespace
}  // namespace scope::devnet
