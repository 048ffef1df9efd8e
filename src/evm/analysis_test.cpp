#include "evm/analysis.hpp"

#include <gtest/gtest.h>

#include "crypto/keccak.hpp"
#include "evm/opcodes.hpp"

namespace scope::evm {

namespace {

using namespace scope::literals;

TEST(analysis, finds_jump_destinations_outside_of_push_data) {
    Bytes code(200, OP_JUMPDEST);
    code[10] = OP_PUSH1 + 4;  // data at 11..15
    code[100] = OP_PUSH32;    // data at 101..132
    code[199] = OP_PUSH32;    // data behind the end
    const Analysis a{code};
    for (uint64_t i = 0; i < 300; ++i) {
        const bool data = (i >= 10 && i <= 15) || (i >= 100 && i <= 132) || i >= 199;
        EXPECT_EQ(a.is_jump_destination(i), !data) << i;
    }
    EXPECT_FALSE(a.is_jump_destination(~uint64_t{0}));
    EXPECT_FALSE(Analysis{{}}.is_jump_destination(0));
}

TEST(analysis, pads_code) {
    const Bytes code = {OP_PUSH32};
    const Analysis a{code};
    EXPECT_EQ(a.code_size(), 1u);
    EXPECT_EQ(a.code()[0], OP_PUSH32);
    for (size_t i = 1; i < 1 + CODE_PADDING; ++i) EXPECT_EQ(a.code()[i], 0);
}

TEST(code_cache, loads_once) {
    const Bytes bytes = "6001600255"_hex;
    const Hash hash = crypto::keccak256(bytes);
    int loads = 0;
    const auto load = [&] {
        ++loads;
        return bytes;
    };
    const CodePtr first = cached_code(hash, load);
    EXPECT_EQ(first->bytes, bytes);
    EXPECT_EQ(first->hash, hash);
    EXPECT_EQ(cached_code(hash, load), first);
    EXPECT_EQ(loads, 1);
    EXPECT_TRUE(cached_code(crypto::EMPTY_KECCAK, load)->bytes.empty());
    EXPECT_EQ(loads, 1);
}

TEST(code_cache, is_bounded) {
    // 100 codes of 1 MiB do not fit 64 MiB; the first goes, the last stays.
    const auto code = [](uint32_t i) {
        Bytes bytes(1 << 20);
        bytes[0] = static_cast<uint8_t>(i);
        return bytes;
    };
    const Hash first = crypto::keccak256(code(0));
    const Hash last = crypto::keccak256(code(99));
    for (uint32_t i = 0; i < 100; ++i)
        cached_code(crypto::keccak256(code(i)), [&] { return code(i); });
    bool loaded = false;
    cached_code(last, [&] { return loaded = true, code(99); });
    EXPECT_FALSE(loaded);
    cached_code(first, [&] { return loaded = true, code(0); });
    EXPECT_TRUE(loaded);
}

}  // namespace

}  // namespace scope::evm
