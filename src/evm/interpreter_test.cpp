#include "evm/interpreter.hpp"

#include <gmock/gmock.h>
#include <sys/resource.h>

#include <random>

#include "evm/frame.hpp"
#include "evm/mock_host.hpp"

namespace scope::evm::test {

namespace {

using namespace scope::literals;

const uint256 MAX = ~uint256{};
const uint256 MIN_SIGNED = uint256{1u} << 255;

uint256 negative(uint64_t value) {
    return -uint256{value};
}

Address address(uint8_t last) {
    Address a;
    a[19] = last;
    return a;
}

Hash word(const uint256& value) {
    return to_be(value);
}

// ---- stack alone

TEST(arithmetic, edge_cases) {
    struct Case {
        Program program;
        uint256 expected;
    };
    const Case cases[] = {
        {op(OP_ADD, MAX, 1u), 0u},
        {op(OP_ADD, 2u, 3u), 5u},
        {op(OP_MUL, MAX, MAX), 1u},
        {op(OP_SUB, 0u, 1u), MAX},
        {op(OP_DIV, 7u, 2u), 3u},
        {op(OP_DIV, 7u, 0u), 0u},
        {op(OP_DIV, MAX, uint256{0, 1, 0, 0}), MAX >> 64},
        {op(OP_SDIV, negative(7), 2u), negative(3)},
        {op(OP_SDIV, MIN_SIGNED, MAX), MIN_SIGNED},
        {op(OP_SDIV, 1u, 0u), 0u},
        {op(OP_MOD, 7u, 0u), 0u},
        {op(OP_MOD, MAX, 10u), 5u},
        {op(OP_SMOD, negative(7), 3u), negative(1)},
        {op(OP_SMOD, 7u, negative(3)), 1u},
        {op(OP_SMOD, 7u, 0u), 0u},
        {op(OP_ADDMOD, MAX, 2u, 2u), 1u},
        {op(OP_ADDMOD, MAX, MAX, 0u), 0u},
        {op(OP_MULMOD, MAX, MAX, 12u), 9u},
        {op(OP_MULMOD, 5u, 6u, 0u), 0u},
        {op(OP_EXP, 2u, 255u), MIN_SIGNED},
        {op(OP_EXP, 0u, 0u), 1u},
        {op(OP_EXP, 3u, 256u), uint256{3u} * exp(uint256{3u}, uint256{255u})},
        {op(OP_SIGNEXTEND, 0u, 0xffu), MAX},
        {op(OP_SIGNEXTEND, 0u, 0x7fu), 0x7fu},
        {op(OP_SIGNEXTEND, 0u, 0xff7fu), 0x7fu},
        {op(OP_SIGNEXTEND, 1u, 0x8000u), negative(0x8000)},
        {op(OP_SIGNEXTEND, 7u, uint256{uint64_t{1} << 63}), -(uint256{1u} << 63)},
        {op(OP_SIGNEXTEND, 8u, uint256{0, 0xff, 0, 0}), -(uint256{1u} << 64)},
        {op(OP_SIGNEXTEND, 30u, uint256{1u} << 247), -(uint256{1u} << 247)},
        {op(OP_SIGNEXTEND, 31u, MIN_SIGNED), MIN_SIGNED},
        {op(OP_SIGNEXTEND, uint256{1u} << 64, 0xffu), 0xffu},

        {op(OP_LT, 1u, 2u), 1u},
        {op(OP_LT, 2u, 1u), 0u},
        {op(OP_LT, uint256{0, 0, 0, 1}, uint256{5, 0, 0, 1}), 1u},
        {op(OP_GT, 2u, 1u), 1u},
        {op(OP_GT, 1u, 1u), 0u},
        {op(OP_SLT, MAX, 0u), 1u},
        {op(OP_SLT, 0u, MAX), 0u},
        {op(OP_SGT, 0u, MAX), 1u},
        {op(OP_SGT, MIN_SIGNED, MAX), 0u},
        {op(OP_EQ, MAX, MAX), 1u},
        {op(OP_EQ, MAX, MAX - 1u), 0u},
        {op(OP_ISZERO, 0u), 1u},
        {op(OP_ISZERO, uint256{0, 0, 0, 1}), 0u},
        {op(OP_AND, 0b1100u, 0b1010u), 0b1000u},
        {op(OP_OR, 0b1100u, 0b1010u), 0b1110u},
        {op(OP_XOR, 0b1100u, 0b1010u), 0b0110u},
        {op(OP_NOT, 0u), MAX},
        {op(OP_BYTE, 31u, 0x1234u), 0x34u},
        {op(OP_BYTE, 0u, MIN_SIGNED), 0x80u},
        {op(OP_BYTE, 32u, MAX), 0u},
        {op(OP_BYTE, uint256{1u} << 64, MAX), 0u},
        {op(OP_SHL, 1u, MAX), MAX - 1u},
        {op(OP_SHL, 256u, MAX), 0u},
        {op(OP_SHL, uint256{1u} << 64, 1u), 0u},
        {op(OP_SHR, 255u, MIN_SIGNED), 1u},
        {op(OP_SHR, 256u, MAX), 0u},
        {op(OP_SAR, 0u, MIN_SIGNED), MIN_SIGNED},
        {op(OP_SAR, 255u, MIN_SIGNED), MAX},
        {op(OP_SAR, 256u, MIN_SIGNED), MAX},
        {op(OP_SAR, uint256{1u} << 128, MAX >> 1), 0u},
        {op(OP_SAR, 4u, 0x100u), 0x10u},
        {op(OP_CLZ, 0u), 256u},
        {op(OP_CLZ, 1u), 255u},
        {op(OP_CLZ, MIN_SIGNED), 0u},
        {op(OP_CLZ, uint256{1u} << 128), 127u},
    };
    for (const Case& c : cases)
        EXPECT_EQ(Runner{}.top(c.program), c.expected) << to_hex(c.program.bytes);
}

TEST(arithmetic, exp_pays_for_each_byte_of_the_exponent) {
    const Program none = op(OP_EXP, 2u, 0u);
    const Program two = op(OP_EXP, 2u, 0x100u);
    EXPECT_EQ(Runner{Revision::homestead}.gas(none), 16);
    EXPECT_EQ(Runner{Revision::tangerine_whistle}.gas(two), 16 + 2 * 10);
    EXPECT_EQ(Runner{Revision::spurious_dragon}.gas(two), 16 + 2 * 50);
}

TEST(stack, push_reads_its_data_and_zeros_behind_the_code) {
    for (uint8_t n = 1; n <= 32; ++n) {
        Program p;
        p.bytes.push_back(static_cast<uint8_t>(OP_PUSH0 + n));
        for (uint8_t i = 0; i < n; ++i) p.bytes.push_back(static_cast<uint8_t>(0xe0 + i));
        EXPECT_EQ(Runner{}.top(p), from_be(BytesView{p.bytes}.subspan(1))) << int{n};
    }
    EXPECT_EQ(Runner{}.top(Program{} << OP_PUSH0), 0u);
    // A PUSH whose data the code does not hold: runs, and the code ends.
    for (uint8_t n = 1; n <= 32; ++n)
        EXPECT_EQ(Runner{}.gas(Program{{static_cast<uint8_t>(OP_PUSH0 + n), 0x5b}}), 3);
}

TEST(stack, dup_and_swap) {
    for (unsigned n = 1; n <= 16; ++n) {
        Program items;
        for (unsigned i = 17; i > 0; --i) items << push(i);  // 1 on top
        EXPECT_EQ(Runner{}.top(Program{items} << static_cast<Opcode>(OP_DUP1 + n - 1)), n);
        Program swapped = Program{items} << static_cast<Opcode>(OP_SWAP1 + n - 1);
        EXPECT_EQ(Runner{}.top(swapped), n + 1);
        for (unsigned i = 0; i < n; ++i) swapped << OP_POP;
        EXPECT_EQ(Runner{}.top(swapped), 1u);
    }
}

TEST(stack, underflow_of_every_instruction) {
    for (size_t i = 0; i < 256; ++i) {
        const Instruction& info = INSTRUCTIONS[i];
        if (!info.defined() || info.inputs == 0) continue;
        Program p;
        for (unsigned k = 1; k < info.inputs; ++k) p << push(0u);
        p << static_cast<Opcode>(i);
        Runner r;
        const CallResult result = r.run(p);
        EXPECT_EQ(result.status, Status::stack_underflow) << info.name;
        EXPECT_EQ(result.gas_left, 0);
        EXPECT_TRUE(r.host.calls.empty());
    }
}

TEST(stack, holds_1024_items) {
    for (size_t i = 0; i < 256; ++i) {
        const Instruction& info = INSTRUCTIONS[i];
        if (!info.defined() || info.growth <= 0) continue;
        Program p;
        for (int k = 0; k < 1023; ++k) p << push(1u);
        Bytes fits = Program{p.bytes}.bytes;
        fits.push_back(static_cast<uint8_t>(i));
        EXPECT_EQ(Runner{}.run(fits).status, Status::success) << info.name;
        Bytes full = (Program{p.bytes} << push(1u)).bytes;
        full.push_back(static_cast<uint8_t>(i));
        EXPECT_EQ(Runner{}.run(full).status, Status::stack_overflow) << info.name;
    }
}

// ---- what there is in which revision

TEST(revision, has_the_instructions_of_its_time) {
    for (size_t r = 0; r < REVISION_COUNT; ++r) {
        for (size_t i = 0; i < 256; ++i) {
            const auto opcode = static_cast<Opcode>(i);
            Program p;
            for (int k = 0; k < 17; ++k) p << push(0u);
            Runner runner{static_cast<Revision>(r)};
            const Status status = runner.run(Program{p.bytes} << opcode).status;
            if (!is_defined(static_cast<Revision>(r), opcode)) {
                EXPECT_EQ(status, Status::undefined_instruction) << i << " in " << r;
            } else if (opcode == OP_INVALID) {
                EXPECT_EQ(status, Status::invalid_instruction);
            } else if (opcode == OP_REVERT) {
                EXPECT_EQ(status, Status::revert);
            } else if (opcode == OP_JUMP) {
                EXPECT_EQ(status, Status::bad_jump_destination);
            } else {
                EXPECT_EQ(status, Status::success) << INSTRUCTIONS[i].name << " in " << r;
            }
        }
    }
    EXPECT_FALSE(is_defined(Revision::prague, OP_CLZ));
    EXPECT_TRUE(is_defined(Revision::osaka, OP_CLZ));
    EXPECT_FALSE(is_defined(Revision::london, OP_PUSH0));
}

TEST(revision, base_gas) {
    // Opcode, then (from revision, gas).
    using enum Revision;
    struct Case {
        Opcode opcode;
        std::vector<std::pair<Revision, int>> gas;
    };
    const Case cases[] = {
        {OP_BALANCE, {{frontier, 20}, {tangerine_whistle, 400}, {istanbul, 700}, {berlin, 100}}},
        {OP_EXTCODESIZE, {{frontier, 20}, {tangerine_whistle, 700}, {berlin, 100}}},
        {OP_EXTCODECOPY, {{frontier, 20}, {tangerine_whistle, 700}, {berlin, 100}}},
        {OP_EXTCODEHASH, {{constantinople, 400}, {istanbul, 700}, {berlin, 100}}},
        {OP_SLOAD, {{frontier, 50}, {tangerine_whistle, 200}, {istanbul, 800}, {berlin, 100}}},
        {OP_CALL, {{frontier, 40}, {tangerine_whistle, 700}, {berlin, 100}}},
        {OP_CALLCODE, {{frontier, 40}, {tangerine_whistle, 700}, {berlin, 100}}},
        {OP_DELEGATECALL, {{homestead, 40}, {tangerine_whistle, 700}, {berlin, 100}}},
        {OP_STATICCALL, {{byzantium, 700}, {berlin, 100}}},
        {OP_SELFDESTRUCT, {{frontier, 0}, {tangerine_whistle, 5000}}},
        {OP_CREATE, {{frontier, 32000}}},
        {OP_LOG4, {{frontier, 375 * 5}}},
        {OP_JUMPDEST, {{frontier, 1}}},
    };
    for (const Case& c : cases)
        for (size_t r = 0; r < REVISION_COUNT; ++r) {
            int expected = -1;
            for (const auto& [from, gas] : c.gas)
                if (static_cast<Revision>(r) >= from) expected = gas;
            EXPECT_EQ(RULES[r].gas.base[c.opcode], expected)
                << INSTRUCTIONS[c.opcode].name << " in " << r;
        }
}

// ---- memory

TEST(memory, grows_by_words_and_pays_for_them) {
    EXPECT_EQ(Runner{}.top(op(OP_MSTORE8, 31u, 0x1ffu) << op(OP_MLOAD, 0u)), 0xffu);
    EXPECT_EQ(Runner{}.top(op(OP_MSTORE, 1u, MAX) << op(OP_MLOAD, 0u)), MAX >> 8);
    EXPECT_EQ(Runner{}.top(Program{} << OP_MSIZE), 0u);
    EXPECT_EQ(Runner{}.top(op(OP_MLOAD, 1u) << OP_MSIZE), 64u);
    EXPECT_EQ(Runner{}.top(op(OP_MSTORE8, 32u, 0u) << OP_MSIZE), 64u);

    EXPECT_EQ(Runner{}.gas(op(OP_MLOAD, 0u)), 3 + 3 + 3);
    EXPECT_EQ(Runner{}.gas(op(OP_MLOAD, 1u)), 3 + 3 + 6);
    EXPECT_EQ(Runner{}.gas(op(OP_MLOAD, 1u) << op(OP_MLOAD, 32u)), 3 + 3 + 6 + 6);
    // 1024 words: 3 * 1024 + 1024^2 / 512.
    EXPECT_EQ(Runner{}.gas(op(OP_MLOAD, 1023u * 32)), 3 + 3 + 3 * 1024 + 2048);
}

TEST(memory, beyond_any_gas) {
    for (const uint256& offset : {uint256{1u} << 64, MAX, uint256{uint64_t{1} << 40},
                                  uint256{~uint64_t{0}}, uint256{~uint64_t{0} - 31}}) {
        for (const auto opcode : {OP_MLOAD, OP_MSTORE, OP_MSTORE8}) {
            EXPECT_EQ(Runner{}.run(op(opcode, offset, 0u)).status, Status::out_of_gas);
        }
        EXPECT_EQ(Runner{}.run(op(OP_RETURN, offset, 1u)).status, Status::out_of_gas);
        EXPECT_EQ(Runner{}.run(op(OP_RETURN, 0u, offset)).status, Status::out_of_gas);
        EXPECT_EQ(Runner{}.run(op(OP_RETURN, offset, offset)).status, Status::out_of_gas);
        EXPECT_EQ(Runner{}.run(op(OP_KECCAK256, offset, 1u)).status, Status::out_of_gas);
        EXPECT_EQ(Runner{}.run(op(OP_CODECOPY, offset, 0u, 1u)).status, Status::out_of_gas);
        EXPECT_EQ(Runner{}.run(op(OP_MCOPY, 0u, offset, 1u)).status, Status::out_of_gas);
        EXPECT_EQ(Runner{}.run(op(OP_LOG0, offset, 1u)).status, Status::out_of_gas);
        EXPECT_EQ(Runner{}.run(op(OP_CREATE, 0u, offset, 1u)).status, Status::out_of_gas);
        EXPECT_EQ(Runner{}.run(op(OP_CALL, 0u, 0u, 0u, offset, 1u, 0u, 0u)).status,
                  Status::out_of_gas);
        EXPECT_EQ(Runner{}.run(op(OP_CALL, 0u, 0u, 0u, 0u, 0u, offset, 1u)).status,
                  Status::out_of_gas);
    }
}

TEST(memory, an_empty_range_lies_anywhere_and_costs_nothing) {
    const uint256 far = MAX - 5u;
    EXPECT_EQ(Runner{}.gas(op(OP_RETURN, far, 0u)), 6);
    EXPECT_EQ(Runner{}.gas(op(OP_KECCAK256, far, 0u)), 6 + 30);
    EXPECT_EQ(Runner{}.top(op(OP_KECCAK256, far, 0u)), from_be(crypto::EMPTY_KECCAK));
    EXPECT_EQ(Runner{}.gas(op(OP_MCOPY, far, far, 0u)), 9 + 3);
    EXPECT_EQ(Runner{}.gas(op(OP_CALLDATACOPY, far, far, 0u)), 9 + 3);
    EXPECT_EQ(Runner{}.gas(op(OP_LOG0, far, 0u)), 6 + 375);
    EXPECT_EQ(Runner{}.top(op(OP_MCOPY, far, far, 0u) << OP_MSIZE), 0u);
    EXPECT_EQ(Runner{}.run(op(OP_CALL, 0u, 0u, 0u, far, 0u, far, 0u)).status, Status::success);
    EXPECT_EQ(Runner{}.run(op(OP_CREATE, 0u, far, 0u)).status, Status::success);
}

TEST(memory, is_zero_in_a_new_frame) {
    Runner dirty;
    dirty.run(op(OP_MSTORE, 0u, MAX) << op(OP_MSTORE, 4000u, MAX));
    EXPECT_EQ(Runner{}.top(op(OP_MLOAD, 0u)), 0u);
    EXPECT_EQ(Runner{}.top(op(OP_MLOAD, 4000u)), 0u);
}

TEST(copy, out_of_range_reads_zeros) {
    Runner r;
    const Bytes input = "0102030405"_hex;
    r.message.input = input;
    EXPECT_EQ(r.top(op(OP_CALLDATALOAD, 0u)), from_be("0102030405"_hex) << (27 * 8));
    EXPECT_EQ(r.top(op(OP_CALLDATALOAD, 4u)), uint256{5u} << (31 * 8));
    EXPECT_EQ(r.top(op(OP_CALLDATALOAD, 5u)), 0u);
    EXPECT_EQ(r.top(op(OP_CALLDATALOAD, MAX)), 0u);
    EXPECT_EQ(r.top(Program{} << OP_CALLDATASIZE), 5u);

    const auto copied = [&](const uint256& from, unsigned size) {
        return r.top(op(OP_MSTORE, 0u, MAX)
                     << op(OP_CALLDATACOPY, 0u, from, size) << op(OP_MLOAD, 0u));
    };
    EXPECT_EQ(copied(0u, 2), (MAX >> 16) | from_be("0102"_hex) << 240);
    EXPECT_EQ(copied(3u, 4), (MAX >> 32) | from_be("04050000"_hex) << 224);
    EXPECT_EQ(copied(MAX, 4), MAX >> 32);
    EXPECT_EQ(copied(5u, 4), MAX >> 32);

    // 33 bytes: two words of memory and of copying.
    EXPECT_EQ(r.gas(op(OP_CALLDATACOPY, 0u, 0u, 33u)), 9 + 3 + 2 * 3 + 2 * 3);

    const Program code = op(OP_CODECOPY, 0u, 0u, 2u) << op(OP_MLOAD, 0u);
    EXPECT_EQ(r.top(code), from_be(BytesView{code.bytes}.first(2)) << 240);
    EXPECT_EQ(r.top(op(OP_POP, 1u) << OP_CODESIZE), 3u + 1 + 8);
}

TEST(copy, mcopy_overlaps) {
    const Program fill = op(OP_MSTORE, 0u, from_be("0102030405060708"_hex) << 192);
    EXPECT_EQ(Runner{}.top(Program{fill} << op(OP_MCOPY, 2u, 0u, 6u) << op(OP_MLOAD, 0u)),
              from_be("0102010203040506"_hex) << 192);
    EXPECT_EQ(Runner{}.top(Program{fill} << op(OP_MCOPY, 0u, 2u, 6u) << op(OP_MLOAD, 0u)),
              from_be("0304050607080708"_hex) << 192);
    // The source grows memory too.
    EXPECT_EQ(Runner{}.top(op(OP_MCOPY, 0u, 64u, 1u) << OP_MSIZE), 96u);
}

TEST(copy, of_foreign_code) {
    Runner r;
    r.host.accounts[address(7)].code = make_code("aabbcc"_hex);
    EXPECT_EQ(r.top(op(OP_EXTCODESIZE, 7u)), 3u);
    EXPECT_EQ(r.top(op(OP_EXTCODESIZE, 8u)), 0u);
    EXPECT_EQ(r.top(op(OP_EXTCODECOPY, 7u, 0u, 1u, 5u) << op(OP_MLOAD, 0u)), from_be("bbcc"_hex)
                                                                                 << 240);
    EXPECT_EQ(r.top(op(OP_EXTCODEHASH, 7u)), from_be(crypto::keccak256("aabbcc"_hex)));
    EXPECT_EQ(r.top(op(OP_EXTCODEHASH, 8u)), 0u);
    // The high 12 bytes of an address operand do not count.
    EXPECT_EQ(r.top(op(OP_EXTCODESIZE, (uint256{1u} << 160) + 7u)), 3u);
}

TEST(keccak, of_memory) {
    EXPECT_EQ(Runner{}.top(op(OP_MSTORE8, 0u, 0x61u) << op(OP_KECCAK256, 0u, 1u)),
              from_be(crypto::keccak256(as_bytes("a"))));
    EXPECT_EQ(Runner{}.gas(op(OP_KECCAK256, 0u, 33u)), 6 + 30 + 12 + 6);
}

// ---- flow

TEST(jump, only_to_a_jumpdest_that_is_an_instruction) {
    // PUSH1 4 JUMP INVALID JUMPDEST
    EXPECT_EQ(Runner{}.gas(Program{"600456fe5b"_hex}), 3 + 8 + 1);
    struct Case {
        const char* code;
        Status status;
    };
    const Case cases[] = {
        {"600356", Status::bad_jump_destination},                      // behind the end
        {"600056", Status::bad_jump_destination},                      // not a JUMPDEST
        {"600456605b00", Status::bad_jump_destination},                // data of a PUSH1
        {"6801000000000000000056", Status::bad_jump_destination},      // 2^64
        {"60006005575b00", Status::success},                           // not taken
        {"6001600657fe5b00", Status::success},                         // taken
        {"6001600757fe5b00", Status::bad_jump_destination},            // taken, to STOP
        {"600060ff5700", Status::success},                             // not taken, nowhere
        {"6801000000000000000060ff57", Status::bad_jump_destination},  // condition 2^64
    };
    for (const Case& c : cases)
        EXPECT_EQ(Runner{}.run(*from_hex(c.code)).status, c.status) << c.code;
}

TEST(jump, loops_until_gas_ends) {
    const CallResult result = Runner{}.run("5b600056"_hex);
    EXPECT_EQ(result.status, Status::out_of_gas);
    EXPECT_EQ(result.gas_left, 0);
}

TEST(flow, program_counter_and_gas) {
    EXPECT_EQ(Runner{}.top(Program{} << OP_PC), 0u);
    EXPECT_EQ(Runner{}.top(op(OP_POP, 1u) << OP_PC), 3u);
    EXPECT_EQ(Runner{}.top(Program{} << OP_GAS), 1'000'000u - 2);
}

TEST(flow, ends) {
    Runner r;
    EXPECT_EQ(r.run(Bytes{}).status, Status::success);
    EXPECT_EQ(r.run(Bytes{}).gas_left, r.message.gas);
    const CallResult reverted =
        r.run(op(OP_MSTORE, 0u, 0x1234u) << op(OP_SSTORE, 1u, 0u) << op(OP_REVERT, 30u, 2u));
    EXPECT_EQ(reverted.status, Status::revert);
    EXPECT_EQ(reverted.output, "1234"_hex);
    EXPECT_GT(reverted.gas_left, 0);
    EXPECT_EQ(reverted.gas_refund, 0);
    EXPECT_EQ(r.run(op(OP_RETURN, 0u, 3u)).output, "000000"_hex);
}

TEST(flow, exact_gas_suffices) {
    for (const Program& p : {op(OP_ADD, 1u, 2u), op(OP_MLOAD, 0x1000u), op(OP_KECCAK256, 0u, 100u),
                             op(OP_LOG2, 0u, 40u, 1u, 2u), op(OP_EXP, 2u, 0x12345u)}) {
        Runner r;
        const int64_t gas = r.gas(p);
        r.message.gas = gas;
        EXPECT_EQ(r.run(p).status, Status::success);
        r.message.gas = gas - 1;
        EXPECT_EQ(r.run(p).status, Status::out_of_gas);
    }
}

// ---- surroundings

TEST(context, of_frame_transaction_and_block) {
    Runner r;
    r.message.value = 77u;
    auto& block = r.host.block_context;
    block.coinbase = address(1);
    block.number = 1000;
    block.timestamp_s = 3;
    block.gas_limit = 4;
    block.prev_randao = word(5u);
    block.difficulty = 6u;
    block.base_fee = 7u;
    block.blob_base_fee = 8u;
    block.chain_id = ChainId{9};
    r.host.transaction_context = {address(10), 11u, {word(12u), word(13u)}};
    r.host.accounts[r.message.recipient].balance = 14u;
    const auto get = [&](Opcode opcode) { return r.top(Program{} << opcode); };
    EXPECT_EQ(get(OP_ADDRESS), 0xaau);
    EXPECT_EQ(get(OP_CALLER), 0xccu);
    EXPECT_EQ(get(OP_CALLVALUE), 77u);
    EXPECT_EQ(get(OP_COINBASE), 1u);
    EXPECT_EQ(get(OP_NUMBER), 1000u);
    EXPECT_EQ(get(OP_TIMESTAMP), 3u);
    EXPECT_EQ(get(OP_GASLIMIT), 4u);
    EXPECT_EQ(get(OP_PREVRANDAO), 5u);
    EXPECT_EQ(get(OP_BASEFEE), 7u);
    EXPECT_EQ(get(OP_BLOBBASEFEE), 8u);
    EXPECT_EQ(get(OP_CHAINID), 9u);
    EXPECT_EQ(get(OP_ORIGIN), 10u);
    EXPECT_EQ(get(OP_GASPRICE), 11u);
    EXPECT_EQ(get(OP_SELFBALANCE), 14u);
    EXPECT_EQ(r.top(op(OP_BALANCE, 0xaau)), 14u);
    EXPECT_EQ(r.top(op(OP_BLOBHASH, 1u)), 13u);
    EXPECT_EQ(r.top(op(OP_BLOBHASH, 2u)), 0u);
    EXPECT_EQ(r.top(op(OP_BLOBHASH, uint256{1u} << 64)), 0u);
    r.revision = Revision::london;
    EXPECT_EQ(get(OP_PREVRANDAO), 6u);
}

TEST(context, block_hash_of_the_last_256) {
    Runner r;
    r.host.block_context.number = 300;
    EXPECT_EQ(r.top(op(OP_BLOCKHASH, 300u)), 0u);
    EXPECT_EQ(r.top(op(OP_BLOCKHASH, 299u)), from_be(r.host.block_hash(299)));
    EXPECT_EQ(r.top(op(OP_BLOCKHASH, 44u)), from_be(r.host.block_hash(44)));
    EXPECT_EQ(r.top(op(OP_BLOCKHASH, 43u)), 0u);
    EXPECT_EQ(r.top(op(OP_BLOCKHASH, (uint256{1u} << 64) + 299u)), 0u);
}

TEST(access, first_is_cold) {
    // 3 for the push; twice the same account.
    const auto cost = [](Opcode opcode) {
        return Runner{Revision::berlin}.gas(op(opcode, 1u) << op(opcode, 1u));
    };
    EXPECT_EQ(cost(OP_BALANCE), 6 + 2600 + 100);
    EXPECT_EQ(cost(OP_EXTCODESIZE), 6 + 2600 + 100);
    EXPECT_EQ(cost(OP_EXTCODEHASH), 6 + 2600 + 100);
    EXPECT_EQ(cost(OP_SLOAD), 6 + 2100 + 100);
    EXPECT_EQ(Runner{Revision::istanbul}.gas(op(OP_SLOAD, 1u) << op(OP_SLOAD, 1u)), 6 + 1600);
}

// ---- storage

TEST(storage, loads_what_was_stored) {
    Runner r;
    EXPECT_EQ(r.top(op(OP_SSTORE, 5u, 0x1234u) << op(OP_SLOAD, 5u)), 0x1234u);
    EXPECT_EQ(r.host.current_storage.at({r.message.recipient, word(5u)}), word(0x1234u));
    EXPECT_EQ(r.top(op(OP_TSTORE, 5u, 0x99u) << op(OP_TLOAD, 5u)), 0x99u);
    EXPECT_EQ(r.top(op(OP_TLOAD, 6u)), 0u);
    EXPECT_EQ(r.gas(op(OP_TSTORE, 5u, 0x99u) << op(OP_TLOAD, 5u)), 9 + 200);
}

// The tables of EIP-1283, EIP-2200 and EIP-3529: original value, the stores, gas, refund.
TEST(storage, gas_and_refund) {
    using enum Revision;
    struct Case {
        Revision revision;
        unsigned original;
        std::vector<unsigned> stores;
        int64_t gas;  // of the SSTOREs alone
        int64_t refund;
    };
    const Case cases[] = {
        {frontier, 0, {1}, 20000, 0},
        {frontier, 1, {0}, 5000, 15000},
        {frontier, 1, {2, 2}, 10000, 0},
        {byzantium, 0, {0}, 5000, 0},
        {petersburg, 0, {1, 0}, 25000, 15000},

        {constantinople, 0, {0, 0}, 400, 0},
        {constantinople, 0, {0, 1}, 20200, 0},
        {constantinople, 0, {1, 0}, 20200, 19800},
        {constantinople, 0, {1, 2}, 20200, 0},
        {constantinople, 0, {1, 1}, 20200, 0},
        {constantinople, 1, {0, 0}, 5200, 15000},
        {constantinople, 1, {0, 1}, 5200, 4800},
        {constantinople, 1, {0, 2}, 5200, 0},
        {constantinople, 1, {2, 0}, 5200, 15000},
        {constantinople, 1, {2, 3}, 5200, 0},
        {constantinople, 1, {2, 1}, 5200, 4800},
        {constantinople, 1, {2, 2}, 5200, 0},
        {constantinople, 1, {1, 0}, 5200, 15000},
        {constantinople, 1, {1, 2}, 5200, 0},
        {constantinople, 1, {1, 1}, 400, 0},
        {constantinople, 0, {1, 0, 1}, 40200, 19800},
        {constantinople, 1, {0, 1, 0}, 10200, 19800},

        {istanbul, 0, {0, 0}, 1600, 0},
        {istanbul, 0, {1, 0}, 20800, 19200},
        {istanbul, 1, {0, 0}, 5800, 15000},
        {istanbul, 1, {0, 1}, 5800, 4200},
        {istanbul, 1, {2, 0}, 5800, 15000},
        {istanbul, 1, {1, 1}, 1600, 0},

        {berlin, 0, {0, 0}, 2300, 0},
        {berlin, 0, {1, 0}, 22200, 19900},
        {berlin, 1, {0, 1}, 5100, 2800},
        {berlin, 1, {0, 0}, 5100, 15000},

        {london, 0, {1, 0}, 22200, 19900},
        {london, 1, {0, 0}, 5100, 4800},
        {london, 1, {0, 1}, 5100, 2800},
        {london, 1, {0, 2}, 5100, 0},
        {osaka, 1, {2, 0}, 5100, 4800},
        {osaka, 0, {1, 1}, 22200, 0},
        {osaka, 0, {2, 0, 1}, 42200, 19900},
        {osaka, 1, {0, 1, 0}, 8000, 2800 + 4800},
    };
    for (const Case& c : cases) {
        Runner r{c.revision};
        const std::pair key{r.message.recipient, word(0u)};
        r.host.original_storage[key] = r.host.current_storage[key] = word(c.original);
        Program p;
        for (const unsigned value : c.stores) p << op(OP_SSTORE, 0u, value);
        const CallResult result = r.run(p);
        const auto pushes = static_cast<int64_t>(6 * c.stores.size());
        const std::string what = "revision " + std::to_string(static_cast<int>(c.revision)) +
                                 ", original " + std::to_string(c.original) + ", " +
                                 to_hex(p.bytes);
        EXPECT_EQ(r.message.gas - result.gas_left - pushes, c.gas) << what;
        EXPECT_EQ(result.gas_refund, c.refund) << what;
    }
}

TEST(storage, needs_more_than_the_stipend) {
    Runner r{Revision::istanbul};
    r.message.gas = 6 + 2300;
    EXPECT_EQ(r.run(op(OP_SSTORE, 0u, 0u)).status, Status::out_of_gas);
    r.message.gas = 6 + 2301;
    EXPECT_EQ(r.run(op(OP_SSTORE, 0u, 0u)).status, Status::success);
    r.revision = Revision::constantinople;
    r.message.gas = 6 + 200;
    EXPECT_EQ(r.run(op(OP_SSTORE, 0u, 0u)).status, Status::success);
}

// ---- logs

TEST(log, topics_and_data) {
    for (unsigned n = 0; n <= 4; ++n) {
        Runner r;
        Program p = op(OP_MSTORE, 0u, 0xabcdu);
        for (unsigned i = n; i > 0; --i) p << push(i);
        p << push(2u) << push(30u) << static_cast<Opcode>(OP_LOG0 + n);
        EXPECT_EQ(r.run(p).status, Status::success);
        ASSERT_EQ(r.host.logs.size(), 1u);
        EXPECT_EQ(r.host.logs[0].address, r.message.recipient);
        EXPECT_EQ(r.host.logs[0].data, "abcd"_hex);
        ASSERT_EQ(r.host.logs[0].topics.size(), n);
        for (unsigned i = 0; i < n; ++i) EXPECT_EQ(r.host.logs[0].topics[i], word(i + 1));
    }
    EXPECT_EQ(Runner{}.gas(op(OP_LOG1, 0u, 33u, 5u)), 9 + 750 + 33 * 8 + 6);
}

// ---- static frames

TEST(static_frame, changes_nothing) {
    const Program changes[] = {
        op(OP_SSTORE, 0u, 0u),     op(OP_TSTORE, 0u, 0u),
        op(OP_LOG0, 0u, 0u),       op(OP_LOG4, 0u, 0u, 0u, 0u, 0u, 0u),
        op(OP_CREATE, 0u, 0u, 0u), op(OP_CREATE2, 0u, 0u, 0u, 0u),
        op(OP_SELFDESTRUCT, 0u),   op(OP_CALL, 0u, 0u, 1u, 0u, 0u, 0u, 0u),
    };
    for (const Program& p : changes) {
        Runner r;
        EXPECT_EQ(r.run(p).status, Status::success) << to_hex(p.bytes);
        r.message.is_static = true;
        EXPECT_EQ(r.run(p).status, Status::static_violation) << to_hex(p.bytes);
    }
    Runner r;
    r.message.is_static = true;
    EXPECT_EQ(r.run(op(OP_CALL, 0u, 0u, 0u, 0u, 0u, 0u, 0u)).status, Status::success);
    EXPECT_TRUE(r.host.calls.at(0).is_static);
    EXPECT_EQ(r.run(op(OP_CALLCODE, 0u, 0u, 1u, 0u, 0u, 0u, 0u)).status, Status::success);
}

// ---- calls

TEST(call, message_of_each_kind) {
    Runner r;
    r.message.value = 55u;
    r.message.depth = 3;
    const Program data = op(OP_MSTORE, 0u, 0x010203u);
    r.run(Program{data} << op(OP_CALL, 1000u, 9u, 7u, 29u, 3u, 0u, 0u));
    r.run(Program{data} << op(OP_CALLCODE, 1000u, 9u, 7u, 29u, 3u, 0u, 0u));
    r.run(Program{data} << op(OP_DELEGATECALL, 1000u, 9u, 29u, 3u, 0u, 0u));
    r.run(Program{data} << op(OP_STATICCALL, 1000u, 9u, 29u, 3u, 0u, 0u));
    const auto& calls = r.host.calls;
    ASSERT_EQ(calls.size(), 4u);
    for (size_t i = 0; i < 4; ++i) {
        EXPECT_EQ(calls[i].depth, 4);
        EXPECT_EQ(calls[i].code_address, address(9));
        EXPECT_EQ(calls[i].is_static, i == 3);
        EXPECT_EQ(calls[i].gas, i < 2 ? 3300 : 1000);
        EXPECT_EQ(r.host.call_inputs[i], "010203"_hex);
    }
    const Address self = r.message.recipient;
    EXPECT_EQ(calls[0].kind, CallKind::call);
    EXPECT_EQ(calls[0].recipient, address(9));
    EXPECT_EQ(calls[0].sender, self);
    EXPECT_EQ(calls[0].value, 7u);
    EXPECT_EQ(calls[1].kind, CallKind::callcode);
    EXPECT_EQ(calls[1].recipient, self);
    EXPECT_EQ(calls[1].sender, self);
    EXPECT_EQ(calls[1].value, 7u);
    EXPECT_EQ(calls[2].kind, CallKind::delegatecall);
    EXPECT_EQ(calls[2].recipient, self);
    EXPECT_EQ(calls[2].sender, r.message.sender);
    EXPECT_EQ(calls[2].value, 55u);
    EXPECT_EQ(calls[3].kind, CallKind::call);
    EXPECT_EQ(calls[3].recipient, address(9));
    EXPECT_EQ(calls[3].value, 0u);
}

TEST(call, gas_of_value_new_account_and_access) {
    using enum Revision;
    struct Case {
        Revision revision;
        bool exists;
        unsigned value;
        int64_t gas;
    };
    const Case cases[] = {
        {frontier, true, 0, 40},
        {frontier, false, 0, 40 + 25000},
        {frontier, true, 1, 40 + 9000 - 2300},
        {tangerine_whistle, false, 0, 700 + 25000},
        {spurious_dragon, false, 0, 700},
        {spurious_dragon, false, 1, 700 + 25000 + 9000 - 2300},
        {spurious_dragon, true, 1, 700 + 9000 - 2300},
        {berlin, true, 0, 2600},
        {osaka, false, 1, 2600 + 25000 + 9000 - 2300},
    };
    for (const Case& c : cases) {
        Runner r{c.revision};
        r.host.accounts[address(9)].exists = c.exists;
        // The callee leaves all its gas, the stipend too.
        const Program p = op(OP_CALL, 0u, 9u, c.value, 0u, 0u, 0u, 0u);
        EXPECT_EQ(r.gas(p) - 7 * 3, c.gas) << static_cast<int>(c.revision) << c.exists << c.value;
    }
}

TEST(call, keeps_one_64th) {
    Runner r;
    r.host.warm_accounts.insert(address(9));
    const Program p = op(OP_STATICCALL, MAX, 9u, 0u, 0u, 0u, 0u);
    r.run(p);
    const int64_t left = r.message.gas - 6 * 3 - 100;
    EXPECT_EQ(r.host.calls.at(0).gas, left - left / 64);
    // Before EIP-150 a call asks for no more than there is.
    Runner old{Revision::homestead};
    EXPECT_EQ(old.run(op(OP_CALLCODE, MAX, 9u, 0u, 0u, 0u, 0u, 0u)).status, Status::out_of_gas);
    EXPECT_EQ(old.run(op(OP_CALLCODE, 999'939u, 9u, 0u, 0u, 0u, 0u, 0u)).status, Status::success);
    EXPECT_EQ(old.run(op(OP_CALLCODE, 999'940u, 9u, 0u, 0u, 0u, 0u, 0u)).status,
              Status::out_of_gas);
}

TEST(call, pays_for_a_delegation) {
    const Program p = op(OP_STATICCALL, 0u, 9u, 0u, 0u, 0u, 0u);
    Runner r;
    r.host.delegations[address(9)] = address(10);
    EXPECT_EQ(r.gas(p), 18 + 2600 + 2600);
    EXPECT_EQ(r.gas(p), 18 + 100 + 100);
    EXPECT_EQ(r.host.calls.at(0).code_address, address(9));
    Runner cancun{Revision::cancun};
    cancun.host.delegations[address(9)] = address(10);
    EXPECT_EQ(cancun.gas(p), 18 + 2600);
}

TEST(call, output_and_return_data) {
    Runner r;
    Status status = Status::success;
    r.host.on_call = [&](const Message& message) {
        CallResult result;
        result.status = status;
        if (status == Status::success || status == Status::revert) {
            result.gas_left = message.gas;
            result.output = "0102030405"_hex;
        }
        if (status == Status::success) result.gas_refund = 17;
        return result;
    };
    const auto call_into = [](unsigned size) {
        return op(OP_MSTORE, 0u, MAX) << op(OP_CALL, 1000u, 9u, 0u, 0u, 0u, 0u, size);
    };
    const auto copy_back = [](unsigned offset, unsigned size) {
        return op(OP_RETURNDATACOPY, 64u, offset, size) << op(OP_MLOAD, 64u);
    };
    EXPECT_EQ(r.top(call_into(0)), 1u);
    EXPECT_EQ(r.run(call_into(0)).gas_refund, 17);
    EXPECT_EQ(r.top(call_into(2) << op(OP_MLOAD, 0u)), (MAX >> 16) | from_be("0102"_hex) << 240);
    // No more is written than was returned.
    EXPECT_EQ(r.top(call_into(32) << op(OP_MLOAD, 0u)), (MAX >> 40) | from_be("0102030405"_hex)
                                                                          << 216);
    EXPECT_EQ(r.top(call_into(2) << OP_RETURNDATASIZE), 5u);
    EXPECT_EQ(r.top(call_into(0) << copy_back(1, 4)), from_be("02030405"_hex) << 224);
    EXPECT_EQ(r.top(call_into(0) << copy_back(5, 0)), 0u);
    EXPECT_EQ(r.run(call_into(0) << copy_back(2, 4)).status, Status::invalid_memory_access);
    EXPECT_EQ(r.run(call_into(0) << op(OP_RETURNDATACOPY, 0u, MAX, 1u)).status,
              Status::invalid_memory_access);
    EXPECT_EQ(r.run(call_into(0) << op(OP_RETURNDATACOPY, 0u, 6u, 0u)).status,
              Status::invalid_memory_access);

    status = Status::revert;
    EXPECT_EQ(r.top(call_into(2)), 0u);
    EXPECT_EQ(r.top(call_into(2) << op(OP_MLOAD, 0u)), (MAX >> 16) | from_be("0102"_hex) << 240);
    EXPECT_EQ(r.top(call_into(2) << OP_RETURNDATASIZE), 5u);
    EXPECT_EQ(r.run(call_into(2)).gas_refund, 0);

    status = Status::out_of_gas;
    EXPECT_EQ(r.top(call_into(2)), 0u);
    EXPECT_EQ(r.top(call_into(2) << op(OP_MLOAD, 0u)), MAX);
    EXPECT_EQ(r.top(call_into(2) << OP_RETURNDATASIZE), 0u);
}

// ---- creates

TEST(create, message_and_result) {
    Runner r;
    r.host.on_call = [](const Message& message) {
        CallResult result;
        result.gas_left = message.gas - 100;
        result.created = address(0xdd);
        return result;
    };
    const Program data = op(OP_MSTORE, 0u, 0x010203u);
    EXPECT_EQ(r.top(Program{data} << op(OP_CREATE, 5u, 29u, 3u)), 0xddu);
    EXPECT_EQ(r.top(Program{data} << op(OP_CREATE2, 5u, 29u, 3u, 99u)), 0xddu);
    ASSERT_EQ(r.host.calls.size(), 2u);
    const auto& plain = r.host.calls[0];
    EXPECT_EQ(plain.kind, CallKind::create);
    EXPECT_EQ(plain.sender, r.message.recipient);
    EXPECT_EQ(plain.value, 5u);
    EXPECT_EQ(plain.depth, 1);
    EXPECT_EQ(r.host.call_inputs[0], "010203"_hex);
    const int64_t left = r.message.gas - 12 - 9 - 32000 - 2;
    EXPECT_EQ(plain.gas, left - left / 64);
    EXPECT_EQ(r.host.calls[1].kind, CallKind::create2);
    EXPECT_EQ(r.host.calls[1].salt, word(99u));

    EXPECT_EQ(r.gas(op(OP_CREATE, 0u, 0u, 33u)), 9 + 32000 + 6 + 4 + 100);
    EXPECT_EQ(r.gas(op(OP_CREATE2, 0u, 0u, 33u, 0u)), 12 + 32000 + 6 + 4 + 12 + 100);
    Runner old{Revision::homestead};
    old.run(op(OP_CREATE, 0u, 0u, 33u));
    EXPECT_EQ(old.host.calls.at(0).gas, old.message.gas - 9 - 32000 - 6);
}

TEST(create, failed) {
    Runner r;
    r.host.on_call = [](const Message& message) {
        CallResult result;
        result.status = Status::revert;
        result.gas_left = message.gas;
        result.output = "0708"_hex;
        return result;
    };
    EXPECT_EQ(r.top(op(OP_CREATE, 0u, 0u, 0u)), 0u);
    EXPECT_EQ(r.top(op(OP_CREATE, 0u, 0u, 0u) << OP_RETURNDATASIZE), 2u);
}

TEST(create, init_code_size) {
    const Program max = op(OP_CREATE, 0u, 0u, 49152u);
    const Program more = op(OP_CREATE, 0u, 0u, 49153u);
    EXPECT_EQ(Runner{}.run(max).status, Status::success);
    EXPECT_EQ(Runner{}.run(more).status, Status::init_code_size_exceeded);
    EXPECT_EQ(Runner{Revision::london}.run(more).status, Status::success);
}

TEST(self_destruct, gas_and_refund) {
    using enum Revision;
    struct Case {
        Revision revision;
        bool exists;
        unsigned balance;
        int64_t gas;
        int64_t refund;
    };
    const Case cases[] = {
        {frontier, false, 1, 0, 24000},
        {tangerine_whistle, false, 0, 5000 + 25000, 24000},
        {tangerine_whistle, true, 1, 5000, 24000},
        {spurious_dragon, false, 0, 5000, 24000},
        {spurious_dragon, false, 1, 5000 + 25000, 24000},
        {berlin, true, 1, 5000 + 2600, 24000},
        {london, false, 1, 5000 + 2600 + 25000, 0},
        {osaka, true, 1, 5000 + 2600, 0},
    };
    for (const Case& c : cases) {
        Runner r{c.revision};
        r.host.accounts[address(9)].exists = c.exists;
        r.host.accounts[r.message.recipient].balance = c.balance;
        const CallResult result = r.run(op(OP_SELFDESTRUCT, 9u));
        EXPECT_EQ(result.status, Status::success);
        EXPECT_EQ(r.message.gas - result.gas_left - 3, c.gas) << static_cast<int>(c.revision);
        EXPECT_EQ(result.gas_refund, c.refund);
        EXPECT_THAT(r.host.self_destructs,
                    testing::ElementsAre(std::pair{r.message.recipient, address(9)}));
    }
}

// ---- dispatch

/// Instructions that run as one with what follows them, and what may follow. Runner compares that
/// with one instruction at a time.
TEST(dispatch, of_several_instructions_at_once_fails_as_of_one_by_one) {
    const std::vector<Bytes> pieces = {
        "6001"_hex,     "6020"_hex,       "610003"_hex,   "62000001"_hex, "01"_hex,
        "03"_hex,       "16"_hex,         "1b"_hex,       "15"_hex,       "50"_hex,
        "5050"_hex,     "80"_hex,         "81"_hex,       "90"_hex,       "91"_hex,
        "9250"_hex,     "9050"_hex,       "5952"_hex,     "600051"_hex,   "5a"_hex,
        "60208152"_hex, "6001600101"_hex, "5b"_hex,       "585a57"_hex,   "1561000357"_hex,
        "61000456"_hex, "61000051"_hex,   "61004052"_hex, "8152"_hex,     "600a56"_hex,
    };
    std::mt19937 random{11};
    for (int run = 0; run < 3000; ++run) {
        Runner r{run % 4 == 0 ? Revision::frontier : LATEST_REVISION};
        Bytes code;
        // Near the bottom of the stack, or near its top.
        const size_t height = run % 3 == 0 ? 1018 + random() % 7 : random() % 6;
        for (size_t i = 0; i < height; ++i) append(code, "6000"_hex);
        for (size_t i = random() % 16; i-- > 0;) append(code, pieces[random() % pieces.size()]);
        append(code, "595259525952596000f3"_hex);  // what is on top, and the memory
        r.message.gas = static_cast<int64_t>(3 * height + random() % 240);
        r.run(code);
    }
}

// ---- depth

/// A host whose calls run the same code again, down to the limit.
struct RecursiveHost : MockHost {
    CodePtr code_of_all;
    Revision revision = LATEST_REVISION;
    int deepest = 0;

    CallResult call(const Message& message) override {
        CallResult result;
        if (message.depth > 1024) {
            result.status = Status::call_depth_exceeded;
            result.gas_left = message.gas;
            return result;
        }
        deepest = std::max(deepest, message.depth);
        return execute(*this, revision, message, *code_of_all);
    }
};

TEST(depth, of_1024_frames) {
    RecursiveHost host;
    host.revision = Revision::homestead;  // no 63/64, so that gas reaches the ground
    // Each frame fills some memory, calls itself with all but 1000 gas, and returns what came back.
    host.code_of_all = make_code((op(OP_MSTORE, 4064u, 1u)
                                  << push(32u) << push(0u) << push(0u) << push(0u) << push(0u)
                                  << push(9u) << push(1000u) << OP_GAS << OP_SUB << OP_CALLCODE
                                  << op(OP_MLOAD, 0u) << push(1u) << OP_ADD << return_top())
                                     .bytes);
    Message message;
    message.gas = 100'000'000;
    const CallResult result = host.call(message);
    EXPECT_EQ(result.status, Status::success);
    EXPECT_EQ(host.deepest, 1024);
    EXPECT_EQ(from_be(result.output), 1025u);
}

// ---- bounds, as interpreter.hpp states them

constexpr int64_t BLOCK_GAS = 30'000'000;
constexpr uint64_t MIB = uint64_t{1} << 20;

#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
constexpr bool COUNTS_RESIDENT = false;  // the sanitizer's own memory is more than what is counted
#else
constexpr bool COUNTS_RESIDENT = true;
#endif

/// The most that was resident until now.
uint64_t peak_resident_bytes() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return static_cast<uint64_t>(usage.ru_maxrss) * 1024;
}

TEST(bounds, of_1024_frames_that_share_the_gas_for_memory) {
    constexpr uint64_t WORDS = 2950;
    RecursiveHost host;
    host.revision = Revision::homestead;
    Program program;
    for (int i = 0; i < 900; ++i) program << OP_PC;
    program << op(OP_MSTORE, (WORDS - 1) * 32, 1u) << push(32u) << push(0u) << push(0u) << push(0u)
            << push(0u) << push(9u) << push(1000u) << OP_GAS << OP_SUB << OP_CALLCODE
            << op(OP_MLOAD, 0u) << push(1u) << OP_ADD << return_top();
    host.code_of_all = make_code(program.bytes);
    Message message;
    message.gas = BLOCK_GAS;
    const uint64_t before = peak_resident_bytes();
    const CallResult result = host.call(message);
    EXPECT_EQ(result.status, Status::success);
    EXPECT_EQ(host.deepest, 1024);
    if (COUNTS_RESIDENT) {
        EXPECT_LT(peak_resident_bytes() - before, 288 * MIB);
    }
    EXPECT_LE(pooled_memory(), 64 * MIB + 1025 * 4096);
}

TEST(bounds, of_the_memory_of_one_frame) {
    // 3 w + w^2 / 512 <= 30 million.
    constexpr uint64_t WORDS = 123'100;
    Message message;
    message.gas = BLOCK_GAS;
    MockHost host;
    const uint64_t before = peak_resident_bytes();
    const auto run = [&](uint64_t words) {
        const auto code = make_code(op(OP_MSTORE, (words - 1) * 32, 1u).bytes);
        return execute(host, LATEST_REVISION, message, *code).status;
    };
    EXPECT_EQ(run(WORDS), Status::success);
    EXPECT_EQ(run(WORDS + 200), Status::out_of_gas);
    if (COUNTS_RESIDENT) {
        EXPECT_LT(peak_resident_bytes() - before, 8 * MIB);
    }
    EXPECT_LE(pooled_memory(), 64 * MIB + 1025 * 4096);
}

}  // namespace

}  // namespace scope::evm::test
