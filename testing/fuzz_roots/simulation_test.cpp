// What the fuzzer found where simulating a root and executing it went apart, by hand.

#include <gtest/gtest.h>

#include "execution/scope_rollup.hpp"
#include "fuzz_evm/assembler.hpp"
#include "fuzz_roots/code.hpp"
#include "fuzz_roots/world.hpp"
#include "rollup/rollup_config.hpp"

namespace scope::fuzz_roots {
namespace {

using namespace evm;
using fuzz_evm::Assembler;

const BaseChains& base() {
    static const BaseChains BASE{devnet::Artifacts::locate()};
    return BASE;
}

/// A program with a contract on each of L1 and two rollups, without code, and without roots.
Program make_empty(uint64_t index) {
    Program program{.index = index,
                    .contracts = {},
                    .roots = {},
                    .user = key_of("user"),
                    .second = key_of("second"),
                    .owner = key_of("owner")};
    for (size_t chain = 0; chain < program.chains; ++chain)
        program.contracts.push_back(
            {.chain = chain,
             .address = Address{{0xaa, static_cast<uint8_t>(index), static_cast<uint8_t>(chain)}},
             .code = {},
             .balance = {}});
    return program;
}

TransactionPlan root_on(const Contract& contract, const Bytes& data) {
    return {.chain = contract.chain,
            .gas = execution::MAX_TRANSACTION_GAS,
            .to = contract.address,
            .value = {},
            .data = concat(data, execution::ROOT_MARKER),
            .access_list = {},
            .delegate_to = {}};
}

Result<builder::RootResult, builder::Refusal> add(World& world, const Program& program) {
    auto scope = world.open(program);
    return scope.add(world.make_root(program, program.roots.front(), {}).root);
}

/// Asks `to` for nothing, and reverts, if the calldata begin with 1; else has itself called with
/// that twice.
Bytes ask_twice(const Contract& from, const Contract& to) {
    Assembler code;
    const auto ask = code.make_label();
    code.push(uint256{});
    code.op(OP_CALLDATALOAD);
    code.push(uint256{});
    code.op(OP_BYTE);
    code.push(uint256{1u});
    code.op(OP_EQ);
    code.push_label(ask);
    code.op(OP_JUMPI);
    for (int i = 0; i < 2; ++i) {
        code.push(uint256{1u});
        code.push(uint256{});
        code.op(OP_MSTORE8);
        code.push(uint256{});
        code.push(uint256{});
        code.push(uint256{1u});
        code.push(uint256{});
        code.push(uint256{});
        code.op(OP_ADDRESS);
        code.op(OP_GAS);
        code.op(OP_CALL);
        code.op(OP_POP);
    }
    code.op(OP_STOP);
    code.place(ask);
    code.copy_data(request_head(AskWay::scoped, uint256{chain_id_of(to.chain)}, from.address,
                                to.address, {}, uint256{1'000'000u}, 0),
                   0);
    code.push(uint256{});
    code.push(uint256{});
    code.push(uint256{RequestHead::SIZE});
    code.push(uint256{});
    code.push(uint256{});
    code.push(rollup::PREDEPLOY);
    code.op(OP_GAS);
    code.op(OP_CALL);
    code.push(uint256{});
    code.push(uint256{});
    code.op(OP_REVERT);
    return code.finish();
}

/// Looks at ScopedCallable, which is warm, and answers with the gas that is left.
Bytes answer_with_gas() {
    Assembler code;
    code.push(rollup::PREDEPLOY);
    code.op(OP_EXTCODESIZE);
    code.op(OP_GAS);
    code.push(uint256{});
    code.op(OP_MSTORE);
    code.push(uint256{32u});
    code.push(uint256{});
    code.op(OP_RETURN);
    return code.finish();
}

}  // namespace

TEST(simulation, of_a_call_asked_again_after_a_revert_finds_the_same_accounts_warm) {
    auto program = make_empty(0);
    auto& asker = program.contracts[1];
    auto& answerer = program.contracts[2];
    asker.code = ask_twice(asker, answerer);
    answerer.code = answer_with_gas();
    program.roots.push_back(root_on(asker, {}));
    World world{base(), {&program, 1}};
    const auto added = add(world, program);
    ASSERT_TRUE(added.has_value()) << added.error().to_string();
    ASSERT_EQ(added->calls.size(), 2u);
    EXPECT_TRUE(added->calls[0].success);
    EXPECT_EQ(added->calls[0].request_hash, added->calls[1].request_hash);
    EXPECT_EQ(added->calls[0].output, added->calls[1].output);
}

TEST(simulation, counts_frames_as_execution_does) {
    // Rings of 64 calls, from so many frames that both rollups come near to their 1,024.
    constexpr uint64_t RINGS = 12;
    std::vector<Program> programs;
    for (uint64_t i = 0; i < RINGS; ++i) {
        auto program = make_empty(i);
        const Scenery scenery{.base = base(),
                              .chains = program.chains,
                              .contracts = program.contracts,
                              .user = {},
                              .second = {},
                              .owned_account = {},
                              .is_ring = true};
        Random random{i};
        for (auto& contract : program.contracts)
            contract.code = make_code(random, scenery, contract);
        program.roots.push_back(root_on(program.contracts[1], {0, 64, 0}));
        programs.push_back(std::move(program));
    }
    World world{base(), programs};
    size_t accepted = 0;
    for (const auto& program : programs) {
        const auto added = add(world, program);
        accepted += added.has_value();
        if (added) continue;
        EXPECT_NE(added.error().rule, builder::RefusalRule::execution_failed)
            << program.index << ": " << added.error().reason;
        EXPECT_NE(added.error().rule, builder::RefusalRule::execution_differs)
            << program.index << ": " << added.error().reason;
    }
    EXPECT_GE(accepted, RINGS / 3);  // others come to 1,024 frames
}

}  // namespace scope::fuzz_roots
