#include "evm/jump_destinations.hpp"

#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "base/bytes.hpp"
#include "evm/opcodes.hpp"

namespace scope::evm {

namespace {

/// The bitmap as the Yellow Paper defines it: from instruction to instruction.
std::vector<uint64_t> one_by_one(BytesView code) {
    std::vector<uint64_t> bitmap((code.size() + 63) / 64);
    for (size_t i = 0; i < code.size(); ++i) {
        if (code[i] == OP_JUMPDEST) bitmap[i / 64] |= uint64_t{1} << i % 64;
        i += INSTRUCTIONS[code[i]].immediate;
    }
    return bitmap;
}

std::vector<uint64_t> found(Bytes code) {
    const size_t size = code.size();
    const size_t blocks = (size + JUMP_DESTINATIONS_BLOCK - 1) / JUMP_DESTINATIONS_BLOCK;
    code.resize(blocks * JUMP_DESTINATIONS_BLOCK);
    std::vector<uint64_t> bitmap(blocks, ~uint64_t{0});
    find_jump_destinations(code.data(), size, bitmap.data());
    return bitmap;
}

TEST(jump_destinations, are_those_of_one_instruction_after_the_other) {
    // Bytes of several distributions: all the same, JUMPDEST and PUSH, JUMPDEST and what looks like
    // a PUSH at its border, PUSH1 alone, and one long PUSH in a while.
    std::mt19937 random{20};
    for (int run = 0; run < 20'000; ++run) {
        Bytes code(random() % 500);
        const auto kind = random() % 5;
        for (uint8_t& byte : code) {
            const auto r = static_cast<uint32_t>(random());
            const auto any = static_cast<uint8_t>(r >> 24);
            const auto push = static_cast<uint8_t>(OP_PUSH1 + any % 32);
            switch (kind) {
                case 0:
                    byte = any;
                    break;
                case 1:
                    byte = r % 2 == 0 ? uint8_t{OP_JUMPDEST} : push;
                    break;
                case 2:
                    byte = static_cast<uint8_t>(OP_JUMPDEST + any % 40);
                    break;
                case 3:
                    byte = r % 64 == 0 ? OP_JUMPDEST : OP_PUSH1;
                    break;
                default:
                    byte = r % 30 == 0 ? push : OP_JUMPDEST;
                    break;
            }
        }
        ASSERT_EQ(found(code), one_by_one(code)) << "run " << run << ", kind " << kind;
    }
}

TEST(jump_destinations, every_push_hides_its_data_wherever_it_stands) {
    for (uint8_t push = OP_PUSH1; push <= OP_PUSH32; ++push)
        for (size_t at = 0; at < 200; ++at) {
            Bytes code(200, OP_JUMPDEST);
            code[at] = push;
            ASSERT_EQ(found(code), one_by_one(code)) << int{push} << " at " << at;
        }
}

}  // namespace

}  // namespace scope::evm
