#include "state/stored_state.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

#include "crypto/keccak.hpp"
#include "evm/analysis.hpp"
#include "state/memory_state.hpp"
#include "state/state.hpp"
#include "state/unavailable.hpp"
#include "trie/stored_node.hpp"

namespace scope::state {
namespace {

Hash word(uint64_t value) {
    return to_be(uint256{value});
}
Address address(uint64_t value) {
    return to_address(uint256{value});
}

/// The rows of states of one line, as a database has them; any read may fail.
class TestSource final : public StateSource {
  public:
    struct Rows {
        std::map<std::tuple<TrieOwner, trie::NodePath, uint64_t>, Bytes> nodes;
        std::map<Hash, Bytes> codes;
        size_t reads = 0;
        size_t fails_at = 0;  // 1 is the next; 0: never

        void count() {
            if (++reads == fails_at) throw std::runtime_error{"the disk fails"};
        }
    };

    [[nodiscard]] std::unique_ptr<trie::NodeSource> nodes(const TrieOwner& owner) const override {
        return std::make_unique<Nodes>(rows, owner);
    }
    [[nodiscard]] std::optional<trie::NodeVersion> storage_root(
        const Hash& owner, const Hash& root, const StatePlace& state) const override {
        rows->count();
        for (uint64_t sequence = state.sequence; sequence > 0; --sequence) {
            const auto row = rows->nodes.find({owner, trie::NodePath{}, sequence});
            if (row == rows->nodes.end()) continue;
            const auto node = trie::decode_stored(row->second, sequence);
            if (crypto::keccak256(node->rlp) == root) return trie::NodeVersion{root, sequence};
        }
        return std::nullopt;
    }
    [[nodiscard]] std::optional<Bytes> code(const Hash& hash) const override {
        rows->count();
        const auto row = rows->codes.find(hash);
        return row == rows->codes.end() ? std::nullopt : std::optional{row->second};
    }

    std::shared_ptr<Rows> rows = std::make_shared<Rows>();

  private:
    class Nodes final : public trie::NodeSource {
      public:
        Nodes(std::shared_ptr<Rows> rows, const TrieOwner& owner)
            : rows_(std::move(rows)), owner_(owner) {}
        [[nodiscard]] Result<trie::StoredNode, trie::NodeError> node(
            const trie::NodePath& path, const trie::NodeVersion& version) const override {
            rows_->count();
            const auto row = rows_->nodes.find({owner_, path, version.sequence});
            if (row == rows_->nodes.end()) return std::unexpected{trie::NodeError::missing_node};
            return trie::decode_stored(row->second, version.sequence);
        }

      private:
        std::shared_ptr<Rows> rows_;
        TrieOwner owner_;
    };
};

/// Writes what states change, and keeps what they replace.
class TestSink final : public StateSink, public trie::NodeSink {
  public:
    TestSink(TestSource::Rows& rows, uint64_t sequence) : rows_(rows), sequence_(sequence) {}

    trie::NodeSink& of_trie(const TrieOwner& owner) override {
        owner_ = owner;
        return *this;
    }
    void code(const Hash& hash, BytesView bytes) override { rows_.codes[hash] = to_bytes(bytes); }
    void write(const trie::NodePath& path, const trie::NodeVersion& version,
               const trie::StoredNode& node) override {
        EXPECT_TRUE(rows_.nodes
                        .emplace(std::tuple{owner_, path, version.sequence},
                                 trie::encode_stored(node, sequence_))
                        .second);
    }
    void replace(const trie::NodePath& path, const trie::NodeVersion& version) override {
        EXPECT_TRUE(rows_.nodes.contains({owner_, path, version.sequence}));
        EXPECT_TRUE(replaced_.insert({owner_, path, version.sequence}).second);
    }
    /// Deletes what only older states need.
    void prune() {
        for (const auto& key : replaced_) rows_.nodes.erase(key);
    }

  private:
    TestSource::Rows& rows_;
    uint64_t sequence_;
    TrieOwner owner_;
    std::set<std::tuple<TrieOwner, trie::NodePath, uint64_t>> replaced_;
};

constexpr uint64_t ACCOUNTS = 30;

/// Changes some of few accounts in all ways there are.
StateDiff random_diff(const StateView& view, std::mt19937_64& random) {
    State state{view};
    for (uint64_t count = random() % 30; count > 0; --count) {
        const Address a = address(1 + random() % ACCOUNTS);
        state.begin_transaction();
        switch (random() % 6) {
            case 0:
                state.set_balance(a, uint256{random() % 1000});
                break;
            case 1:
                state.set_nonce(a, random() % 4);
                break;
            case 2:
                state.set_code(a, evm::make_code(Bytes(random() % 3, 0x5b)));
                break;
            case 3:
                if (random() % 4 == 0) state.mark_destructed(a);
                break;
            default:
                for (uint64_t slots = random() % 20; slots > 0; --slots)
                    state.set_storage(a, word(random() % 40), word(random() % 3));
        }
        state.end_transaction(EmptyAccounts::remove);
    }
    return state.diff();
}

void expect_same(const WorldState& stored, const WorldState& memory) {
    ASSERT_EQ(stored.state_root(), memory.state_root());
    const std::vector<Hash> keys{word(0), word(7), word(39), word(50)};
    for (uint64_t i = 1; i <= ACCOUNTS + 1; ++i) {
        const Address a = address(i);
        EXPECT_EQ(stored.account(a), memory.account(a));
        EXPECT_EQ(stored.code(a)->bytes, memory.code(a)->bytes);
        EXPECT_EQ(stored.has_storage(a), memory.has_storage(a));
        EXPECT_EQ(stored.storage_root(a), memory.storage_root(a));
        for (const Hash& key : keys) EXPECT_EQ(stored.storage(a, key), memory.storage(a, key));
        const auto proof = stored.prove(a, keys), expected = memory.prove(a, keys);
        EXPECT_EQ(proof.account, expected.account);
        EXPECT_EQ(proof.slots, expected.slots);
        EXPECT_EQ(stored.prove_erasure(a, keys), memory.prove_erasure(a, keys));
        EXPECT_EQ(stored.supply(), memory.supply());
    }
}

struct Stored {
    StoredState::Ptr state;
    uint64_t sequence = 0;

    /// Makes the state that a diff leads to and stores it; deletes what states before need.
    void advance(TestSource& source, const StateDiff& diff) {
        store(source, std::static_pointer_cast<const StoredState>(state->after(diff)));
    }
    void store(TestSource& source, StoredState::Ptr next) {
        TestSink sink{*source.rows, ++sequence};
        next->visit_changes(sequence, sink);
        next->mark_stored(Hash{}, sequence);
        sink.prune();
        state = std::move(next);
    }
};

TEST(stored_state, is_the_state_in_memory) {
    const uint64_t seed = std::random_device{}();
    SCOPED_TRACE(seed);
    std::mt19937_64 random{seed};
    const auto source = std::make_shared<TestSource>();
    Stored stored{StoredState::empty(source)};
    MemoryState memory;
    for (int block = 0; block < 60; ++block) {
        SCOPED_TRACE(block);
        const StateDiff diff = random_diff(*stored.state, random);
        memory.apply(diff);
        stored.advance(*source, diff);
        ASSERT_NO_FATAL_FAILURE(expect_same(*stored.state, memory));
        switch (random() % 4) {
            case 0:  // from what is stored alone
                stored.state = StoredState::open(source, *stored.state->place());
                break;
            case 1:
                stored.state = stored.state->within(random() % 100'000);
                break;
            default:
                break;
        }
        ASSERT_NO_FATAL_FAILURE(expect_same(*stored.state, memory));
    }
}

TEST(stored_state, takes_several_diffs_at_once) {
    const uint64_t seed = std::random_device{}();
    SCOPED_TRACE(seed);
    std::mt19937_64 random{seed};
    const auto source = std::make_shared<TestSource>();
    Stored stored{StoredState::empty(source)};
    MemoryState memory;
    for (int block = 0; block < 30; ++block) {
        StateDiff all;
        for (int i = 0; i < 3; ++i) {
            const StateDiff diff = random_diff(memory, random);
            memory.apply(diff);
            std::ranges::copy(diff.accounts, std::back_inserter(all.accounts));
        }
        stored.advance(*source, all);
        stored.state = StoredState::open(source, *stored.state->place());
        ASSERT_NO_FATAL_FAILURE(expect_same(*stored.state, memory));
    }
}

TEST(stored_state, is_read_before_it_is_stored) {
    std::mt19937_64 random{1};
    const auto source = std::make_shared<TestSource>();
    Stored stored{StoredState::empty(source)};
    MemoryState memory;
    std::vector<StoredState::Ptr> waiting;
    StoredState::Ptr last = stored.state;
    for (int block = 0; block < 10; ++block) {
        const StateDiff diff = random_diff(*last, random);
        memory.apply(diff);
        last = std::static_pointer_cast<const StoredState>(last->after(diff));
        waiting.push_back(last);
        ASSERT_NO_FATAL_FAILURE(expect_same(*last, memory));
    }
    for (auto& state : waiting) stored.store(*source, state);
    expect_same(*last, memory);
    expect_same(*StoredState::open(source, *last->place()), memory);
}

/// Tries again until no read fails, with each read failing in turn.
template <typename F>
void expect_no_mark(TestSource& source, const F& f) {
    auto& rows = *source.rows;
    for (size_t fails_at = 1;; ++fails_at) {
        rows.reads = 0;
        rows.fails_at = fails_at;
        SCOPED_TRACE(fails_at);
        f();
        rows.fails_at = 0;
        if (rows.reads < fails_at) break;
    }
}

TEST(stored_state, survives_each_failed_read) {
    std::mt19937_64 random{2};
    const auto source = std::make_shared<TestSource>();
    Stored stored{StoredState::empty(source)};
    MemoryState memory;
    for (int block = 0; block < 10; ++block) {
        const StateDiff diff = random_diff(*stored.state, random);
        memory.apply(diff);
        stored.advance(*source, diff);
    }
    const StateDiff diff = random_diff(memory, random);
    const auto expected = memory.after(diff);
    const auto retried = [](const auto& f) {
        try {
            return f();
        } catch (const Unavailable& error) {
            EXPECT_STREQ(error.what(), "the disk fails");
            return f();
        }
    };
    expect_no_mark(*source, [&] {
        const auto state = StoredState::open(source, *stored.state->place());
        for (uint64_t i = 1; i <= ACCOUNTS; i += 3) {
            const Address a = address(i);
            EXPECT_EQ(retried([&] { return state->account(a); }), memory.account(a));
            EXPECT_EQ(retried([&] { return state->storage(a, word(7)); }),
                      memory.storage(a, word(7)));
        }
        const auto next = retried([&] { return state->after(diff); });
        EXPECT_EQ(next->state_root(), expected->state_root());
        EXPECT_EQ(retried([&] { return state->prove(address(1), {}).account; }),
                  memory.prove(address(1), {}).account);
    });
}

TEST(stored_state, believes_no_code) {
    const auto source = std::make_shared<TestSource>();
    Stored stored{StoredState::empty(source)};
    State change{*stored.state};
    // Code that no other test has, so that it isn't in the cache that all share.
    change.set_code(address(1), evm::make_code({0x5b, 0x5b, 0xca, 0xfe}));
    stored.advance(*source, change.diff());
    const auto state = StoredState::open(source, *stored.state->place());
    auto& bytes = source->rows->codes.begin()->second;
    bytes[0] ^= 1;
    EXPECT_THROW((void)state->code(address(1)), Unavailable);
    bytes[0] ^= 1;
    EXPECT_EQ(state->code(address(1))->bytes, bytes);
    source->rows->nodes.clear();
    EXPECT_THROW((void)StoredState::open(source, *state->place())->account(address(1)),
                 Unavailable);
}

TEST(stored_state, keeps_no_more_than_it_may) {
    const auto source = std::make_shared<TestSource>();
    Stored stored{StoredState::empty(source)};
    for (uint64_t block = 0; block < 30; ++block) {
        State change{*stored.state};
        for (uint64_t i = 0; i < 200; ++i)
            change.add_balance(address(1 + i + 150 * block), uint256{1u});
        stored.advance(*source, change.diff());
        stored.state = stored.state->within(600'000);
        EXPECT_LE(stored.state->size_in_memory(), 600'000u);
    }
    EXPECT_GE(stored.state->size_in_memory(), 50'000u);
    EXPECT_EQ(stored.state->account(address(1))->balance, uint256{1u});
}

}  // namespace
}  // namespace scope::state
