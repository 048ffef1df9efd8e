#pragma once

#include <map>
#include <random>
#include <set>

#include "store/chain_rows.hpp"

/// Blocks of two chains, made up from a seed: each step is one commit of what a node would put into
/// one, with branches, heads that go back, and pruning. What a step does depends on the seed and the
/// steps before alone, so that whoever repeats it in memory has the same rows.
namespace scope::store {

inline constexpr ChainId TEST_L1{1};
inline constexpr ChainId TEST_ROLLUP{1001};

/// The places of a made-up state, with the sequence that each was written with.
using TestPlace = std::pair<Owner, trie::NodePath>;
using TestState = std::map<TestPlace, uint64_t>;

struct TestBlock {
    chain::StoredBlockPtr block;
    ChainRows::State state_row;
    TestState state;
};

/// A chain with what its rows must hold, known without them.
class TestChain {
  public:
    TestChain(Staging& rows, ChainId chain, PruneDepth depth);

    /// Puts a block on the head, or on another of the last blocks; makes it the head, or
    /// not.
    void step(std::mt19937_64& random);
    /// Makes the canonical block @p back before the head the head.
    void go_back(uint64_t back);

    [[nodiscard]] const ChainRows& rows() const noexcept { return rows_; }
    [[nodiscard]] const std::map<Hash, TestBlock>& blocks() const noexcept { return blocks_; }
    [[nodiscard]] const std::vector<Hash>& canonical() const noexcept { return canonical_; }
    /// Returns the blocks whose states must be kept.
    [[nodiscard]] std::set<Hash> kept() const;
    /// Returns the first difference between the rows and what they must hold; empty if there is
    /// none.
    [[nodiscard]] std::string difference(const Rows& all) const;

  private:
    const TestBlock& put(const Hash& parent, std::mt19937_64& random);
    void set_head(const Hash& head);
    [[nodiscard]] std::set<Hash> transactions_up_to(const Hash& block) const;
    [[nodiscard]] bool is_on_pruned(const TestBlock& block) const;
    [[nodiscard]] std::string difference_of_blocks() const;
    [[nodiscard]] std::string difference_of_nodes(const Rows& all) const;

    ChainRows rows_;
    ChainId chain_;
    PruneDepth depth_;
    std::map<Hash, TestBlock> blocks_;
    std::vector<Hash> canonical_;  // by number
    uint64_t pruned_ = 0;          // the canonical blocks below have no state
    uint64_t nonce_ = 0;
};

class TestWorkload {
  public:
    TestWorkload(Staging& staging, uint64_t seed, PruneDepth depth = 4);

    /// Makes the next step and commits it.
    void step();
    [[nodiscard]] uint64_t steps() const noexcept { return steps_; }
    [[nodiscard]] const TestChain& l1() const noexcept { return l1_; }
    [[nodiscard]] const TestChain& rollup() const noexcept { return rollup_; }
    [[nodiscard]] std::string difference() const;

  private:
    Staging& staging_;
    uint64_t seed_;
    TestChain l1_;
    TestChain rollup_;
    ChainRows blobs_;
    uint64_t steps_ = 0;
};

/// Returns all rows but those that say which database it is and what was committed.
std::map<Bytes, Bytes> rows_of(const Rows& rows);

/// A database in memory whose commits another one is given too, but for those that it has already.
class RepeatedDatabase final : public Database {
  public:
    /// @param real  Must outlive it, and be at a commit of the same workload.
    explicit RepeatedDatabase(Database& real) : real_(real), memory_(make_memory_database()) {}

    /// Reads from the other database as soon as it stands at the same commit.
    [[nodiscard]] std::optional<Bytes> get(BytesView key) const override {
        return reader().get(key);
    }
    void scan_from(BytesView first, BytesView prefix, Order order,
                   const Visitor& visit) const override {
        reader().scan_from(first, prefix, order, visit);
    }
    void commit(const WriteBatch& batch) override {
        const bool is_new = real_.commits() == memory_->commits();
        memory_->commit(batch);
        if (is_new) real_.commit(batch);
    }
    [[nodiscard]] uint64_t commits() const override { return memory_->commits(); }

  private:
    [[nodiscard]] const Rows& reader() const {
        return real_.commits() == memory_->commits() ? static_cast<const Rows&>(real_) : *memory_;
    }

    Database& real_;
    std::unique_ptr<Database> memory_;
};

}  // namespace scope::store
