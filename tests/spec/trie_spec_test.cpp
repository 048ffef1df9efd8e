#include <gtest/gtest.h>

#include <random>

#include "base/hex.hpp"
#include "crypto/keccak.hpp"
#include "spec/fixtures.hpp"
#include "trie/proof.hpp"
#include "trie/trie.hpp"

namespace scope::spec {
namespace {

namespace dom = simdjson::dom;

struct Change {
    Bytes key;
    Bytes value;
};

Bytes text_or_hex(dom::element value) {
    if (value.is_null()) return {};
    const std::string_view text = value.get_string().value();
    return text.starts_with("0x") ? bytes_of(value) : to_bytes(as_bytes(text));
}

/// An array of pairs, in order, or an object, in any order.
std::vector<Change> changes_of(dom::element in, bool secure) {
    std::vector<Change> changes;
    if (in.is_array())
        for (const dom::element pair : in.get_array())
            changes.push_back({text_or_hex(pair.at(0)), text_or_hex(pair.at(1))});
    else
        for (const auto [key, value] : in.get_object())
            changes.push_back({key.starts_with("0x") ? *from_hex(key) : to_bytes(as_bytes(key)),
                               text_or_hex(value)});
    if (secure)
        for (Change& change : changes) change.key = to_bytes(crypto::keccak256(change.key));
    return changes;
}

void expect_root(const std::vector<Change>& changes, const Hash& root) {
    trie::Trie trie;
    for (const Change& change : changes) trie.put(change.key, change.value);
    EXPECT_EQ(to_hex(trie.root_hash()), to_hex(root));
    for (const Change& change : changes) {
        const auto value = trie.get(change.key);
        const auto proved = trie::verify_proof(root, change.key, trie.prove(change.key));
        ASSERT_TRUE(proved) << to_string(proved.error());
        ASSERT_EQ(proved->has_value(), value.has_value());
        if (value) EXPECT_EQ(to_hex(**proved), to_hex(*value));
    }
}

TEST(spec_trie, roots) {
    const auto folder = FIXTURE_FOLDER_OR_SKIP("ethereum-tests-basic", "TrieTests");
    std::mt19937 random{1};
    size_t count = 0;
    for_each_json(folder, [&](const std::filesystem::path& path, dom::element document) {
        const std::string file = path.stem().string();
        if (file == "trietestnextprev") return;  // neighbours of keys: no operation of ours
        const bool secure = file.find("ecure") != std::string::npos;
        for (const auto [name, test] : document.get_object()) {
            SCOPED_TRACE(file + " " + std::string{name});
            const dom::element in = test["in"];
            std::vector<Change> changes = changes_of(in, secure);
            const Hash root = Hash::from(bytes_of(test["root"]));
            for (int order = 0; order < (in.is_array() ? 1 : 20); ++order) {
                ASSERT_NO_FATAL_FAILURE(expect_root(changes, root));
                std::ranges::shuffle(changes, random);
            }
            ++count;
        }
    });
    EXPECT_GT(count, 20u);
}

}  // namespace
}  // namespace scope::spec
