#include "trie/root.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "rlp/encode.hpp"
#include "trie/naive_trie.hpp"

namespace scope::trie {
namespace {

TEST(trie_root, ordered_root_is_that_of_the_trie_of_indices) {
    std::mt19937 random{1};
    std::vector<Bytes> values;
    std::map<Bytes, Bytes> entries;
    for (const size_t count :
         {0u, 1u, 2u, 3u, 16u, 17u, 127u, 128u, 129u, 130u, 255u, 256u, 257u, 300u}) {
        while (values.size() < count) {
            const Bytes key = rlp::encode(values.size());
            entries[key] = values.emplace_back(1 + random() % 150, static_cast<uint8_t>(random()));
        }
        EXPECT_EQ(ordered_root(values), naive_root(entries)) << count;
    }
}

TEST(trie_root, root_of_sorted_is_that_of_the_trie) {
    const unsigned seed = std::random_device{}();
    SCOPED_TRACE(seed);
    std::mt19937 random{seed};
    for (int round = 0; round < 200; ++round) {
        std::map<Bytes, Bytes> entries;
        Trie trie;
        for (unsigned i = random() % 40; i > 0; --i) {
            Bytes key(random() % 5);
            for (uint8_t& byte : key)
                byte = static_cast<uint8_t>((random() % 3) << 4 | random() % 3);
            const Bytes value(1 + random() % 40, static_cast<uint8_t>(random()));
            entries[key] = value;
            ASSERT_TRUE(trie.put(key, value));
        }
        std::vector<Entry> sorted;
        for (const auto& [key, value] : entries) sorted.push_back({key, value});
        ASSERT_EQ(root_of_sorted(sorted), naive_root(entries));
        ASSERT_EQ(root_of_sorted(sorted), trie.root_hash());
    }
}

}  // namespace
}  // namespace scope::trie
