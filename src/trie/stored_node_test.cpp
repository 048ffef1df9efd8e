#include "trie/stored_node.hpp"

#include <gtest/gtest.h>

#include <random>

#include "base/hex.hpp"

namespace scope::trie {
namespace {

using namespace scope::literals;

StoredNode node_of(Bytes rlp, std::initializer_list<uint64_t> sequences) {
    StoredNode node{std::move(rlp), {}};
    for (const uint64_t sequence : sequences) node.sequences.push(sequence);
    return node;
}

TEST(stored_node, has_ages_behind_its_rlp) {
    EXPECT_EQ(encode_stored(node_of("c22001"_hex, {}), 5), "c22001"_hex);
    EXPECT_EQ(encode_stored(node_of("c22001"_hex, {5, 4, 0}), 5), "c22001000105"_hex);
    EXPECT_EQ(encode_stored(node_of("c0"_hex, {1000, 873, 872, 0}), 1000), "c0007f8001e807"_hex);
    EXPECT_EQ(encode_stored(node_of("c0"_hex, {0}), SEQUENCE_LIMIT - 1), "c0feffffffffff3f"_hex);
}

TEST(stored_node, comes_back_as_it_was) {
    const unsigned seed = std::random_device{}();
    SCOPED_TRACE(seed);
    std::mt19937_64 random{seed};
    for (int round = 0; round < 1000; ++round) {
        const uint64_t sequence = (random() >> random() % 48) % SEQUENCE_LIMIT;
        StoredNode node{"c22001"_hex, {}};
        for (size_t i = random() % 17; i > 0; --i) node.sequences.push(random() % (sequence + 1));
        const auto read = decode_stored(encode_stored(node, sequence), sequence);
        ASSERT_TRUE(read);
        EXPECT_EQ(read->rlp, node.rlp);
        EXPECT_TRUE(std::ranges::equal(read->sequences.view(), node.sequences.view()));
    }
}

TEST(stored_node, refuses_what_is_none) {
    const Bytes malformed[] = {
        {},
        "82"_hex,                        // no item
        "c2"_hex,                        // a list that ends before it does
        "83010203"_hex,                  // no list
        "c00b"_hex,                      // older than all
        "c080"_hex,                      // a number that does not end
        "c08000"_hex,                    // a byte more than it needs
        "c08100"_hex,                    //
        "c0ffffffffffffffffff7f"_hex,    // too large
        "c0ffffffffffffffffffff01"_hex,  //
        concat("c0"_hex, Bytes(17)),     // more children than any node has
    };
    for (const Bytes& bytes : malformed)
        EXPECT_EQ(decode_stored(bytes, 10).error(), NodeError::malformed_node) << to_hex(bytes);
}

}  // namespace
}  // namespace scope::trie
