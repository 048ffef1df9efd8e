#include "rollup/predeploy_views.hpp"

#include <gtest/gtest.h>

#include <chrono>

#include "protocol/callable.hpp"
#include "test_rollup/assembler.hpp"
#include "test_rollup/test_rollup.hpp"

namespace scope::rollup {
namespace {

using namespace test;
namespace callable = protocol::callable;

/// A predeploy that an owner may put in place of ours: its views answer as the ABI says, and do what
/// they like before.
struct Predeploy {
    std::vector<uint256> remotes;
    size_t remotes_without_id = 0;  ///< more of them, all 0
    /// The code that each view of a remote begins with.
    std::function<void(Assembler&)> before = [](Assembler&) {};
    /// The code that leaves the limit of a remote on the stack.
    std::function<void(Assembler&)> limit = [](Assembler& code) { code.push(0); };

    [[nodiscard]] Bytes code() const {
        Assembler code;
        code.when_called(callable::get_remotes(), [&] {
            const uint64_t count = remotes.size() + remotes_without_id;
            code.push(32).to_memory(0).push(count).to_memory(1);
            for (size_t i = 0; i < remotes.size(); ++i) code.push(remotes[i][0]).to_memory(2 + i);
            code.give_back(2 + count);
        });
        code.when_called(callable::get_rolling_hashes({}), [&] {
            before(code);
            for (uint64_t i = 0; i < 4; ++i) code.push(protocol::rolling_hash_seed()).to_memory(i);
            code.give_back(4);
        });
        code.when_called(callable::get_values({}), [&] {
            before(code);
            code.push(0).to_memory(0).push(0).to_memory(1).give_back(2);
        });
        code.when_called(callable::get_limit({}), [&] {
            before(code);
            limit(code);
            code.to_memory(0).give_back(1);
        });
        code.when_called(callable::forced_queue_position(),
                         [&] { code.push(0).to_memory(0).give_back(1); });
        return code.op({evm::OP_STOP}).take();
    }
};

/// Returns the ids 1 to @p count.
std::vector<uint256> ids(uint64_t count) {
    std::vector<uint256> ids;
    for (uint64_t id = 1; id <= count; ++id) ids.emplace_back(id);
    return ids;
}

Result<BatchExecution, BatchRefusal> execute(const Predeploy& predeploy) {
    auto rollup = config();
    rollup.genesis.alloc[PREDEPLOY].code = predeploy.code();
    const auto chain = make_chain(rollup);
    Author author;
    return execute_batch(chain, rollup,
                         make_batch(chain, {{author.open_scope()}, {author.transfer(user(), 1)}}),
                         {.max_kept_bytes = MAX_KEPT_BYTES});
}

/// Returns why no batch with it stands; nothing if one does.
std::string refusal(const Predeploy& predeploy) {
    const auto executed = execute(predeploy);
    return executed ? "" : to_string(executed.error());
}

/// Halts, and takes all gas.
void fail(Assembler& code) {
    code.op({evm::OP_INVALID});
}

TEST(predeploy_views, tell_of_253_remotes_at_most) {
    EXPECT_EQ(refusal({.remotes = ids(253)}), "");
    // No other view is asked.
    EXPECT_EQ(refusal({.remotes = ids(254), .before = fail}), "block 1: too_many_remotes");
    EXPECT_EQ(refusal({.remotes_without_id = 120'000, .before = fail}),
              "block 1: too_many_remotes");
}

TEST(predeploy_views, tell_of_remotes_in_ascending_order) {
    // No other view is asked; whether there is anything between the chains doesn't matter.
    for (const auto& remotes :
         std::vector<std::vector<uint256>>{{uint256{1u}, uint256{1u}}, {uint256{2u}, uint256{1u}}})
        EXPECT_EQ(refusal({.remotes = remotes, .before = fail}), "block 1: remotes_not_ascending");
    EXPECT_EQ(refusal({.remotes = ids(2), .before = fail}), "block 1: unreadable_streams");
}

TEST(predeploy_views, take_their_gas_together) {
    constexpr uint64_t GAS_OF_A_TURN = 26;
    constexpr uint64_t TURNS = 100'000;
    const auto spin = [](Assembler& code) { code.times(TURNS, [] {}); };
    constexpr uint64_t FIT = VIEWS_GAS / (3 * GAS_OF_A_TURN * TURNS);
    EXPECT_EQ(refusal({.remotes = ids(FIT), .before = spin}), "");
    EXPECT_EQ(refusal({.remotes = ids(FIT + 1), .before = spin}), "block 1: views_out_of_gas");
}

TEST(predeploy_views, change_nothing) {
    const std::vector<std::pair<const char*, Bytes>> changes{
        {"storage", {evm::OP_PUSH0, evm::OP_PUSH0, evm::OP_SSTORE}},
        {"transient storage", {evm::OP_PUSH0, evm::OP_PUSH0, evm::OP_TSTORE}},
        {"a log", {evm::OP_PUSH0, evm::OP_PUSH0, evm::OP_LOG0}},
        {"a contract", {evm::OP_PUSH0, evm::OP_PUSH0, evm::OP_PUSH0, evm::OP_CREATE, evm::OP_POP}},
    };
    for (const auto& [what, opcodes] : changes) {
        const auto change = [&](Assembler& code) { code.raw(opcodes); };
        EXPECT_EQ(refusal({.remotes = ids(1), .before = change}), "block 1: unreadable_streams")
            << what;
    }
}

/// Returns the limits that a predeploy tells of its remotes, each of which has to have one.
std::vector<uint256> limits(const Predeploy& predeploy) {
    const auto executed = execute(predeploy);
    EXPECT_TRUE(executed.has_value()) << to_string(executed.error());
    std::vector<uint256> limits;
    if (executed)
        for (const auto& streams : executed->remotes) limits.push_back(streams.limit);
    return limits;
}

TEST(predeploy_views, leave_nothing_warm_behind) {
    const auto cost_of_looking = [](Assembler& code) {
        code.op({evm::OP_GAS}).load(0).op({evm::OP_POP, evm::OP_GAS, evm::OP_SWAP1, evm::OP_SUB});
    };
    const auto each = limits({.remotes = ids(3), .limit = cost_of_looking});
    ASSERT_EQ(each.size(), 3u);
    EXPECT_GT(each[0], uint256{2'100u});
    EXPECT_EQ(each, std::vector(3, each[0]));
}

TEST(predeploy_views, find_the_last_block_and_no_other) {
    const auto limit = [](std::initializer_list<uint8_t> opcodes) {
        const auto answer =
            limits({.remotes = ids(1), .limit = [&](Assembler& code) { code.op(opcodes); }});
        return answer.size() == 1 ? answer[0] : uint256{};
    };
    const auto executed = execute({});
    ASSERT_TRUE(executed.has_value());
    const auto& last = executed->blocks.back().block.header();
    EXPECT_EQ(limit({evm::OP_NUMBER}), uint256{2u});
    EXPECT_EQ(limit({evm::OP_TIMESTAMP}), uint256{last.timestamp_s});
    EXPECT_EQ(limit({evm::OP_GASLIMIT}), uint256{last.gas_limit});
    EXPECT_EQ(limit({evm::OP_BASEFEE}), *last.base_fee_per_gas);
    EXPECT_EQ(limit({evm::OP_CHAINID}), uint256{CHAIN});
    // Whether it knows the hash of the block before: 1 if it doesn't.
    EXPECT_EQ(limit({evm::OP_PUSH0 + 1, 1, evm::OP_BLOCKHASH, evm::OP_ISZERO}), uint256{1u});
}

TEST(predeploy_views, are_given_up_at_their_deadline) {
    // One frame after the other, for all the gas that there is.
    const Predeploy predeploy{.remotes = ids(253), .before = [](Assembler& code) {
                                  code.times(10'000, [&] {
                                      code.push(0).push(0).push(0).push(0).push(2);
                                      code.op({evm::OP_GAS, evm::OP_STATICCALL, evm::OP_POP});
                                  });
                              }};
    auto rollup = config();
    rollup.genesis.alloc[PREDEPLOY].code = predeploy.code();
    const auto chain = make_chain(rollup);
    const auto& header = chain.head()->header();
    const auto now = [] { return std::chrono::steady_clock::now(); };
    for (const auto& deadline : {execution::Deadline{}, now() + std::chrono::milliseconds{2}}) {
        const auto views = read_views(rollup, header, *chain.head_state(), deadline);
        ASSERT_FALSE(views.has_value());
        EXPECT_EQ(to_string(views.error()), "out_of_time");
    }
    EXPECT_EQ(to_string(read_views(rollup, header, *chain.head_state()).error()),
              "views_out_of_gas");
}

// Nobody pays for asking, and the share that a transaction has of it comes on top of its gas.
TEST(predeploy_views, ask_nobody) {
    const auto ask = [](Assembler& code) {
        code.push(execution::ASK).push(224).op({evm::OP_SHL}).to_memory(0);
        code.push(0).push(0).push(4).push(0).op(
            {evm::OP_ADDRESS, evm::OP_GAS, evm::OP_STATICCALL, evm::OP_POP});
    };
    EXPECT_EQ(refusal({.remotes = ids(1), .before = ask}), "block 1: unreadable_streams");
}

}  // namespace
}  // namespace scope::rollup
