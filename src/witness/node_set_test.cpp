#include "witness/node_set.hpp"

#include <gtest/gtest.h>

#include "crypto/keccak.hpp"
#include "trie/trie.hpp"

namespace scope::witness {
namespace {

Hash key_of(uint8_t number) {
    return crypto::keccak256(Bytes{number});
}

TEST(node_set, counts_what_nobody_asked_for) {
    trie::Trie whole;
    for (uint8_t i = 0; i < 100; ++i) ASSERT_TRUE(whole.put(key_of(i), Bytes{i, 1}));
    std::vector<Bytes> nodes = whole.prove(key_of(3)).value();
    nodes.push_back(nodes.front());  // a node twice is one
    const NodeSet all{nodes};
    EXPECT_EQ(all.unused_count(), nodes.size() - 1);
    const trie::Trie known{all, {.hash = whole.root_hash()}};
    for (int again = 0; again < 2; ++again) {
        EXPECT_EQ(known.get(key_of(3)).value(), (Bytes{3, 1}));
        EXPECT_EQ(all.unused_count(), 0u);
    }
    EXPECT_EQ(known.get(key_of(4)).error(), trie::NodeError::missing_node);

    nodes.push_back(Bytes{1});
    const NodeSet more{nodes};
    EXPECT_TRUE((trie::Trie{more, {.hash = whole.root_hash()}}.load(key_of(3))));
    EXPECT_EQ(more.unused_count(), 1u);
}

TEST(node_set, has_no_node_under_another_hash) {
    const std::vector<Bytes> nodes{Bytes{0xc0}};
    const NodeSet set{nodes};
    EXPECT_EQ(set.node({}, {.hash = crypto::keccak256(nodes[0])})->rlp, nodes[0]);
    EXPECT_EQ(set.node({}, {.hash = Hash{}}).error(), trie::NodeError::missing_node);
}

}  // namespace
}  // namespace scope::witness
