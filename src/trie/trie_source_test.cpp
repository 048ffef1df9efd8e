#include <gtest/gtest.h>

#include <set>
#include <thread>

#include "base/uint256.hpp"
#include "rlp/encode.hpp"
#include "trie/test_disk.hpp"
#include "trie/test_model.hpp"

// A trie of which only some nodes are in memory, and a source has the others or lacks them.

namespace scope::trie {
namespace {

using namespace scope::literals;

Hash key_of(uint64_t number) {
    return crypto::keccak256(to_be(uint256{number}));
}

/// A trie in memory; by their hash, all nodes that are not inside their parent; and on a disk.
struct Whole {
    Trie trie;
    NodesByHash nodes;
    TestDisk disk;
    size_t node_count = 0;
};

Whole make_whole(uint64_t count) {
    Whole whole;
    for (uint64_t i = 0; i < count; ++i)
        EXPECT_TRUE(whole.trie.put(key_of(i), to_be(uint256{i + 1})));
    std::set<Bytes> nodes;
    for (uint64_t i = 0; i < count; ++i)
        for (const Bytes& node : whole.trie.prove(key_of(i)).value()) nodes.insert(node);
    for (const Bytes& node : nodes) whole.nodes.add(node);
    whole.node_count = nodes.size();
    whole.disk.commit(Trie{}, whole.trie, 1);
    return whole;
}

void expect_same_for_random_keys(Trie whole, Trie partial) {
    const unsigned seed = std::random_device{}();
    SCOPED_TRACE(seed);
    std::mt19937_64 random{seed};
    for (int i = 0; i < 500; ++i) {
        const Hash key = key_of(random() % 300);
        ASSERT_EQ(partial.get(key), whole.get(key));
        ASSERT_EQ(partial.prove(key), whole.prove(key));
        ASSERT_EQ(partial.prove_erasure(key), whole.prove_erasure(key));
        if (random() % 2 == 0) {
            const Hash next = to_be(uint256{random()});
            ASSERT_TRUE(whole.put(key, next));
            ASSERT_TRUE(partial.put(key, next));
        } else {
            ASSERT_TRUE(whole.erase(key));
            ASSERT_TRUE(partial.erase(key));
        }
        ASSERT_EQ(partial.root_hash(), whole.root_hash()) << i;
    }
}

TEST(trie_source, agrees_with_the_trie_in_memory) {
    const Whole whole = make_whole(200);
    EXPECT_EQ(whole.disk.nodes.size(), whole.node_count);
    const Hash root = whole.trie.root_hash();
    expect_same_for_random_keys(whole.trie, Trie{whole.nodes, {.hash = root}});
    expect_same_for_random_keys(whole.trie, Trie{whole.disk, {root, 1}});
    EXPECT_EQ(whole.trie.version(), (NodeVersion{root, 1}));
}

TEST(trie_source, is_asked_for_the_nodes_of_the_way_only) {
    const Whole whole = make_whole(200);
    const auto proof = whole.trie.prove(key_of(3)).value();
    NodesByHash nodes;
    for (const Bytes& node : proof) nodes.add(node);
    Trie partial{nodes, {.hash = whole.trie.root_hash()}};
    EXPECT_EQ(partial.get(key_of(3)).value(), to_bytes(to_be(uint256{4u})));
    EXPECT_TRUE(partial.put(key_of(3), Bytes{1}));
    EXPECT_EQ(partial.get(key_of(4)).error(), NodeError::missing_node);
    EXPECT_EQ(partial.put(key_of(4), Bytes{1}).error(), NodeError::missing_node);
    EXPECT_EQ(partial.erase(key_of(4)).error(), NodeError::missing_node);
    EXPECT_EQ(partial.load(key_of(4)).error(), NodeError::missing_node);
    EXPECT_EQ(partial.prove(key_of(4)).error(), NodeError::missing_node);
    EXPECT_EQ(partial.prove_erasure(key_of(3)).error(), NodeError::missing_node);
    EXPECT_EQ(partial.for_each([](BytesView, BytesView) {}).error(), NodeError::missing_node);
}

TEST(trie_source, is_asked_once_for_what_is_loaded_and_each_time_for_what_is_read) {
    const Whole whole = make_whole(200);
    const Trie trie{whole.disk, whole.trie.version()};
    const Trie copy = trie;
    const size_t way = whole.trie.prove(key_of(3)).value().size();
    const auto reads_of = [&](auto operation) {
        const size_t before = whole.disk.reads;
        EXPECT_TRUE(operation());
        return whole.disk.reads - before;
    };
    EXPECT_EQ(reads_of([&] { return trie.get(key_of(3)); }), way);
    EXPECT_EQ(reads_of([&] { return trie.get(key_of(3)); }), way);
    EXPECT_EQ(reads_of([&] { return trie.load(key_of(3)); }), way);
    EXPECT_EQ(reads_of([&] { return trie.get(key_of(3)); }), 0u);
    EXPECT_EQ(reads_of([&] { return copy.get(key_of(3)); }), 0u);
    Trie changed = copy;
    EXPECT_EQ(reads_of([&] { return changed.put(key_of(3), Bytes{1}); }), 0u);
}

TEST(trie_source, has_the_sibling_where_a_branch_collapses) {
    for (const bool has_sibling : {false, true}) {
        Trie whole;
        ASSERT_TRUE(whole.put(key_of(1), to_be(uint256{1u})));
        ASSERT_TRUE(whole.put(key_of(2), to_be(uint256{2u})));
        NodesByHash nodes;
        for (const Bytes& node : whole.prove(key_of(1)).value()) nodes.add(node);
        if (has_sibling)
            for (const Bytes& node : whole.prove_erasure(key_of(1)).value()) nodes.add(node);
        const Hash root = whole.root_hash();
        Trie partial{nodes, {.hash = root}};
        const auto erased = partial.erase(key_of(1));
        ASSERT_EQ(erased.has_value(), has_sibling);
        if (!has_sibling) {
            EXPECT_EQ(erased.error(), NodeError::missing_node);
            EXPECT_EQ(partial.root_hash(), root);
        } else {
            ASSERT_TRUE(whole.erase(key_of(1)));
            EXPECT_EQ(partial.root_hash(), whole.root_hash());
        }
    }
}

TEST(trie_source, is_not_needed_for_the_empty_trie) {
    const NodesByHash nodes;
    Trie trie{nodes, {.hash = EMPTY_ROOT}};
    EXPECT_TRUE(trie.empty());
    EXPECT_EQ(trie.get(key_of(1)).value(), std::nullopt);
    EXPECT_TRUE(trie.erase(key_of(1)));
    EXPECT_TRUE(trie.put(key_of(1), Bytes{1}));
    EXPECT_TRUE(trie.erase(key_of(1)));
    EXPECT_EQ(trie.root_hash(), EMPTY_ROOT);
    EXPECT_EQ(trie.version(), (NodeVersion{EMPTY_ROOT, 0}));
}

// --- Sources that fail

using Operation = std::function<Result<void, NodeError>(Trie&)>;

/// Lets each read of an operation fail, and looks whether the trie is as it was.
void expect_no_mark(const std::map<Bytes, Bytes>& entries, TestDisk& disk, const NodeVersion& root,
                    const Operation& operation) {
    for (const auto how : {TestDisk::Failure::missing, TestDisk::Failure::thrown}) {
        Model model{entries, Trie{disk, root}};
        bool succeeded = false;
        for (size_t read = 1; !succeeded; ++read) {
            ASSERT_LT(read, 1000u);
            disk.fail_at(read, how);
            try {
                const auto result = operation(model.trie);
                succeeded = result.has_value();
                if (!succeeded) EXPECT_EQ(result.error(), NodeError::missing_node);
            } catch (const DiskFailure&) {
                EXPECT_EQ(how, TestDisk::Failure::thrown);
            }
            EXPECT_EQ(succeeded, disk.reads < read);
            disk.fail_at(0, TestDisk::Failure::none);
            if (!succeeded) ASSERT_NO_FATAL_FAILURE(expect_same(model));
            if (read % 2 == 0) model.trie = Trie{disk, root};  // without what is loaded
        }
    }
}

TEST(trie_source, leaves_no_mark_where_it_fails) {
    const unsigned seed = std::random_device{}();
    SCOPED_TRACE(seed);
    std::mt19937 random{seed};
    for (int round = 0; round < 3; ++round) {
        Model model;
        for (int i = 0; i < 40; ++i) change(model, random);
        TestDisk disk;
        disk.commit(Trie{}, model.trie, 7);
        const NodeVersion root = model.trie.version();
        for (int i = 0; i < 5; ++i) {
            const Bytes key = random_key(random);
            const Bytes value(1 + random() % 40, 7);
            const auto without_value = [](auto result) -> Result<void, NodeError> {
                TRY(std::move(result));
                return {};
            };
            const auto nothing = [](BytesView, BytesView) {};
            for (const Operation& operation : std::initializer_list<Operation>{
                     [&](Trie& trie) { return trie.put(key, value); },
                     [&](Trie& trie) { return trie.erase(key); },
                     [&](Trie& trie) { return trie.load(key); },
                     [&](Trie& trie) { return without_value(trie.get(key)); },
                     [&](Trie& trie) { return without_value(trie.prove(key)); },
                     [&](Trie& trie) { return without_value(trie.prove_erasure(key)); },
                     [&](Trie& trie) { return trie.for_each(nothing); }})
                ASSERT_NO_FATAL_FAILURE(expect_no_mark(model.entries, disk, root, operation));
        }
    }
}

TEST(trie_source, may_be_read_on_several_threads) {
    const Whole whole = make_whole(500);
    const Hash root = whole.trie.root_hash();
    const Trie shared{whole.nodes, {.hash = root}};
    std::vector<std::jthread> threads;
    for (uint64_t n = 0; n < 4; ++n)
        threads.emplace_back([&shared, copy = shared, root, n]() mutable {
            for (uint64_t i = 0; i < 500; ++i) {
                const Bytes expected = to_bytes(to_be(uint256{i + 1}));
                EXPECT_TRUE(shared.load(key_of(i)));
                EXPECT_EQ(shared.get(key_of(i)).value(), expected);
                if (i % 4 == n) EXPECT_TRUE(copy.erase(key_of(i)));
            }
            for (uint64_t i = n; i < 500; i += 4)
                EXPECT_TRUE(copy.put(key_of(i), to_be(uint256{i + 1})));
            EXPECT_EQ(copy.root_hash(), root);
        });
    threads.clear();
    EXPECT_EQ(shared.root_hash(), root);
}

// --- Nodes that are not what they should be

TEST(trie_source, is_not_believed) {
    Whole whole = make_whole(12);
    const NodeVersion root = whole.trie.version();
    for (auto& [place, bytes] : whole.disk.nodes) {
        for (size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
            const auto flip = [&] { bytes[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8); };
            flip();
            const Trie trie{whole.disk, root};
            EXPECT_FALSE(trie.for_each([](BytesView, BytesView) {}));
            flip();
        }
    }
}

/// Returns the error of a node with a true hash but a wrong form, below nodes that lead to it.
NodeError error_of(const std::vector<Bytes>& nodes) {
    NodesByHash source;
    for (const Bytes& node : nodes) source.add(node);
    Trie trie{source, {.hash = crypto::keccak256(nodes.front())}};
    const Bytes key = "1234"_hex;
    const auto got = trie.get(key);
    EXPECT_FALSE(got) << to_hex(nodes.back());
    const auto put = trie.put(key, Bytes{1});
    EXPECT_FALSE(put) << to_hex(nodes.back());
    EXPECT_FALSE(trie.erase(key)) << to_hex(nodes.back());
    if (got || put || got.error() != put.error()) return NodeError{255};
    return got.error();
}

/// A branch with these children; the others are none.
Bytes branch_of(const std::map<size_t, Bytes>& children, BytesView value = {}) {
    Bytes out;
    for (size_t i = 0; i < 16; ++i)
        if (const auto child = children.find(i); child != children.end())
            append(out, child->second);
        else
            rlp::encode_to(out, BytesView{});
    rlp::encode_to(out, value);
    rlp::close_list(out, 0);
    return out;
}

TEST(trie_source, refuses_malformed_nodes) {
    const Bytes value = "0102"_hex;
    const Bytes long_value(40, 1);
    const std::tuple<> list;
    const Bytes leaf = rlp::encode_list("20"_hex, value);
    const Bytes leaf_34 = rlp::encode_list("2034"_hex, value);
    const Bytes odd_leaf = rlp::encode_list("3123"_hex, value);
    const Bytes hash = rlp::encode(Hash{});
    const Bytes malformed[] = {
        {},
        "8180"_hex,
        "c0"_hex,
        "c28001"_hex,
        "c24001"_hex,
        "c22080"_hex,
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
        rlp::encode_list("00"_hex, rlp::Raw{hash}),               // extension of nothing
        rlp::encode_list("0012"_hex, BytesView{}),                // extension to nothing
        rlp::encode_list("0012"_hex, value),                      // reference of a wrong size
        rlp::encode_list("0012"_hex, std::tuple{Bytes(31, 1)}),   // embedded, but too large
        rlp::encode_list("0012"_hex, rlp::Raw{leaf_34}),          // extension to a leaf
        odd_leaf,                                                 // half a byte at the key's end
        rlp::encode_list(concat("20"_hex, Bytes(33)), value),     // a key too long
        rlp::encode_list(concat("00"_hex, Bytes(33)), rlp::Raw{hash}),
        branch_of({}),                                    // nothing in it
        branch_of({}, value),                             // one thing in it
        branch_of({{1, hash}}),                           //
        branch_of({{1, hash}, {2, "c0"_hex}}),            // a child that is no node
        branch_of({{1, hash}, {2, rlp::encode(value)}}),  // reference of a wrong size
        branch_of({{1, hash}, {2, leaf}}),                // half a byte at the child's key's end
        rlp::encode_list("11"_hex, rlp::Raw{branch_of({{1, leaf}, {2, leaf}}, Bytes{1})}),
    };
    for (const Bytes& node : malformed) EXPECT_EQ(error_of({node}), NodeError::malformed_node);
}

TEST(trie_source, refuses_nodes_that_cannot_stand_where_they_are_named) {
    const Bytes large(40, 1);
    const auto under = [](const Bytes& path, const Bytes& node) {
        return rlp::encode_list(path, crypto::keccak256(node));
    };
    // An extension to a leaf, and to an extension.
    const Bytes leaf = rlp::encode_list("2034"_hex, large);
    EXPECT_EQ(error_of({under("0012"_hex, leaf), leaf}), NodeError::malformed_node);
    const Bytes branch = branch_of(
        {{4, rlp::encode_list("20"_hex, Bytes{1})}, {5, rlp::encode_list("20"_hex, Bytes{1})}},
        Bytes{});
    const Bytes extension = under("13"_hex, branch);
    EXPECT_EQ(error_of({under("0012"_hex, extension), extension, branch}),
              NodeError::malformed_node);
    // A node that would be inside its parent.
    const Bytes small = branch_of(
        {{3, rlp::encode_list("34"_hex, Bytes{1})}, {4, rlp::encode_list("34"_hex, Bytes{1})}});
    ASSERT_LT(small.size(), 32u);
    EXPECT_EQ(error_of({under("0012"_hex, small), small}), NodeError::malformed_node);
    // A branch where keys end.
    const Bytes deep = branch_of({}, large);
    const Bytes path(MAX_KEY_SIZE, 0x12);
    NodesByHash source;
    const Bytes above = under(concat("00"_hex, path), deep);
    source.add(above);
    source.add(deep);
    const Trie trie{source, {.hash = crypto::keccak256(above)}};
    EXPECT_EQ(trie.get(path).error(), NodeError::malformed_node);
}

TEST(trie_source, gives_a_sequence_for_each_child_or_for_none) {
    Trie whole;
    for (uint64_t i = 0; i < 3; ++i) ASSERT_TRUE(whole.put(key_of(i), Bytes(40, 1)));
    struct Wrong final : NodeSource {
        StoredNode given;
        Result<StoredNode, NodeError> node(const NodePath&, const NodeVersion&) const override {
            return given;
        }
    } source;
    source.given.rlp = whole.prove(key_of(0)).value().front();
    for (const std::vector<uint64_t>& sequences : std::initializer_list<std::vector<uint64_t>>{
             {1}, {1, 2}, {1, 2, SEQUENCE_LIMIT}, {1, 2, 3, 4}}) {
        source.given.sequences = {};
        for (const uint64_t sequence : sequences) source.given.sequences.push(sequence);
        const Trie trie{source, {.hash = whole.root_hash()}};
        EXPECT_EQ(trie.load(key_of(0)).error(), NodeError::malformed_node);
    }
}

}  // namespace
}  // namespace scope::trie
