#include "witness/partial_trie.hpp"

#include <gtest/gtest.h>

#include <random>
#include <set>

#include "base/uint256.hpp"
#include "crypto/keccak.hpp"
#include "trie/trie.hpp"

namespace scope::witness {
namespace {

Hash key_of(uint64_t number) {
    return crypto::keccak256(to_be(uint256{number}));
}

struct Whole {
    trie::Trie trie;
    std::vector<Bytes> nodes;  // all that are not inside their parent
};

Whole make_whole(uint64_t count) {
    Whole whole;
    for (uint64_t i = 0; i < count; ++i) whole.trie.put(key_of(i), to_be(uint256{i + 1}));
    std::set<Bytes> nodes;
    for (uint64_t i = 0; i < count; ++i)
        for (const Bytes& node : whole.trie.prove(key_of(i))) nodes.insert(node);
    whole.nodes.assign(nodes.begin(), nodes.end());
    return whole;
}

TEST(partial_trie, agrees_with_the_whole_one) {
    Whole whole = make_whole(200);
    NodeSet nodes{whole.nodes};
    PartialTrie partial{nodes, whole.trie.root_hash()};
    std::mt19937_64 random{7};
    for (int i = 0; i < 500; ++i) {
        const Hash key = key_of(random() % 300);
        const auto value = partial.get(key);
        ASSERT_TRUE(value);
        const auto expected = whole.trie.get(key);
        ASSERT_EQ(value->has_value(), expected.has_value());
        if (expected) ASSERT_TRUE(equal(**value, *expected));
        if (random() % 2 == 0) {
            const Hash next = to_be(uint256{random()});
            whole.trie.put(key, next);
            ASSERT_TRUE(partial.put(key, next));
        } else {
            whole.trie.erase(key);
            ASSERT_TRUE(partial.erase(key));
        }
        ASSERT_EQ(partial.root_hash(), whole.trie.root_hash()) << i;
    }
}

TEST(partial_trie, needs_the_nodes_of_the_way_only) {
    const Whole whole = make_whole(200);
    const auto proof = whole.trie.prove(key_of(3));
    NodeSet nodes{proof};
    PartialTrie partial{nodes, whole.trie.root_hash()};
    EXPECT_TRUE(partial.get(key_of(3)));
    EXPECT_EQ(nodes.unused_count(), 0u);
    EXPECT_EQ(partial.get(key_of(4)).error(), TrieError::missing_node);
    EXPECT_EQ(partial.put(key_of(4), Bytes{1}).error(), TrieError::missing_node);
}

TEST(partial_trie, needs_the_sibling_where_a_branch_collapses) {
    trie::Trie whole;
    whole.put(key_of(1), to_be(uint256{1u}));
    whole.put(key_of(2), to_be(uint256{2u}));
    const auto proof = whole.prove(key_of(1));
    NodeSet nodes{proof};
    PartialTrie partial{nodes, whole.root_hash()};
    EXPECT_EQ(partial.erase(key_of(1)).error(), TrieError::missing_node);
}

TEST(partial_trie, refuses_what_is_no_node) {
    for (const Bytes& bad : {Bytes{}, Bytes{0x81, 0x80}, Bytes{0xc0}, Bytes{0xc2, 0x80, 0x01},
                             Bytes{0xc2, 0x40, 0x01}, Bytes{0xc2, 0x20, 0x80}}) {
        const std::vector<Bytes> given{bad};
        NodeSet nodes{given};
        PartialTrie partial{nodes, crypto::keccak256(bad)};
        EXPECT_EQ(partial.get(key_of(1)).error(), TrieError::malformed_node);
    }
}

TEST(partial_trie, is_empty_without_nodes) {
    NodeSet nodes{{}};
    PartialTrie partial{nodes, trie::EMPTY_ROOT};
    EXPECT_FALSE(partial.get(key_of(1))->has_value());
    EXPECT_TRUE(partial.erase(key_of(1)));
    EXPECT_TRUE(partial.put(key_of(1), Bytes{1}));
    EXPECT_TRUE(partial.erase(key_of(1)));
    EXPECT_EQ(partial.root_hash(), trie::EMPTY_ROOT);
}

}  // namespace
}  // namespace scope::witness
