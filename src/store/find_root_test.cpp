#include <gtest/gtest.h>

#include <random>

#include "crypto/keccak.hpp"
#include "store/chain_rows.hpp"
#include "store/test_folder.hpp"
#include "trie/stored_node.hpp"

// The root of a storage trie is found by its hash among its versions: the one that an ancestor of
// the block wrote, and without reading all the others.

namespace scope::store {

namespace {

constexpr ChainId CHAIN{7};
const Owner OWNER = Hash{{7}};

/// A node whose hash says which of a few contents it has.
trie::StoredNode root_node(uint8_t content) {
    trie::StoredNode node;
    node.rlp = Bytes(40, content);
    node.rlp[0] = 0xc0 + 39;
    return node;
}
Hash hash_of(uint8_t content) {
    return crypto::keccak256(root_node(content).rlp);
}

/// A database that counts the rows that are read.
class CountingDatabase final : public Database {
  public:
    explicit CountingDatabase(Database& database) : database_(database) {}
    [[nodiscard]] std::optional<Bytes> get(BytesView key) const override {
        ++reads;
        return database_.get(key);
    }
    void scan_from(BytesView first, BytesView prefix, Order order,
                   const Visitor& visit) const override {
        database_.scan_from(first, prefix, order, [&](BytesView key, BytesView value) {
            ++reads;
            return visit(key, value);
        });
    }
    void commit(const WriteBatch& batch) override { database_.commit(batch); }
    [[nodiscard]] uint64_t commits() const override { return database_.commits(); }

    mutable size_t reads = 0;

  private:
    Database& database_;
};

/// A chain whose blocks write nothing but that root, and what must be found of it.
class RootChain {
  public:
    struct Written {
        chain::StoredBlock block;
        uint8_t content = 0;    ///< of the root in the state after it
        uint64_t sequence = 0;  ///< of the block that wrote it last
    };

    RootChain(Database& database, PruneDepth depth)
        : staging_(database), rows_(staging_, CHAIN, depth) {}

    /// Puts a block on the block @p parent; returns its index.
    /// @param content  What it writes; 0: nothing.
    size_t put(std::optional<size_t> parent, uint8_t content) {
        Written next;
        StateChanges changes;
        if (parent) {
            next = blocks_[*parent];
            next.block.block.header.parent_hash = next.block.hash;
            ++next.block.block.header.number;
        }
        const uint64_t sequence = rows_.next_sequence();
        next.block.block.header.timestamp_s = sequence;
        next.block.hash = hash(next.block.header());
        if (content != 0) {
            if (next.content != 0) changes.replaced.push_back({OWNER, {}, next.sequence});
            next.content = content;
            next.sequence = sequence;
            changes.written.push_back(
                {OWNER, {}, trie::encode_stored(root_node(content), sequence)});
        }
        rows_.put_block(next.block);
        rows_.put_state(next.block.hash, {Hash{}, sequence, sequence}, changes);
        blocks_.push_back(std::move(next));
        return blocks_.size() - 1;
    }
    void set_head(size_t block) { rows_.set_head(blocks_[block].block.hash); }
    void commit() { staging_.commit(); }

    [[nodiscard]] bool is_kept(size_t block) const {
        return rows_.state(blocks_[block].block.hash).has_value();
    }
    /// Expects that the root is found that the state after a block has.
    void expect_found(size_t block) const {
        const auto& [stored, content, sequence] = blocks_[block];
        const auto root = rows_.find_root(OWNER, hash_of(content), stored.hash);
        ASSERT_TRUE(root.has_value()) << "block " << block;
        EXPECT_EQ(root->sequence, sequence) << "block " << block;
    }
    /// Expects that a root is not found that no state has had.
    void expect_no_other(size_t block) const {
        EXPECT_EQ(rows_.find_root(OWNER, hash_of(99), blocks_[block].block.hash), std::nullopt);
    }
    [[nodiscard]] size_t size() const noexcept { return blocks_.size(); }

  private:
    Staging staging_;
    ChainRows rows_;
    std::vector<Written> blocks_;
};

void expect_roots_of_branches(uint64_t seed, PruneDepth depth) {
    SCOPED_TRACE(testing::Message() << "seed " << seed << ", depth " << depth.value_or(0));
    std::mt19937_64 random{seed};
    const auto database = make_memory_database();
    RootChain chain{*database, depth};
    size_t head = chain.put({}, 1);
    chain.set_head(head);
    std::vector<size_t> kept{head};
    for (int i = 0; i < 150; ++i) {
        // On the head or another one, with a root that others have written too.
        const size_t parent = random() % 3 == 0 ? kept[random() % kept.size()] : head;
        const auto block =
            chain.put(parent, random() % 3 == 0 ? 0 : static_cast<uint8_t>(1 + random() % 3));
        if (parent == head || random() % 4 == 0) {
            head = block;
            chain.set_head(head);
        }
        if (random() % 3 == 0) chain.commit();
        kept.clear();
        for (size_t each = 0; each < chain.size(); ++each)
            if (chain.is_kept(each)) kept.push_back(each);
        for (size_t n = i % 10 == 9 ? 0 : kept.size() - std::min<size_t>(kept.size(), 5);
             n < kept.size(); ++n) {
            const size_t each = kept[n];
            ASSERT_NO_FATAL_FAILURE(chain.expect_found(each));
            chain.expect_no_other(each);
        }
    }
}

TEST(find_root, finds_what_an_ancestor_wrote_beside_other_branches) {
    const uint64_t seed = std::random_device{}();
    for (uint64_t i = 0; i < 5; ++i)
        for (const PruneDepth depth : {PruneDepth{3}, PruneDepth{12}, PruneDepth{}})
            ASSERT_NO_FATAL_FAILURE(expect_roots_of_branches(seed + i, depth));
}

TEST(find_root, reads_few_of_many_versions) {
    const auto real = make_memory_database();
    CountingDatabase database{*real};
    RootChain chain{database, {}};
    constexpr size_t BLOCKS = 3000;
    size_t head = chain.put({}, 1);
    for (size_t i = 1; i < BLOCKS; ++i)
        // As those of a counter that goes up and down: each root has been there before.
        head = chain.put(head, i % 50 == 0 ? 0 : static_cast<uint8_t>(1 + i % 7));
    chain.set_head(head);
    const size_t branch = chain.put(BLOCKS / 2, 3);
    chain.commit();
    size_t most = 0;
    for (size_t block = 0; block < chain.size(); block += block + 97 < branch ? 97 : 1) {
        database.reads = 0;
        ASSERT_NO_FATAL_FAILURE(chain.expect_found(block));
        most = std::max(most, database.reads);
    }
    EXPECT_LT(most, 60u);
}

}  // namespace

}  // namespace scope::store
