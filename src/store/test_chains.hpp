#pragma once

#include <random>

#include "chain/chain.hpp"
#include "store/stored_chain.hpp"

/// An L1 and a rollup in one database, whose blocks are executed: each step is one commit of what a
/// node would put into one. Both chains branch, go back and prune.
///
/// What a step does follows from the seed and from what is committed, so that it doesn't matter
/// whether the process is the one that made the step before.
namespace scope::store {

/// What a step did to one of the chains.
struct TestMove {
    size_t chain = 0;             ///< 0: L1, 1: the rollup
    chain::StoredBlockPtr block;  ///< that is new; null: none
    Hash head;                    ///< afterwards
};

class TestChains {
  public:
    static constexpr size_t COUNT = 2;
    static constexpr PruneDepth DEPTH = 5;

    /// Opens the chains, or begins them and makes that the first commit.
    /// @param database  Must outlive it.
    TestChains(Database& database, uint64_t seed);

    /// Makes the next step and commits it.
    std::vector<TestMove> step();

    [[nodiscard]] Staging& staging() noexcept { return staging_; }
    [[nodiscard]] chain::Chain& chain(size_t chain) { return *chains_.at(chain); }
    [[nodiscard]] const chain::Store& store(size_t chain) const {
        return chains_.at(chain)->store();
    }
    /// Returns the same chain with nothing of it in memory.
    [[nodiscard]] StoredChain afresh(size_t chain);

    static ChainId id_of(size_t chain);
    /// Returns a chain that begins as this one does, with a store of its own.
    static chain::Chain begin(size_t chain, std::unique_ptr<chain::Store> store);

  private:
    void step_of(size_t chain, std::mt19937_64& random, std::vector<TestMove>& moves);
    void put_cursor();

    Database& database_;
    uint64_t seed_;
    Staging staging_;
    std::vector<std::unique_ptr<chain::Chain>> chains_;
};

/// Returns the head, the last canonical blocks and what is in these states, a line each, as somebody
/// reads it who asks the store for each account and slot.
std::string describe(const chain::Store& store, std::span<const Hash> states);
/// Returns what is in a state, as somebody reads it who asks for each account and slot.
std::string describe(const state::WorldState& state);

/// The same chains that nobody disturbs: in a database in memory, and once more with everything in
/// hash maps (chain::make_memory_store), where each block is imported.
class UndisturbedChains {
  public:
    explicit UndisturbedChains(uint64_t seed);

    /// Makes steps up to this commit.
    void advance_to(uint64_t commit);
    [[nodiscard]] uint64_t commits() const { return database_->commits(); }

    /// Expects that a database at the same commit has the same rows, that both chains read from it
    /// are the ones in memory, and that its nodes are those of the states that are kept, and no others.
    void expect_same(Database& database) const;
    /// Returns describe() of a chain in memory, with these states.
    [[nodiscard]] std::string describe_chain(size_t chain, std::span<const Hash> states) const {
        return describe(memory_.at(chain).store(), states);
    }

    /// What happened so far: so a test sees that it tests something.
    struct Count {
        size_t blocks = 0;
        size_t reorganisations = 0;
        size_t pruned = 0;  ///< heights
    };
    [[nodiscard]] Count count() const;

  private:
    uint64_t seed_;
    std::unique_ptr<Database> database_ = make_memory_database();
    TestChains chains_;
    std::vector<chain::Chain> memory_;
    Count count_;
};

}  // namespace scope::store
