#include <gtest/gtest.h>

#include <random>

#include "rollup/follower.hpp"
#include "store/test_folder.hpp"
#include "test_rollup/test_rollup.hpp"
#include "types/signing.hpp"

/// L1 is reorganised under a follower: it must stand where one stands that has only ever seen the
/// branch which is canonical in the end.
namespace scope::rollup {
namespace {

using namespace test;

Transaction user_transfer(const chain::Chain& chain, uint64_t value_wei) {
    Transaction tx;
    tx.type = TxType::dynamic_fee;
    tx.chain_id = chain.spec().chain_id;
    tx.nonce = chain.head_state()->account(user())->nonce;
    tx.max_fee_per_gas = uint256{uint64_t{1'000'000'000'000}};
    tx.gas_limit = 21'000;
    tx.to = Address{{0x0a}};
    tx.value = uint256{value_wei};
    sign(tx, key(1));
    return tx;
}

/// Returns a rollup with a second account that has ether, for forced transactions.
RollupConfig rollup_config(ChainId chain_id) {
    auto rollup = config(chain_id);
    rollup.genesis.alloc[crypto::address_of(key(3))].balance =
        uint256{uint64_t{1'000'000'000'000'000'000}};
    return rollup;
}

/// Returns a forced transaction of that account: some have its next nonce, some don't.
protocol::ForcedEntry forced_transfer(ChainId chain_id, uint64_t nonce, uint64_t value_wei) {
    Transaction tx;
    tx.type = TxType::dynamic_fee;
    tx.chain_id = chain_id;
    tx.nonce = nonce;
    tx.max_fee_per_gas = uint256{uint64_t{1'000'000'000'000}};
    tx.gas_limit = 21'000;
    tx.to = Address{{0x0b}};
    tx.value = uint256{value_wei};
    sign(tx, key(3));
    return forced(tx);
}

/// An L1 with a history that branches, and two rollups on it, as an honest builder would have
/// settled them on whatever branch is canonical.
class Branches {
  public:
    static constexpr std::array<ChainId, 2> CHAINS{CHAIN, REMOTE};

    [[nodiscard]] std::vector<RollupConfig> configs() const {
        return {rollup_config(CHAIN), rollup_config(REMOTE)};
    }

    void add_empty() { l1.add({}, {}); }

    /// Adds an L1 block in which these rollups settle one batch each, in one scope.
    void add_scope(const std::vector<ChainId>& chains, DataIn data_in = DataIn::calldata) {
        std::vector<Claimed> batches;
        for (const ChainId id : CHAINS) to_head(id);
        for (const ChainId id : chains) {
            auto& on = at(id);
            const uint64_t origin = l1.head()->header().number;
            const BatchOptions options{.l1 = &l1,
                                       .parent_l1_origin_number = on.l1_origin_number,
                                       .parent_forced_queue_position = on.forced_queue_position};
            const auto [at_least, at_most] = forced_range(l1, id, on.forced_queue_position, origin);
            const uint64_t position = at_least + ++salt_ % (at_most - at_least + 1);
            auto transactions = Author{on.chain}.openings(options, origin, position);
            transactions.push_back(user_transfer(on.chain, salt_));
            const auto batch = make_batch(on.chain, {std::move(transactions)}, on.next_batch,
                                          l1.head()->hash, origin);
            batches.push_back(
                claim_of(on.chain, rollup_config(id), batch, data_in, nullptr, options));
            adopt_batch(on.chain, rollup_config(id), batch, options, batches.back().execution);
            on.next_batch += 1;
            on.l1_origin_number = origin;
            on.forced_queue_position = position;
        }
        l1.settle(batches);
        for (const ChainId id : CHAINS) {
            const auto& on = at(id);
            heads_[{l1.head()->hash, id}] = {on.chain.head()->hash, on.next_batch,
                                             on.l1_origin_number, on.forced_queue_position};
        }
    }

    /// Adds an L1 block in which a rollup has entries queued.
    void add_entries(ChainId id, size_t count) {
        std::vector<protocol::ForcedEntry> entries;
        for (; count > 0; --count) {
            ++salt_;
            entries.push_back(salt_ % 2 == 0 ? deposit(Address{{0x0c}}, salt_)
                                             : forced_transfer(id, salt_ / 2 % 3, salt_));
        }
        l1.queue(id, entries);
    }
    /// Adds an L1 block with a registration, an upgrade and a closing, of which the upgrade changes
    /// nothing of what the predeploy does.
    void add_changes(ChainId id) {
        const uint64_t other = 1000 + ++salt_;
        l1.emit(
            {registration(uint256{other}),
             upgrading(uint256{id}, concat(predeploy_code(), Bytes{static_cast<uint8_t>(salt_)})),
             closing(uint256{other})});
    }

    /// Takes L1 back by so many blocks; what comes next is another branch.
    void go_back(size_t depth) { l1.blocks_.resize(l1.blocks_.size() - depth); }

    /// The users' transactions of a rollup on the canonical branch, in their order.
    std::vector<Hash> transactions(ChainId id) {
        auto& chain = to_head(id).chain;
        std::vector<Hash> hashes;
        for (uint64_t n = 1; n <= chain.head()->header().number; ++n) {
            const auto block = chain.store().canonical_block(n);
            for (size_t i = 0; i < block->block.transactions.size(); ++i)
                if (block->block.transactions[i].type != TxType::system)
                    hashes.push_back(block->transaction_hashes[i]);
        }
        return hashes;
    }

    FakeL1 l1;

  private:
    struct Rollup {
        chain::Chain chain;
        uint64_t next_batch = 0;
        uint64_t l1_origin_number = 0;
        uint64_t forced_queue_position = 0;
    };
    struct Settled {
        Hash head;
        uint64_t next_batch = 0;
        uint64_t l1_origin_number = 0;
        uint64_t forced_queue_position = 0;
    };

    Rollup& at(ChainId id) { return id == CHAIN ? one_ : two_; }
    /// Takes the rollup to where L1's head has it.
    Rollup& to_head(ChainId id) {
        auto& on = at(id);
        Settled settled{.head = on.chain.store().canonical_block(0)->hash};
        for (size_t n = l1.blocks_.size(); n-- > 0;) {
            const auto found = heads_.find({l1.blocks_[n]->hash, id});
            if (found == heads_.end()) continue;
            settled = found->second;
            break;
        }
        on.chain.set_head(settled.head);
        on.next_batch = settled.next_batch;
        on.l1_origin_number = settled.l1_origin_number;
        on.forced_queue_position = settled.forced_queue_position;
        return on;
    }

    Rollup one_{.chain = make_chain(rollup_config(CHAIN))};
    Rollup two_{.chain = make_chain(rollup_config(REMOTE))};
    std::map<std::pair<Hash, ChainId>, Settled> heads_;  // after L1 blocks in which scopes settled
    uint64_t salt_ = 0;
};

void expect_as_fresh(const Follower& follower, const Branches& branches) {
    Follower fresh{branches.l1, branches.configs()};
    ASSERT_TRUE(fresh.advance().has_value());
    EXPECT_EQ(follower.next_l1_block(), fresh.next_l1_block());
    for (const ChainId id : Branches::CHAINS) {
        const auto& chain = follower.rollup(id)->chain;
        const auto& expected = fresh.rollup(id)->chain;
        EXPECT_EQ(chain.head()->hash, expected.head()->hash) << id.number();
        EXPECT_EQ(chain.head_state()->state_root(), expected.head_state()->state_root())
            << id.number();
        const auto& stopped = follower.head(id).stopped;
        EXPECT_FALSE(stopped.has_value()) << to_string(stopped.value_or(FollowError{}));
        // What it knows of the queue is what L1 has, from what may be taken on.
        const auto& queue = follower.rollup(id)->forced_queue;
        EXPECT_EQ(queue.length(), branches.l1.queue_length(id));
        for (const auto& queued : queue.entries)
            EXPECT_EQ(queued, *branches.l1.forced_entry(id, queued.index));
        for (const auto label : {Label::latest, Label::safe, Label::finalized}) {
            const auto is = follower.head(id, label).position;
            const auto should = fresh.head(id, label).position;
            EXPECT_EQ(is.l1_block, should.l1_block) << id.number();
            EXPECT_EQ(is.head, should.head) << id.number();
            EXPECT_EQ(is.next_batch, should.next_batch) << id.number();
            EXPECT_EQ(is.l1_origin_number, should.l1_origin_number) << id.number();
            EXPECT_EQ(is.forced_queue_position, should.forced_queue_position) << id.number();
        }
    }
}

std::vector<Hash> hashes_of(const std::vector<Transaction>& transactions) {
    std::vector<Hash> hashes;
    for (const auto& tx : transactions) hashes.push_back(hash(tx));
    return hashes;
}

class reorg_of_depth : public testing::TestWithParam<size_t> {};

TEST_P(reorg_of_depth, leads_to_the_other_branch) {
    const size_t depth = GetParam();
    Branches b;
    Follower follower{b.l1, b.configs()};
    for (size_t i = 0; i < depth + 3; ++i) {
        if (i % 3 == 0)
            b.add_scope({CHAIN, REMOTE}, i == 0 ? DataIn::blobs : DataIn::calldata);
        else if (i % 3 == 1)
            b.add_scope({REMOTE});
        else
            b.add_empty();
    }
    ASSERT_TRUE(follower.advance().has_value());
    expect_as_fresh(follower, b);
    const auto before = b.transactions(REMOTE);

    // The other branch is as high: no block more tells of it.
    b.go_back(depth);
    const auto kept = b.transactions(REMOTE);
    for (size_t i = 0; i < depth; ++i) {
        if (i % 4 == 0)
            b.add_scope({CHAIN});
        else
            b.add_empty();
    }
    const auto followed = follower.advance();
    ASSERT_TRUE(followed.has_value()) << to_string(followed.error());
    EXPECT_EQ(followed->unwound, depth);
    expect_as_fresh(follower, b);

    // What of REMOTE was undone is handed back once, in its order.
    EXPECT_EQ(
        hashes_of(follower.take_undone(REMOTE)),
        (std::vector<Hash>{before.begin() + static_cast<ptrdiff_t>(kept.size()), before.end()}));
    EXPECT_TRUE(follower.take_undone(REMOTE).empty());
}

INSTANTIATE_TEST_SUITE_P(depths, reorg_of_depth, testing::Values(1, 2, 64),
                         testing::PrintToStringParamName());

TEST(reorg, of_an_empty_block_undoes_nothing_of_a_rollup) {
    Branches b;
    Follower follower{b.l1, b.configs()};
    b.add_scope({CHAIN});
    b.add_empty();
    ASSERT_TRUE(follower.advance().has_value());
    const Hash head = follower.rollup(CHAIN)->chain.head()->hash;
    b.go_back(1);
    b.add_empty();
    EXPECT_EQ(follower.advance()->unwound, 1u);
    EXPECT_EQ(follower.rollup(CHAIN)->chain.head()->hash, head);
    EXPECT_TRUE(follower.take_undone(CHAIN).empty());
    expect_as_fresh(follower, b);
}

TEST(reorg, to_fewer_blocks_is_followed_back) {
    Branches b;
    Follower follower{b.l1, b.configs()};
    b.add_scope({CHAIN, REMOTE});
    b.add_scope({CHAIN});
    ASSERT_TRUE(follower.advance().has_value());
    b.go_back(2);
    EXPECT_EQ(follower.advance()->unwound, 2u);
    expect_as_fresh(follower, b);
    EXPECT_EQ(follower.rollup(CHAIN)->chain.head()->header().number, 0u);
    EXPECT_EQ(follower.take_undone(CHAIN).size(), 2u);
}

TEST(reorg, that_brings_the_old_branch_back_gives_the_old_heads) {
    Branches b;
    Follower follower{b.l1, b.configs()};
    b.add_scope({CHAIN});
    b.add_scope({CHAIN, REMOTE});
    ASSERT_TRUE(follower.advance().has_value());
    const auto old_branch = b.l1.blocks_;
    const Hash head = follower.rollup(CHAIN)->chain.head()->hash;

    b.go_back(2);
    b.add_scope({REMOTE});
    b.add_empty();
    b.add_empty();
    ASSERT_TRUE(follower.advance().has_value());
    expect_as_fresh(follower, b);

    b.l1.blocks_ = old_branch;
    ASSERT_TRUE(follower.advance().has_value());
    EXPECT_EQ(follower.rollup(CHAIN)->chain.head()->hash, head);
    expect_as_fresh(follower, b);
    // What was undone stands again, but for what the other branch had.
    EXPECT_TRUE(follower.take_undone(CHAIN).empty());
    EXPECT_EQ(follower.take_undone(REMOTE).size(), 1u);
}

TEST(reorg, of_more_and_more_hands_back_in_order) {
    Branches b;
    Follower follower{b.l1, b.configs()};
    for (int i = 0; i < 3; ++i) b.add_scope({CHAIN});
    const auto before = b.transactions(CHAIN);
    ASSERT_TRUE(follower.advance().has_value());
    for (size_t depth = 1; depth <= 3; ++depth) {
        b.go_back(depth);
        for (size_t i = 0; i < depth; ++i) b.add_empty();
        ASSERT_TRUE(follower.advance().has_value());
    }
    EXPECT_EQ(hashes_of(follower.take_undone(CHAIN)), before);
}

TEST(reorg, in_the_middle_of_a_scope_of_two_rollups_undoes_both) {
    Branches b;
    Follower follower{b.l1, b.configs()};
    b.add_scope({CHAIN, REMOTE});
    b.add_scope({CHAIN, REMOTE});
    ASSERT_TRUE(follower.advance().has_value());
    b.go_back(1);
    b.add_scope({REMOTE});
    EXPECT_EQ(follower.advance()->batches, 1u);
    EXPECT_EQ(follower.rollup(CHAIN)->chain.head()->header().number, 1u);
    EXPECT_EQ(follower.rollup(REMOTE)->chain.head()->header().number, 2u);
    expect_as_fresh(follower, b);
}

/// A follower that may end at any time and start again.
class Restarted {
  public:
    enum class On : uint8_t { memory, disk };

    Restarted(const Branches& branches, On on) : branches_(branches), on_(on) { start(); }

    [[nodiscard]] Follower& follower() { return *follower_; }
    /// Ends it and starts it again, which changes nothing; in memory it goes on.
    void restart() {
        if (on_ == On::memory) return;
        const auto events = [](const Follower& follower) {
            const uint64_t last = follower.next_l1_block() - 1;
            return std::tuple{follower.next_l1_block(),    follower.l1_origin(last)->hash,
                              follower.l1_origin(0)->hash, follower.registered(0, last),
                              follower.closed(0, last),    follower.upgrade(CHAIN, 0, last),
                              positions(follower)};
        };
        const auto before = events(*follower_);
        follower_.reset();
        start();
        EXPECT_EQ(events(*follower_), before);
    }

  private:
    static std::vector<RollupPosition> positions(const Follower& follower) {
        std::vector<RollupPosition> positions;
        for (const ChainId id : Branches::CHAINS)
            for (const auto label : {Label::latest, Label::safe, Label::finalized})
                positions.push_back(follower.head(id, label).position);
        return positions;
    }
    void start() {
        const auto database =
            on_ == On::disk ? std::make_shared<store::NodeDatabase>(store::NodeDatabaseOptions{
                                  .disk = folder_.options(), .cache_bytes = size_t{4} << 20})
                            : nullptr;
        follower_.emplace(branches_.l1, branches_.configs(), 0, database);
    }

    const Branches& branches_;
    On on_;
    store::TestFolder folder_;
    std::optional<Follower> follower_;
};

class reorg_of_trees : public testing::TestWithParam<Restarted::On> {};

TEST_P(reorg_of_trees, lead_where_the_last_branch_leads) {
    const uint64_t trees = GetParam() == Restarted::On::memory ? 40 : 10;
    constexpr int STEPS = 12;
    for (uint64_t seed = 1; seed <= trees; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        std::mt19937_64 random{seed};
        const auto below = [&](size_t bound) { return static_cast<size_t>(random() % bound); };
        Branches b;
        Restarted restarted{b, GetParam()};
        std::vector<std::vector<std::shared_ptr<chain::StoredBlock>>> branches;
        for (int step = 0; step < STEPS; ++step) {
            const auto before = b.transactions(CHAIN);
            branches.push_back(b.l1.blocks_);
            if (below(4) == 0)
                b.l1.blocks_ = branches[below(branches.size())];
            else
                b.go_back(below(std::min<size_t>(b.l1.blocks_.size(), 9)));
            for (size_t added = below(6); added > 0; --added) {
                switch (below(8)) {
                    case 0:
                        b.add_empty();
                        break;
                    case 3:
                    case 4:
                        b.add_entries(below(2) == 0 ? CHAIN : REMOTE, 1 + below(4));
                        break;
                    case 5:
                        b.add_changes(CHAIN);
                        break;
                    case 6:  // what is queued becomes due
                        for (size_t i = below(protocol::FORCED_DEADLINE + 1); i > 0; --i)
                            b.add_empty();
                        break;
                    case 1:
                        b.add_scope({CHAIN});
                        break;
                    case 2:
                        b.add_scope({REMOTE});
                        break;
                    default:
                        b.add_scope({CHAIN, REMOTE});
                }
            }
            const auto followed = restarted.follower().advance();
            ASSERT_TRUE(followed.has_value()) << to_string(followed.error());
            expect_as_fresh(restarted.follower(), b);

            auto undone = before;
            const auto now = b.transactions(CHAIN);
            std::erase_if(undone, [&](const Hash& hash) {
                return std::ranges::find(now, hash) != now.end();
            });
            EXPECT_EQ(hashes_of(restarted.follower().take_undone(CHAIN)), undone);
            if (step % 2 == 0) restarted.restart();
            if (testing::Test::HasFailure()) return;
        }
    }
}
INSTANTIATE_TEST_SUITE_P(reorg, reorg_of_trees,
                         testing::Values(Restarted::On::memory, Restarted::On::disk));

/// Reorganises between two answers of one reading.
class Restless final : public l1::L1Source {
  public:
    explicit Restless(Branches& b) : b_(b) {}
    [[nodiscard]] Result<l1::L1Heads, l1::L1Error> heads() const override { return b_.l1.heads(); }
    [[nodiscard]] Result<chain::StoredBlockPtr, l1::L1Error> block(uint64_t number) const override {
        if (number == 2 && times > 0) {
            --times;
            b_.go_back(2);
            b_.add_scope({REMOTE});
            b_.add_scope({CHAIN});
        }
        return b_.l1.block(number);
    }
    [[nodiscard]] Result<chain::StoredBlobPtr, l1::L1Error> blob(const Hash& hash) const override {
        return b_.l1.blob(hash);
    }
    mutable int times = 0;

  private:
    Branches& b_;
};

TEST(reorg, while_it_reads_makes_it_begin_again_but_not_for_ever) {
    for (const int times : {1, 3, 100}) {
        Branches b;
        Restless l1{b};
        Follower follower{l1, b.configs()};
        b.add_scope({CHAIN});
        b.add_scope({CHAIN, REMOTE});
        l1.times = times;
        const auto followed = follower.advance();
        if (times == 100) {
            ASSERT_FALSE(followed.has_value());
            EXPECT_EQ(followed.error().rule, FollowRule::l1_unsteady);
            l1.times = 0;
            ASSERT_TRUE(follower.advance().has_value());
        }
        expect_as_fresh(follower, b);
    }
}

}  // namespace
}  // namespace scope::rollup
