#include "base/hex.hpp"
#include "demo/world.hpp"
#include "pooled_l1.hpp"
#include "types/signing.hpp"

// A builder's scopes on an L1 whose blocks come when they come: every root settles once, or waits.

namespace scope::node {
namespace {

using demo::A;
using demo::B;
using demo::L1;
using demo::PooledL1;

class ScopesInFlight : public testing::Test {
  protected:
    demo::Progress progress_;
    demo::World world_{devnet::Artifacts::locate(), builder::DataAvailability::calldata, progress_};
    std::shared_ptr<PooledL1> pool_ = std::make_shared<PooledL1>(world_.devnet().l1());
    std::unique_ptr<Node> node_ = make_node(world_.options());
    // TIMESTAMP STOP, behind what returns it.
    Address clock_ = world_.create_on_l1(from_hex("6142005f526002601ef3").value());

    l1::LocalL1& l1() { return world_.devnet().l1(); }

    std::unique_ptr<Node> make_node(const builder::BuilderOptions& options) {
        const std::shared_ptr<l1::LocalL1> source{&l1(), [](auto*) {}};
        const std::shared_ptr<prover::Prover> prover{&world_.committee(), [](auto*) {}};
        return std::make_unique<Node>(
            world_.network(),
            Components{.source = source,
                       .attester = {},
                       .builder = Components::Builder{pool_, pool_, prover, options}});
    }

    /// Alice on A asks the answerer on L1.
    builder::L2Root asking(uint64_t nonces_before = 0) {
        const auto& alice = world_.alice();
        Transaction tx;
        tx.type = TxType::dynamic_fee;
        tx.chain_id = A;
        tx.nonce = node_->latest(A).head_state()->account(alice.address)->nonce + nonces_before;
        tx.max_priority_fee_per_gas = uint256{demo::GWEI};
        tx.max_fee_per_gas = uint256{20 * demo::GWEI};
        tx.gas_limit = 4'000'000;
        tx.to = world_.sites().asker;
        tx.data = demo::as_root(abi::call("ask(uint256,address,uint256)", uint256{L1},
                                          world_.sites().answerer, uint256{6u}));
        sign(tx, alice.key);
        return {A, std::move(tx)};
    }
    /// An operation that looks at the time, so that it settles in no later block.
    builder::L1Root looking_at_the_clock() {
        return world_.operation(world_.alice(), clock_, {}, 100'000);
    }

    void submit_two() {
        ASSERT_TRUE(node_->follow().has_value());
        first_nonce_ = nonce_of_alice();
        ASSERT_TRUE(node_->submit(asking()).has_value());
        ASSERT_TRUE(node_->submit(asking(1)).has_value());
    }
    uint64_t nonce_of_alice() {
        return node_->follower()
            .rollup(A)
            ->chain.head_state()
            ->account(world_.alice().address)
            ->nonce;
    }
    /// Takes a turn after which a scope is in flight.
    InFlight fly() {
        const auto turn = node_->step();
        EXPECT_FALSE(turn.failed) << to_string(*turn.failed);
        EXPECT_FALSE(turn.settled);
        EXPECT_TRUE(turn.refused.empty());
        EXPECT_TRUE(turn.in_flight);
        return turn.in_flight.value_or(InFlight{});
    }
    /// Takes a turn that has so many roots settle, in this transaction.
    void expect_settles(size_t roots, const Transaction& transaction) {
        const auto turn = node_->step();
        ASSERT_FALSE(turn.failed) << to_string(*turn.failed);
        ASSERT_TRUE(turn.settled);
        ASSERT_TRUE(turn.bundle);
        EXPECT_EQ(turn.bundle->roots.size(), roots);
        EXPECT_EQ(turn.bundle->transaction, transaction);
        EXPECT_TRUE(turn.refused.empty());
        EXPECT_FALSE(turn.in_flight);
        EXPECT_FALSE(node_->in_flight());
        EXPECT_EQ(node_->waiting(), 0u);
        expect_as_fresh();
        // There is nothing more to come.
        const auto next = node_->step();
        EXPECT_FALSE(next.settled || next.failed || next.in_flight);
    }
    void expect_settled_once() { EXPECT_EQ(nonce_of_alice(), first_nonce_ + 2); }
    void expect_as_fresh() {
        rollup::Follower fresh{l1(), world_.network().rollups};
        ASSERT_TRUE(fresh.advance().has_value());
        for (const ChainId id : {A, B})
            EXPECT_EQ(node_->follower().rollup(id)->chain.head()->hash,
                      fresh.rollup(id)->chain.head()->hash);
    }

    uint64_t first_nonce_ = 0;
};

TEST_F(ScopesInFlight, wait_for_their_block_and_let_no_other_be_built) {
    submit_two();
    const auto flight = fly();
    EXPECT_EQ(flight.roots, 2u);
    EXPECT_EQ(flight.sent, 1u);
    EXPECT_EQ(flight.since, l1().chain().head()->header().number);
    ASSERT_EQ(pool_->sent.size(), 1u);
    EXPECT_EQ(flight.transaction, hash(pool_->sent[0]));
    EXPECT_EQ(node_->waiting(), 0u);
    EXPECT_TRUE(node_->is_in_flight(A));
    EXPECT_FALSE(node_->is_in_flight(B));
    // Others wait behind it, and no block is built that it knows nothing of.
    ASSERT_TRUE(node_->submit(asking(2)).has_value());
    EXPECT_EQ(fly().transaction, flight.transaction);
    const auto block = node_->build_block(A, {}, EmptyBlock::yes);
    ASSERT_FALSE(block.has_value());
    EXPECT_EQ(to_string(block.error()), "in_flight: a scope with its blocks is on its way to L1");
    EXPECT_TRUE(node_->build_block(B, {}, EmptyBlock::yes).has_value());
    EXPECT_EQ(pool_->sent.size(), 1u);

    pool_->mine();
    const auto turn = node_->step();
    ASSERT_TRUE(turn.settled);
    EXPECT_EQ(turn.bundle->roots.size(), 2u);
    EXPECT_EQ(node_->waiting(), 1u);
    EXPECT_TRUE(node_->build_block(A, {}, EmptyBlock::yes).has_value());
    EXPECT_EQ(fly().roots, 1u);
    pool_->mine();
    EXPECT_TRUE(node_->step().settled);
    EXPECT_EQ(nonce_of_alice(), first_nonce_ + 3);
    expect_as_fresh();
}

TEST_F(ScopesInFlight, go_on_as_they_are_on_a_new_head_on_which_they_hold) {
    submit_two();
    const auto flight = fly();
    for (int i = 0; i < 2; ++i) {
        pool_->mine_empty();
        EXPECT_EQ(fly().transaction, flight.transaction);
    }
    EXPECT_EQ(pool_->sent.size(), 1u);
    pool_->mine();
    expect_settles(2, pool_->sent[0]);
    expect_settled_once();
}

TEST_F(ScopesInFlight, are_sent_with_higher_fees_when_they_have_waited_long_enough) {
    submit_two();
    fly();
    for (int i = 0; i < 3; ++i) {
        pool_->mine_empty();
        fly();
    }
    ASSERT_EQ(pool_->sent.size(), 2u);
    const auto &before = pool_->sent[0], &now = pool_->sent[1];
    EXPECT_EQ(now.nonce, before.nonce);
    EXPECT_EQ(now.data, before.data);
    EXPECT_GT(now.max_fee_per_gas, before.max_fee_per_gas);
    EXPECT_EQ(fly().sent, 2u);
    pool_->mine();
    expect_settles(2, pool_->sent[1]);
    expect_settled_once();
}

TEST_F(ScopesInFlight, settle_by_an_earlier_version_too) {
    submit_two();
    fly();
    for (int i = 0; i < 3; ++i) {
        pool_->mine_empty();
        fly();
    }
    ASSERT_EQ(pool_->sent.size(), 2u);
    const auto first = pool_->sent[0];
    pool_->mine(first);
    expect_settles(2, first);
    expect_settled_once();
}

TEST_F(ScopesInFlight, offer_no_more_than_the_options_let_them) {
    submit_two();
    auto options = world_.options();
    fly();
    options.max_fee_per_gas = pool_->sent[0].max_fee_per_gas;
    const auto before = pool_->sent[0];
    pool_->has_pooled = false;
    pool_->sent.clear();
    node_ = make_node(options);
    submit_two();
    const auto flight = fly();
    EXPECT_LE(pool_->sent[0].max_fee_per_gas, before.max_fee_per_gas);
    for (int i = 0; i < 2; ++i) {
        pool_->mine_empty();
        fly();
    }
    pool_->mine_empty();
    const auto turn = node_->step();
    ASSERT_TRUE(turn.failed);
    EXPECT_NE(turn.failed->reason.find("max_fee_per_gas"), std::string::npos)
        << turn.failed->reason;
    ASSERT_TRUE(turn.in_flight);
    EXPECT_EQ(turn.in_flight->transaction, flight.transaction);
    pool_->mine();
    expect_settles(2, pool_->sent[0]);
    expect_settled_once();
}

TEST_F(ScopesInFlight, are_built_again_of_the_same_roots_where_they_hold_no_more) {
    submit_two();
    ASSERT_TRUE(node_->submit(looking_at_the_clock()).has_value());
    EXPECT_EQ(fly().roots, 3u);
    const auto first = pool_->sent[0];
    pool_->mine_empty();
    EXPECT_EQ(fly().roots, 3u);
    ASSERT_EQ(pool_->sent.size(), 2u);
    EXPECT_EQ(pool_->sent[1].nonce, first.nonce);
    EXPECT_NE(pool_->sent[1].data, first.data);
    EXPECT_GE(pool_->sent[1].max_fee_per_gas * uint256{10u}, first.max_fee_per_gas * uint256{11u});
    pool_->mine();
    expect_settles(3, pool_->sent[1]);
    expect_settled_once();
}

TEST_F(ScopesInFlight, have_their_roots_wait_again_when_they_revert) {
    submit_two();
    ASSERT_TRUE(node_->submit(looking_at_the_clock()).has_value());
    fly();
    pool_->mine_empty();
    pool_->mine();  // one block too late
    const auto turn = node_->step();
    ASSERT_TRUE(turn.failed);
    EXPECT_EQ(turn.failed->rule, SettleRule::reverted);
    EXPECT_FALSE(turn.in_flight);
    EXPECT_EQ(node_->waiting(), 3u);
    // Nobody is suspected: nobody had run it on that head.
    EXPECT_EQ(fly().roots, 3u);
    pool_->mine();
    expect_settles(3, pool_->sent.back());
    expect_settled_once();
}

TEST_F(ScopesInFlight, are_sent_again_when_the_pool_has_dropped_them) {
    submit_two();
    const auto flight = fly();
    pool_->has_pooled = false;
    EXPECT_EQ(fly().transaction, flight.transaction);
    EXPECT_TRUE(pool_->has_pooled);
    pool_->has_pooled = false;
    pool_->mine_empty();
    EXPECT_EQ(fly().transaction, flight.transaction);
    pool_->mine();
    expect_settles(2, pool_->sent.back());
    expect_settled_once();
}

TEST_F(ScopesInFlight, pay_what_the_pool_asks_for) {
    submit_two();
    // Some eighths above what the builder offers by itself.
    pool_->least_fee =
        *l1().chain().head()->header().base_fee_per_gas * uint256{4u} + uint256{2 * demo::GWEI};
    const auto flight = fly();
    ASSERT_EQ(pool_->sent.size(), 1u);
    EXPECT_GE(pool_->sent[0].max_fee_per_gas, pool_->least_fee);
    EXPECT_EQ(flight.sent, 1u) << "what no pool took is no version of it";
    pool_->mine();
    expect_settles(2, pool_->sent[0]);
    expect_settled_once();
}

TEST_F(ScopesInFlight, take_the_place_of_what_an_earlier_process_sent) {
    submit_two();
    fly();
    node_ = make_node(world_.options());
    submit_two();
    fly();
    ASSERT_EQ(pool_->sent.size(), 2u);
    EXPECT_EQ(pool_->sent[1].nonce, pool_->sent[0].nonce);
    pool_->mine();
    expect_settles(2, pool_->sent[1]);
    expect_settled_once();
}

TEST_F(ScopesInFlight, are_sent_once_though_the_answer_was_lost) {
    submit_two();
    pool_->takes_without_a_word = true;
    const auto turn = node_->step();
    ASSERT_TRUE(turn.failed);
    EXPECT_EQ(turn.failed->rule, SettleRule::not_sent);
    ASSERT_TRUE(turn.in_flight);
    pool_->takes_without_a_word = false;
    EXPECT_EQ(fly().transaction, turn.in_flight->transaction);
    EXPECT_EQ(pool_->sent.size(), 1u);
    pool_->mine();
    expect_settles(2, pool_->sent[0]);
    expect_settled_once();
}

TEST_F(ScopesInFlight, are_sent_later_where_the_pool_is_away_or_full) {
    using Rule = l1::SendError::Rule;
    for (const auto rule : {Rule::unreachable, Rule::pool_full}) {
        submit_two();
        pool_->refuses_by = rule;
        for (int i = 0; i < 2; ++i) {
            const auto turn = node_->step();
            ASSERT_TRUE(turn.failed);
            EXPECT_EQ(turn.failed->rule, SettleRule::not_sent);
            EXPECT_TRUE(turn.in_flight);
            pool_->mine_empty();
        }
        pool_->refuses_by.reset();
        fly();
        pool_->mine();
        expect_settles(2, pool_->sent.back());
        expect_settled_once();
    }
}

TEST_F(ScopesInFlight, are_none_where_the_pool_refuses_for_good) {
    submit_two();
    for (const auto rule : {l1::SendError::Rule::refused, l1::SendError::Rule::insufficient,
                            l1::SendError::Rule::other_kind}) {
        pool_->refuses_by = rule;
        const auto turn = node_->step();
        ASSERT_TRUE(turn.failed);
        EXPECT_EQ(turn.failed->rule, SettleRule::not_sent);
        EXPECT_FALSE(turn.in_flight);
        EXPECT_EQ(node_->waiting(), 2u);
    }
    pool_->refuses_by.reset();
    fly();
    pool_->mine();
    expect_settles(2, pool_->sent[0]);
    expect_settled_once();
}

TEST_F(ScopesInFlight, get_another_nonce_where_somebody_used_theirs) {
    submit_two();
    fly();
    const auto first = pool_->sent[0];
    Transaction other;
    other.type = TxType::dynamic_fee;
    other.chain_id = L1;
    other.nonce = first.nonce;
    other.max_fee_per_gas = first.max_fee_per_gas;
    other.gas_limit = 21'000;
    other.to = world_.bob().address;
    sign(other, devnet::make_person("submitter").key);
    pool_->mine(other);
    fly();
    ASSERT_EQ(pool_->sent.size(), 2u);
    EXPECT_EQ(pool_->sent[1].nonce, first.nonce + 1);
    pool_->mine();
    expect_settles(2, pool_->sent[1]);
    expect_settled_once();
}

TEST_F(ScopesInFlight, outlive_a_reorganisation_of_l1) {
    submit_two();
    const auto before = l1().chain().head()->hash;
    fly();
    const auto sent = pool_->sent[0];
    pool_->mine();
    l1().set_head(before);  // before anybody has looked
    pool_->has_pooled = true;
    pool_->mine_empty();
    pool_->mine_empty();
    fly();
    pool_->mine(sent);
    expect_settles(2, sent);
    expect_settled_once();
}

TEST_F(ScopesInFlight, are_as_they_were_while_l1_is_away) {
    submit_two();
    const auto flight = fly();
    pool_->mine_empty();
    for (bool PooledL1::* fault : {&PooledL1::is_status_away, &PooledL1::is_state_away}) {
        (*pool_).*fault = true;
        const auto turn = node_->step();
        ASSERT_TRUE(turn.failed);
        EXPECT_EQ(turn.failed->rule, SettleRule::unreachable) << to_string(*turn.failed);
        ASSERT_TRUE(turn.in_flight);
        EXPECT_EQ(turn.in_flight->transaction, flight.transaction);
        (*pool_).*fault = false;
    }
    EXPECT_EQ(fly().transaction, flight.transaction);
    EXPECT_EQ(pool_->sent.size(), 1u);
    pool_->mine();
    expect_settles(2, pool_->sent[0]);
    expect_settled_once();
}

TEST_F(ScopesInFlight, are_not_built_of_states_that_cannot_be_read) {
    submit_two();
    pool_->is_state_away = true;
    const auto turn = node_->step();
    ASSERT_TRUE(turn.failed);
    EXPECT_EQ(to_string(*turn.failed), "unreachable: L1's state: it is away");
    EXPECT_EQ(node_->waiting(), 2u);
    const auto block = node_->build_block(A, {}, EmptyBlock::yes);
    ASSERT_FALSE(block.has_value());
    EXPECT_EQ(to_string(block.error()), "unreachable: L1's state: it is away");
    EXPECT_EQ(node_->open_scope().error().rule, SettleRule::unreachable);
    pool_->is_state_away = false;
    fly();
    pool_->mine();
    expect_settles(2, pool_->sent[0]);
    expect_settled_once();
}

}  // namespace
}  // namespace scope::node
