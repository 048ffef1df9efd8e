#include "trie/trie.hpp"

#include <gtest/gtest.h>

#include <thread>

#include "crypto/keccak.hpp"
#include "trie/node_encoding.hpp"
#include "trie/test_model.hpp"

namespace scope::trie {
namespace {

using namespace scope::literals;

Trie trie_of(std::initializer_list<std::pair<std::string_view, std::string_view>> entries) {
    Trie trie;
    for (const auto& [key, value] : entries) EXPECT_TRUE(trie.put(as_bytes(key), as_bytes(value)));
    return trie;
}

TEST(trie, empty) {
    Trie trie;
    EXPECT_TRUE(trie.empty());
    EXPECT_EQ(trie.root_hash(), EMPTY_ROOT);
    EXPECT_EQ(EMPTY_ROOT, crypto::keccak256("80"_hex));
    EXPECT_EQ(trie.get(as_bytes("a")).value(), std::nullopt);
    EXPECT_TRUE(trie.erase(as_bytes("a")));
    EXPECT_TRUE(trie.put(as_bytes("a"), {}));
    EXPECT_TRUE(trie.empty());
}

TEST(trie, common_nibbles_are_those_up_to_the_first_that_differs) {
    const Bytes key = "123456"_hex;
    for (size_t begin = 0; begin <= 6; ++begin)
        for (size_t end = begin; end <= 6; ++end)
            for (size_t changed = 0; changed <= 6; ++changed) {  // the last: none is
                Bytes other = key;
                if (changed < 6) other[changed / 2] ^= changed % 2 == 0 ? 0x10 : 0x01;
                const size_t expected =
                    changed >= begin && changed < end ? changed - begin : end - begin;
                EXPECT_EQ(common_nibbles(key.data(), other.data(), begin, end), expected);
            }
}

// The example of the Ethereum wiki's page on the trie; also in ethereum/tests (TrieTests).
TEST(trie, known_roots) {
    EXPECT_EQ(trie_of({{"do", "verb"}, {"dog", "puppy"}, {"doge", "coin"}, {"horse", "stallion"}})
                  .root_hash(),
              "0x5991bb8c6514148a29db676a14ac506cd2cd5775ace63c30a4fe457715e9ac84"_hash);
    EXPECT_EQ(trie_of({{"A", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}}).root_hash(),
              "0xd23786fb4a010da3ce639d66d5e904a11dbc02746d1ce25029e53290cabf28ab"_hash);
}

TEST(trie, values_on_the_way_to_other_keys) {
    Trie trie = trie_of({{"do", "verb"}, {"dog", "puppy"}, {"", "root"}});
    EXPECT_TRUE(equal(*trie.get(as_bytes("do")).value(), as_bytes("verb")));
    EXPECT_TRUE(equal(*trie.get({}).value(), as_bytes("root")));
    EXPECT_EQ(trie.get(as_bytes("d")).value(), std::nullopt);
    EXPECT_EQ(trie.get(as_bytes("doge")).value(), std::nullopt);
    EXPECT_TRUE(trie.erase(as_bytes("dog")));
    EXPECT_EQ(trie.root_hash(), trie_of({{"", "root"}, {"do", "verb"}}).root_hash());
    EXPECT_TRUE(trie.erase({}));
    EXPECT_EQ(trie.root_hash(), trie_of({{"do", "verb"}}).root_hash());
    EXPECT_TRUE(trie.erase(as_bytes("do")));
    EXPECT_TRUE(trie.empty());
}

TEST(trie, agrees_with_a_naive_trie) {
    const unsigned seed = std::random_device{}();
    SCOPED_TRACE(seed);
    std::mt19937 random{seed};
    for (int round = 0; round < 40; ++round) {
        Model model;
        for (int i = 0; i < 100; ++i) {
            change(model, random);
            ASSERT_NO_FATAL_FAILURE(expect_same(model));
        }
    }
}

TEST(trie, a_copy_is_a_snapshot) {
    const unsigned seed = std::random_device{}();
    SCOPED_TRACE(seed);
    std::mt19937 random{seed};
    std::vector<Model> models(1);
    for (int i = 0; i < 400; ++i) {
        Model& model = models[random() % models.size()];
        for (int changes = 0; changes < 5; ++changes) change(model, random);
        if (random() % 2 == 0) (void)model.trie.root_hash();
        if (models.size() < 12) {
            const Model copy = model;
            models.push_back(copy);
        } else if (random() % 8 == 0) {
            models[random() % models.size()] = model;
        }
    }
    for (const Model& model : models) ASSERT_NO_FATAL_FAILURE(expect_same(model));
}

TEST(trie, copies_on_several_threads) {
    std::mt19937 random{7};
    Model model;
    for (int i = 0; i < 300; ++i) change(model, random);
    const Hash expected = naive_root(model.entries);
    std::vector<std::jthread> threads;
    for (unsigned n = 0; n < 4; ++n)
        threads.emplace_back([copy = model, expected, n]() mutable {
            EXPECT_EQ(copy.trie.root_hash(), expected);
            std::mt19937 own_random{n};
            for (int i = 0; i < 200; ++i) change(copy, own_random);
            expect_same(copy);
        });
    threads.clear();
    expect_same(model);
}

}  // namespace
}  // namespace scope::trie
