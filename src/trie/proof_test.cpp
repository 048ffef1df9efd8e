#include "trie/proof.hpp"

#include <gtest/gtest.h>

#include <random>

#include "base/hex.hpp"
#include "crypto/keccak.hpp"
#include "rlp/encode.hpp"
#include "trie/trie.hpp"

namespace scope::trie {
namespace {

using namespace scope::literals;
using Value = std::optional<Bytes>;

Bytes random_key(std::mt19937& random) {
    Bytes key(random() % 4);
    for (uint8_t& byte : key) byte = static_cast<uint8_t>((random() % 4) << 4 | random() % 4);
    return key;
}

Trie random_trie(std::mt19937& random, size_t size) {
    Trie trie;
    for (size_t i = 0; i < size; ++i) {
        const Bytes value(1 + random() % 40, static_cast<uint8_t>(random()));
        EXPECT_TRUE(trie.put(random_key(random), value));
    }
    return trie;
}

TEST(trie_proof, proves_presence_and_absence) {
    const unsigned seed = std::random_device{}();
    SCOPED_TRACE(seed);
    std::mt19937 random{seed};
    for (int round = 0; round < 200; ++round) {
        const Trie trie = random_trie(random, random() % 50);
        for (int i = 0; i < 30; ++i) {
            const Bytes key = random_key(random);
            const Value expected = trie.get(key).value();
            const auto proved = verify_proof(trie.root_hash(), key, trie.prove(key).value());
            ASSERT_TRUE(proved) << to_string(proved.error());
            ASSERT_EQ(proved.value(), expected);
        }
    }
}

TEST(trie_proof, refuses_every_change) {
    const unsigned seed = std::random_device{}();
    SCOPED_TRACE(seed);
    std::mt19937 random{seed};
    const Trie trie = random_trie(random, 60);
    const Hash root = trie.root_hash();
    for (int i = 0; i < 100; ++i) {
        const Bytes key = random_key(random);
        const std::vector<Bytes> proof = trie.prove(key).value();
        for (size_t n = 0; n < proof.size(); ++n) {
            auto changed = proof;
            changed[n][random() % changed[n].size()] ^= static_cast<uint8_t>(1 + random() % 255);
            EXPECT_EQ(verify_proof(root, key, changed).error(), ProofError::hash_mismatch);
        }
        auto longer = proof;
        longer.push_back(proof.front());
        EXPECT_EQ(verify_proof(root, key, longer).error(), ProofError::unused_node);
        auto shorter = proof;
        shorter.pop_back();
        EXPECT_EQ(verify_proof(root, key, shorter).error(), ProofError::missing_node);
    }
    const std::vector<Bytes> none;
    EXPECT_EQ(verify_proof(EMPTY_ROOT, Bytes{1}, none).value(), Value{});
    EXPECT_EQ(verify_proof(EMPTY_ROOT, Bytes{1}, std::vector<Bytes>{{0x80}}).error(),
              ProofError::unused_node);
}

/// Returns the error of a node with a true hash but a wrong form.
ProofError error_of(const Bytes& node) {
    const auto result = verify_proof(crypto::keccak256(node), "1234"_hex, std::vector<Bytes>{node});
    EXPECT_FALSE(result) << to_hex(node);
    return result ? ProofError{255} : result.error();
}

TEST(trie_proof, refuses_malformed_nodes) {
    const Bytes value = "0102"_hex;
    const std::tuple<> list;
    const Bytes malformed[] = {
        {},
        rlp::encode(value),                                       // no list
        rlp::encode_list(),                                       // neither 2 nor 17 items
        rlp::encode_list(value, value, value),                    //
        rlp::encode(std::vector<Bytes>(18)),                      //
        concat(rlp::encode_list("201234"_hex, value), "80"_hex),  // bytes behind
        rlp::encode_list(BytesView{}, value),                     // no path
        rlp::encode_list("401234"_hex, value),                    // unknown flag
        rlp::encode_list("211234"_hex, value),                    // filled padding
        rlp::encode_list(list, value),                            // path is a list
        rlp::encode_list("201234"_hex, list),                     // leaf's value is a list
        rlp::encode_list("201234"_hex, BytesView{}),              // leaf without a value
        rlp::encode_list("00"_hex, value),                        // extension of nothing
        rlp::encode_list("0012"_hex, BytesView{}),                // extension to nothing
        rlp::encode_list("0012"_hex, value),                      // reference of a wrong size
        rlp::encode_list("0012"_hex, std::tuple{Bytes(31, 1)}),   // embedded, but too large
    };
    for (const Bytes& node : malformed) EXPECT_EQ(error_of(node), ProofError::malformed_node);
}

}  // namespace
}  // namespace scope::trie
