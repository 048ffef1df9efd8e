#include <gtest/gtest.h>

#include "base/hex.hpp"
#include "crypto/keccak.hpp"
#include "rlp/encode.hpp"
#include "types/block.hpp"

namespace scope {
namespace {

using namespace literals;

TEST(receipt, encodes_by_type) {
    Receipt receipt;
    receipt.success = true;
    receipt.cumulative_gas_used = 21'000;
    const Bytes bloom = concat("b90100"_hex, Bytes(256));
    const Bytes legacy = concat("f9010801825208"_hex, bloom, "c0"_hex);
    EXPECT_EQ(to_hex(encode(receipt)), to_hex(legacy));
    receipt.type = TxType::dynamic_fee;
    EXPECT_EQ(encode(receipt), concat("02"_hex, legacy));
    receipt.type = TxType::system;
    receipt.success = false;
    receipt.logs = {{Address{{1}}, {Hash{{2}}}, "0304"_hex}};
    const Bytes log = concat("f83a94"_hex, Address{{1}}, "e1a0"_hex, Hash{{2}}, "820304"_hex);
    EXPECT_EQ(to_hex(encode(receipt)),
              to_hex(concat("7df9014580825208"_hex, bloom, "f83c"_hex, log)));
}

TEST(receipt, state_root_before_byzantium) {
    Receipt receipt;
    receipt.state_root = Hash{{7}};
    EXPECT_EQ(encode(receipt), rlp::encode_list(Hash{{7}}, 0u, Bloom{}, std::tuple<>{}));
}

TEST(receipt, empty_roots) {
    EXPECT_EQ(transactions_root({}), EMPTY_TRIE_ROOT);
    EXPECT_EQ(receipts_root({}), EMPTY_TRIE_ROOT);
    EXPECT_EQ(withdrawals_root({}), EMPTY_TRIE_ROOT);
    EXPECT_EQ(logs_hash({}), EMPTY_OMMERS_HASH);
}

// Each entry sets the bits that the first three pairs of bytes of its hash name, from the end.
TEST(receipt, bloom) {
    EXPECT_TRUE(bloom_of({}).is_zero());
    const Log log{Address{{1}}, {Hash{{2}}, Hash{{3}}}, "ff"_hex};
    Bloom expected;
    for (const Hash& entry : {crypto::keccak256(log.address), crypto::keccak256(log.topics[0]),
                              crypto::keccak256(log.topics[1])})
        for (const size_t pair : {0u, 2u, 4u}) {
            const unsigned bit = (entry[pair] * 256u + entry[pair + 1]) & 0x7ff;
            expected[255 - bit / 8] |= static_cast<uint8_t>(1 << bit % 8);
        }
    EXPECT_EQ(bloom_of({log}), expected);
}

}  // namespace
}  // namespace scope
