#include "store/chain_rows.hpp"

#include <gtest/gtest.h>

#include "crypto/keccak.hpp"
#include "store/test_folder.hpp"
#include "store/test_workload.hpp"

// Tries over a chain's rows. What holds of rows with made-up nodes is in database_test.cpp.

namespace scope::store {

namespace {

chain::StoredBlock block_on(const chain::StoredBlock* parent, const Hash& state_root) {
    chain::StoredBlock block;
    if (parent != nullptr) {
        block.block.header.parent_hash = parent->hash;
        block.block.header.number = parent->header().number + 1;
    }
    block.block.header.state_root = state_root;
    block.hash = hash(block.header());
    return block;
}

/// A state with one account whose storage there is a trie of: two tries that change together.
struct TwoTries {
    chain::StoredBlock block;
    trie::Trie accounts;
    trie::Trie storage;
    std::map<Hash, Bytes> model;  // of both
};

class TrieChain {
  public:
    explicit TrieChain(Staging& staging) : rows_(staging, TEST_L1, 3), staging_(staging) {}

    /// Puts a block with some changes on @p parent and makes it the head.
    TwoTries extend(const TwoTries* parent, std::mt19937_64& random) {
        TwoTries after;
        if (parent != nullptr) {
            after.accounts = parent->accounts;
            after.storage = parent->storage;
            after.model = parent->model;
        } else {
            after.accounts = trie::Trie{*nodes_, {trie::EMPTY_ROOT, 0}};
            after.storage = trie::Trie{*storage_nodes_, {trie::EMPTY_ROOT, 0}};
        }
        const auto before = after;
        for (uint64_t count = 1 + random() % 40; count > 0; --count) {
            const auto key = crypto::keccak256(Bytes{static_cast<uint8_t>(random() % 200)});
            const Bytes value(random() % 4 == 0 ? 0 : 1 + random() % 60, 7);
            EXPECT_TRUE(after.accounts.put(key, value));
            EXPECT_TRUE(after.storage.put(key, value));
            value.empty() ? void(after.model.erase(key)) : void(after.model[key] = value);
        }
        after.block =
            block_on(parent == nullptr ? nullptr : &parent->block, after.accounts.root_hash());
        put(before, after);
        return after;
    }

    /// Expects that the state after a block, read from the rows alone, is the one that it was.
    void expect_readable(const TwoTries& wanted) const {
        const auto state = rows_.state(wanted.block.hash);
        ASSERT_TRUE(state.has_value());
        expect_entries(trie::Trie{*nodes_, {state->root, state->root_sequence}}, wanted.model);
        if (wanted.model.empty()) return;
        const auto root = rows_.find_root(OWNER, wanted.storage.root_hash(), wanted.block.hash);
        ASSERT_TRUE(root.has_value());
        expect_entries(trie::Trie{*storage_nodes_, *root}, wanted.model);
    }

    [[nodiscard]] const ChainRows& rows() const noexcept { return rows_; }

  private:
    static constexpr Hash OWNER{{7}};

    void put(const TwoTries& before, const TwoTries& after) {
        const uint64_t sequence = rows_.next_sequence();
        StateChanges changes;
        ChangesOfTrie accounts{changes, std::nullopt}, storage{changes, OWNER};
        EXPECT_TRUE(trie::visit_changes(before.accounts, after.accounts, sequence, accounts));
        EXPECT_TRUE(trie::visit_changes(before.storage, after.storage, sequence, storage));
        trie::mark_stored(after.accounts, sequence);
        trie::mark_stored(after.storage, sequence);
        rows_.put_block(after.block);
        rows_.put_state(after.block.hash,
                        {after.accounts.root_hash(), sequence, after.accounts.version().sequence},
                        changes);
        rows_.set_head(after.block.hash);
        staging_.commit();
    }

    static void expect_entries(const trie::Trie& trie, const std::map<Hash, Bytes>& model) {
        std::map<Hash, Bytes> entries;
        const auto read = trie.for_each([&](BytesView key, BytesView value) {
            entries.emplace(Hash::from(key), to_bytes(value));
        });
        ASSERT_TRUE(read.has_value()) << to_string(read.error());
        EXPECT_EQ(entries, model);
    }

    ChainRows rows_;
    Staging& staging_;
    std::unique_ptr<trie::NodeSource> nodes_ = rows_.nodes(std::nullopt);
    std::unique_ptr<trie::NodeSource> storage_nodes_ = rows_.nodes(OWNER);
};

void expect_states_of_the_last_blocks(Database& database) {
    std::mt19937_64 random{1};
    Staging staging{database};
    TrieChain chain{staging};
    std::vector<TwoTries> canonical{chain.extend(nullptr, random)};
    size_t kept_from = 0;  // what is pruned stays so when the head goes back
    for (int round = 0; round < 60; ++round) {
        const size_t back = random() % 4 == 0 ? random() % (canonical.size() - kept_from) : 0;
        canonical.resize(canonical.size() - back);
        canonical.push_back(chain.extend(&canonical.back(), random));
        if (canonical.size() > 4) kept_from = std::max(kept_from, canonical.size() - 4);
        // It is let go of: its nodes come from the rows again.
        trie::let_go(canonical.back().accounts, chain.rows().next_sequence());
        for (size_t n = kept_from; n < canonical.size(); ++n) chain.expect_readable(canonical[n]);
    }
}

TEST(chain_rows, are_the_nodes_of_tries_in_memory) {
    expect_states_of_the_last_blocks(*make_memory_database());
}

TEST(chain_rows, are_the_nodes_of_tries_on_a_disk) {
    const TestFolder folder;
    expect_states_of_the_last_blocks(*open_disk_database(folder.options()));
}

TEST(chain_rows, name_the_row_that_others_need) {
    const auto database = make_memory_database();
    Staging staging{*database};
    ChainRows rows{staging, TEST_L1};
    const auto block = block_on(nullptr, Hash{});
    rows.put_block(block);
    staging.erase(hash_key(Column::receipts, TEST_L1, block.hash));
    try {
        (void)rows.block(block.hash);
        FAIL() << "a block without receipts";
    } catch (const DatabaseError& error) {
        EXPECT_EQ(error.rule(), DatabaseRule::bad_row);
        EXPECT_TRUE(std::string_view{error.what()}.starts_with("row receipts of chain 1, 0x"))
            << error.what();
    }
}

TEST(chain_rows, refuse_a_next_sequence_that_is_none) {
    const auto database = make_memory_database();
    Staging staging{*database};
    const ChainRows rows{staging, TEST_L1};
    staging.put(value_key(TEST_L1, ChainValue::next_sequence),
                encode_number_row(trie::SEQUENCE_LIMIT));
    EXPECT_THROW((void)rows.next_sequence(), DatabaseError);
}

TEST(chain_rows, refuse_a_chain_whose_head_is_missing) {
    const auto database = make_memory_database();
    Staging staging{*database};
    ChainRows rows{staging, TEST_L1};
    const auto first = block_on(nullptr, Hash{});
    const auto second = block_on(&first, Hash{});
    rows.put_block(first);
    rows.put_block(second);
    rows.set_head(first.hash);
    staging.erase(value_key(TEST_L1, ChainValue::head));
    for (const auto& block : {first, second}) {
        try {
            rows.set_head(block.hash);
            FAIL() << "a chain without a head";
        } catch (const DatabaseError& error) {
            EXPECT_EQ(error.rule(), DatabaseRule::bad_row);
            EXPECT_NE(std::string_view{error.what()}.find("missing"), std::string_view::npos);
        }
    }
}

TEST(chain_rows, give_way_to_a_chain_with_another_first_block) {
    const auto database = make_memory_database();
    Staging staging{*database};
    ChainRows rows{staging, TEST_L1};
    const auto first = block_on(nullptr, Hash{});
    const auto second = block_on(&first, Hash{});
    const auto other = block_on(nullptr, Hash{{1}});
    for (const auto& block : {first, second, other}) rows.put_block(block);
    rows.set_head(second.hash);
    rows.set_head(other.hash);
    EXPECT_EQ(rows.head(), other.hash);
    EXPECT_EQ(rows.canonical(0), other.hash);
    EXPECT_EQ(rows.canonical(1), std::nullopt);
}

TEST(chain_rows_death, take_no_state_whose_parent_has_none) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    const auto database = make_memory_database();
    Staging staging{*database};
    ChainRows rows{staging, TEST_L1};
    const auto first = block_on(nullptr, Hash{});
    const auto second = block_on(&first, Hash{});
    rows.put_block(first);
    rows.put_block(second);
    EXPECT_DEATH(rows.put_state(second.hash, {Hash{}, 1, 1}, {}), "parent");
    rows.put_state(first.hash, {Hash{}, 1, 1}, {});
    rows.put_state(second.hash, {Hash{}, 2, 2}, {});
}

TEST(chain_rows, of_chains_are_apart) {
    const auto database = make_memory_database();
    Staging staging{*database};
    ChainRows one{staging, ChainId{1}}, other{staging, ChainId{2}};
    const auto block = block_on(nullptr, Hash{});
    one.put_block(block);
    one.set_head(block.hash);
    EXPECT_EQ(one.head(), block.hash);
    EXPECT_EQ(other.head(), std::nullopt);
    EXPECT_EQ(other.block(block.hash), nullptr);
}

}  // namespace

}  // namespace scope::store
