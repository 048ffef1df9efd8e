#pragma once

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "base/hex.hpp"
#include "trie/naive_trie.hpp"
#include "trie/trie.hpp"

/// A trie beside a map of what it must hold, for tests.
namespace scope::trie {

struct Model {
    std::map<Bytes, Bytes> entries;
    Trie trie;
};

/// Short keys over few nibbles, so that every shape of node comes and goes.
inline Bytes random_key(std::mt19937& random) {
    Bytes key(random() % 4);
    for (uint8_t& byte : key) byte = static_cast<uint8_t>((random() % 3) << 4 | random() % 3);
    if (random() % 4 == 0) key.resize(MAX_KEY_SIZE, 0x11);
    return key;
}

inline void change(Model& model, std::mt19937& random) {
    const Bytes key = random_key(random);
    if (random() % 3 == 0) {
        model.entries.erase(key);
        EXPECT_TRUE(model.trie.erase(key));
        return;
    }
    const Bytes value(1 + random() % 40, static_cast<uint8_t>(random()));
    model.entries[key] = value;
    EXPECT_TRUE(model.trie.put(key, value));
}

inline void expect_same(const Model& model) {
    ASSERT_EQ(to_hex(model.trie.root_hash()), to_hex(naive_root(model.entries)));
    auto expected = model.entries.begin();
    ASSERT_TRUE(model.trie.for_each([&](BytesView key, BytesView value) {
        ASSERT_NE(expected, model.entries.end());
        EXPECT_EQ(to_hex(key), to_hex(expected->first));
        EXPECT_EQ(to_hex(value), to_hex(expected->second));
        ++expected;
    }));
    EXPECT_EQ(expected, model.entries.end());
    for (const auto& [key, value] : model.entries) ASSERT_EQ(model.trie.get(key).value(), value);
}

}  // namespace scope::trie
