#include "store/test_nodes.hpp"

#include <gtest/gtest.h>

#include <functional>

#include "rlp/decode.hpp"

namespace scope::store {

namespace {

/// The nodes of one trie, and the keys of those that were asked for.
class RecordedNodes final : public trie::NodeSource {
  public:
    RecordedNodes(const ChainRows& rows, ChainId chain, const Owner& owner, std::set<Bytes>& keys)
        : nodes_(rows.nodes(owner)), chain_(chain), owner_(owner), keys_(keys) {}
    [[nodiscard]] Result<trie::StoredNode, trie::NodeError> node(
        const trie::NodePath& path, const trie::NodeVersion& version) const override {
        keys_.insert(node_key(chain_, owner_, path, version.sequence));
        return nodes_->node(path, version);
    }
    /// Reads a whole trie.
    void read(const trie::NodeVersion& root,
              const std::function<void(BytesView, BytesView)>& visit) {
        const trie::Trie trie{*this, root};
        EXPECT_TRUE(trie.for_each(visit));
    }

  private:
    std::unique_ptr<trie::NodeSource> nodes_;
    ChainId chain_;
    Owner owner_;
    std::set<Bytes>& keys_;
};

void add_nodes(const ChainRows& rows, ChainId chain, const Hash& block, std::set<Bytes>& keys) {
    const auto state = rows.state(block);
    if (!state) return;
    RecordedNodes{rows, chain, std::nullopt, keys}.read(
        {state->root, state->root_sequence}, [&](BytesView key, BytesView value) {
            rlp::Reader reader{value};
            auto account = *reader.list();
            ASSERT_TRUE(account.u64() && account.u256());
            const Hash root = *account.fixed<32>();
            if (root == trie::EMPTY_ROOT) return;
            const Hash owner = Hash::from(key);
            const auto version = rows.find_root(owner, root, block);
            ASSERT_TRUE(version.has_value());
            RecordedNodes{rows, chain, owner, keys}.read(*version, [](BytesView, BytesView) {});
        });
}

}  // namespace

std::set<Bytes> nodes_of_states(const ChainRows& rows, ChainId chain,
                                std::span<const Hash> blocks) {
    std::set<Bytes> keys;
    for (const Hash& block : blocks) add_nodes(rows, chain, block, keys);
    return keys;
}

std::set<Bytes> nodes_that_are_there(const Rows& rows, ChainId chain) {
    std::set<Bytes> keys;
    rows.scan(column_prefix(Column::node, chain), Order::ascending, [&](BytesView key, BytesView) {
        keys.insert(to_bytes(key));
        return true;
    });
    return keys;
}

std::vector<Hash> blocks_with_states(const Rows& rows, ChainId chain) {
    std::vector<Hash> blocks;
    rows.scan(column_prefix(Column::state, chain), Order::ascending, [&](BytesView key, BytesView) {
        blocks.push_back(block_hash_of(key));
        return true;
    });
    return blocks;
}

}  // namespace scope::store
