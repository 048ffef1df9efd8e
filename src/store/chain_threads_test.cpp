#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <thread>

#include "state/unavailable.hpp"
#include "store/test_chains.hpp"
#include "store/test_folder.hpp"

// Readers on other threads while one writes, reorganises, prunes and commits: whatever they are given
// is what it is where nobody writes.

namespace scope::store {

namespace {

constexpr uint64_t SEED = 5;
constexpr uint64_t COMMITS = 60;
constexpr size_t READERS = 3;

/// All that either chain will ever have, as it is without other threads.
struct Known {
    std::map<Hash, Block> blocks;
    std::map<Hash, std::vector<Receipt>> receipts;
    std::map<Hash, std::string> states;

    Known() {
        const auto database = make_memory_database();
        TestChains chains{*database, SEED};
        std::vector<chain::Chain> memory;
        for (size_t i = 0; i < TestChains::COUNT; ++i) {
            memory.push_back(TestChains::begin(i, chain::make_memory_store()));
            add(memory[i], *memory[i].head());
        }
        while (database->commits() < COMMITS)
            for (const auto& move : chains.step())
                if (move.block) {
                    auto& chain = memory[move.chain];
                    CHECK(chain.import(move.block->block));
                    add(chain, *move.block);
                }
    }

  private:
    void add(const chain::Chain& chain, const chain::StoredBlock& block) {
        blocks[block.hash] = block.block;
        receipts[block.hash] = block.receipts;
        states[block.hash] = describe(*chain.store().state(block.hash));
    }
};

/// Reads one chain in all ways there are; counts what it read.
class Reader {
  public:
    Reader(const chain::Store& store, const Known& known, uint64_t seed)
        : store_(store), known_(known), random_(seed) {}

    void read() {
        const auto head = store_.head();
        expect_known(*head);
        const uint64_t number = head->header().number;
        const uint64_t back = random_() % (2 * *TestChains::DEPTH);
        const auto block = store_.canonical_block(number - std::min(number, back));
        if (!block) return;  // the head went back meanwhile
        expect_known(*block);
        EXPECT_EQ(store_.block(block->hash)->block, block->block);
        for (const Hash& transaction : block->transaction_hashes)
            if (const auto place = store_.transaction(transaction)) {
                expect_known(*place->block);
                EXPECT_EQ(place->block->transaction_hashes.at(place->index), transaction);
            }
        if (auto state = store_.state(block->hash)) held_[block->hash] = std::move(state);
        read_held();
    }
    [[nodiscard]] size_t states_read() const noexcept { return states_read_; }

  private:
    void expect_known(const chain::StoredBlock& block) {
        ASSERT_TRUE(known_.blocks.contains(block.hash));
        EXPECT_EQ(block.block, known_.blocks.at(block.hash));
        EXPECT_EQ(block.receipts, known_.receipts.at(block.hash));
    }
    /// Reads a state that it was given now or before, which may have been pruned since.
    void read_held() {
        if (held_.empty()) return;
        const auto at =
            std::next(held_.begin(), static_cast<std::ptrdiff_t>(random_() % held_.size()));
        try {
            EXPECT_EQ(describe(*at->second), known_.states.at(at->first));
            ++states_read_;
        } catch (const state::Unavailable&) {
            EXPECT_EQ(store_.state(at->first), nullptr) << "a state that is kept can't be read";
            held_.erase(at);
        }
    }

    const chain::Store& store_;
    const Known& known_;
    std::mt19937_64 random_;
    std::map<Hash, std::shared_ptr<const state::WorldState>> held_;
    size_t states_read_ = 0;
};

void expect_right_answers(Database& database) {
    const Known known;
    TestChains chains{database, SEED};
    std::atomic<bool> is_over = false;
    std::atomic<size_t> states_read = 0;
    std::vector<std::jthread> readers;
    for (size_t i = 0; i < READERS; ++i)
        readers.emplace_back([&, i] {
            Reader l1{chains.store(0), known, i}, rollup{chains.store(1), known, i};
            do {
                l1.read();
                rollup.read();
            } while (!is_over && !testing::Test::HasFailure());
            states_read += l1.states_read() + rollup.states_read();
        });
    while (database.commits() < COMMITS) {
        chains.step();
        // So that the readers see many heads, whatever the machine is busy with.
        std::this_thread::yield();
    }
    is_over = true;
    readers.clear();
    EXPECT_GE(states_read, READERS);
}

TEST(chain_threads, read_what_is_written_in_memory) {
    expect_right_answers(*make_memory_database());
}

TEST(chain_threads, read_what_is_written_on_a_disk) {
    const TestFolder folder;
    expect_right_answers(*open_disk_database(folder.options()));
}

}  // namespace

}  // namespace scope::store
