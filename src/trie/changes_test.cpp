#include "trie/changes.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "trie/test_disk.hpp"
#include "trie/test_model.hpp"

namespace scope::trie {
namespace {

using namespace scope::literals;

/// Returns the places of all nodes that a trie has on a disk.
std::vector<TestDisk::Key> places_of(const Trie& trie) {
    struct Places final : NodeSink {
        std::vector<TestDisk::Key> keys;
        void write(const NodePath&, const NodeVersion&, const StoredNode&) override {}
        void replace(const NodePath& path, const NodeVersion& version) override {
            keys.emplace_back(path, version.sequence);
        }
    } places;
    EXPECT_TRUE(visit_changes(trie, Trie{}, SEQUENCE_LIMIT - 1, places));
    std::ranges::sort(places.keys);
    return places.keys;
}

std::vector<TestDisk::Key> all_of(const TestDisk& disk) {
    std::vector<TestDisk::Key> keys;
    for (const auto& [key, bytes] : disk.nodes) keys.push_back(key);
    return keys;
}

/// Lets go of the oldest, until the rest takes at most @p size bytes or is as old as @p now.
void let_go_to_size(Trie& trie, uint64_t now, size_t size) {
    SizesByAge sizes{now};
    sizes.add(trie);
    EXPECT_EQ(sizes.sum(), size_in_memory(trie));
    const auto cut = sizes.cut(size);
    let_go(trie, cut.sequence);
    EXPECT_LE(size_in_memory(trie), cut.size);
}

/// A block's trie, and what is needed to open it.
struct BlockModel {
    Model model;
    NodeVersion root;
    uint64_t sequence = 0;
};

/// Opens it anew, or lets go of some of it, or does neither.
void forget_some(Model& model, const TestDisk& disk, const NodeVersion& root,
                 std::mt19937& random) {
    switch (random() % 4) {
        case 0:
            model.trie = Trie{disk, root};
            break;
        case 1:
            let_go(model.trie, random() % (root.sequence + 2));
            break;
        case 2:
            let_go_to_size(model.trie, root.sequence, random() % 20'000);
            break;
        default:
            break;
    }
}

BlockModel make_block(const BlockModel& parent, TestDisk& disk, uint64_t sequence,
                      std::mt19937& random) {
    BlockModel block{parent.model, {}, sequence};
    for (size_t i = random() % 12; i > 0; --i) change(block.model, random);
    disk.commit(parent.model.trie, block.model.trie, sequence);
    block.root = block.model.trie.version();
    return block;
}

// With every block: the disk holds exactly what the kept tries have, and each can be read from it.
TEST(trie_changes, keep_a_disk_of_the_last_blocks) {
    constexpr size_t DEPTH = 3;
    const unsigned seed = std::random_device{}();
    SCOPED_TRACE(seed);
    std::mt19937 random{seed};
    TestDisk disk;
    std::vector<BlockModel> blocks{
        {Model{{}, Trie{disk, {.hash = EMPTY_ROOT}}}, {EMPTY_ROOT, 0}, 0}};
    uint64_t sequence = 0;
    for (int round = 0; round < 80; ++round) {
        BlockModel& parent = blocks.back();
        forget_some(parent.model, disk, parent.root, random);
        ASSERT_NO_FATAL_FAILURE(expect_same(parent.model));
        BlockModel block = make_block(parent, disk, ++sequence, random);
        if (random() % 4 == 0) {  // another block of that height takes its place
            const BlockModel other = make_block(parent, disk, ++sequence, random);
            const uint64_t lost = random() % 2 == 0 ? sequence : sequence - 1;
            if (lost != sequence) block = other;
            disk.abandon(lost);
        }
        blocks.push_back(block);
        if (blocks.size() > DEPTH) {
            disk.prune(blocks[blocks.size() - DEPTH].sequence);
            blocks.erase(blocks.begin());
        }
        for (const BlockModel& kept : blocks)
            ASSERT_NO_FATAL_FAILURE(expect_same({kept.model.entries, Trie{disk, kept.root}}));
    }
}

TEST(trie_changes, leave_nothing_behind) {
    const unsigned seed = std::random_device{}();
    SCOPED_TRACE(seed);
    std::mt19937 random{seed};
    TestDisk disk;
    BlockModel last{Model{{}, Trie{disk, {.hash = EMPTY_ROOT}}}, {EMPTY_ROOT, 0}, 0};
    for (uint64_t sequence = 1; sequence <= 100; ++sequence) {
        const BlockModel next = make_block(last, disk, sequence, random);
        disk.prune(sequence);
        last = next;
        ASSERT_EQ(places_of(last.model.trie), all_of(disk));
        if (random() % 2 == 0) last.model.trie = Trie{disk, last.root};
    }
}

// Two subtrees alike: one stays, and what the other had is replaced all the same.
TEST(trie_changes, tell_places_apart_that_have_the_same_nodes) {
    TestDisk disk;
    Trie before{disk, {.hash = EMPTY_ROOT}};
    const Bytes value(40, 1);
    for (const Bytes& key : {"13"_hex, "14"_hex, "23"_hex, "24"_hex})
        ASSERT_TRUE(before.put(key, value));
    disk.commit(Trie{}, before, 1);
    Trie after = before;
    for (const Bytes& key : {"13"_hex, "14"_hex}) ASSERT_TRUE(after.erase(key));
    disk.commit(before, after, 2);
    disk.prune(2);
    EXPECT_EQ(places_of(after), all_of(disk));
}

TEST(trie_changes, may_leave_memory_the_oldest_first) {
    constexpr uint64_t BLOCKS = 20;
    const auto key_of = [](uint64_t block, uint8_t i) {
        return crypto::keccak256(Bytes{static_cast<uint8_t>(block), i});
    };
    TestDisk disk;
    Trie trie{disk, {.hash = EMPTY_ROOT}};
    for (uint64_t block = 1; block <= BLOCKS; ++block) {
        const Trie before = trie;
        for (uint8_t i = 0; i < 50; ++i) ASSERT_TRUE(trie.put(key_of(block, i), Bytes(40, 1)));
        disk.commit(before, trie, block);
    }
    EXPECT_EQ(disk.reads, 0u);
    const size_t whole = size_in_memory(trie);
    const Trie copy = trie;
    let_go_to_size(trie, BLOCKS, whole);
    EXPECT_EQ(size_in_memory(trie), whole);
    let_go_to_size(trie, BLOCKS, whole / 2);
    EXPECT_LE(size_in_memory(trie), whole / 2);
    EXPECT_GT(size_in_memory(trie), whole / 4);
    EXPECT_EQ(size_in_memory(copy), whole);
    ASSERT_TRUE(trie.get(key_of(BLOCKS, 7)).value().has_value());
    EXPECT_EQ(disk.reads, 0u);
    ASSERT_TRUE(trie.get(key_of(1, 7)).value().has_value());
    EXPECT_GT(disk.reads, 0u);
    ASSERT_TRUE(copy.get(key_of(1, 7)).value().has_value());

    ASSERT_TRUE(trie.put(key_of(BLOCKS + 1, 0), Bytes{1}));  // what isn't stored stays
    const size_t reads = disk.reads;
    let_go_to_size(trie, BLOCKS, 0);
    ASSERT_TRUE(trie.get(key_of(BLOCKS + 1, 0)).value().has_value());
    EXPECT_EQ(disk.reads, reads);
}

}  // namespace
}  // namespace scope::trie
