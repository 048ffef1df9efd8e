#include <gmock/gmock.h>

#include "builder/next_origin.hpp"
#include "flood.hpp"
#include "protocol/forced.hpp"

/// What L1 says of chains, and queues, while a rollup has no batch: however much it is, the rollup's
/// next batches take it, with the real contracts.
namespace scope::node {
namespace {

using demo::A;
using demo::B;
using demo::L1;

const Address RECEIVER{{0xbe, 0xef}};

class Backlog : public testing::Test {
  protected:
    void SetUp() override {
        if (__has_feature(address_sanitizer))
            GTEST_SKIP() << "batches so large take an attester more than its 10 s with sanitizers";
    }

    demo::Progress progress_;
    demo::World world_{devnet::Artifacts::locate(), builder::DataAvailability::blobs, progress_};
    Flood flood_{world_};
    demo::Person deployer_ = devnet::make_person("deployer");

    Node& node() { return world_.devnet().node(); }
    l1::LocalL1& l1() { return world_.devnet().l1(); }
    const rollup::Follower::Rollup& followed(ChainId chain_id) {
        return *node().follower().rollup(chain_id);
    }
    uint256 balance_of(ChainId chain_id, const Address& account) {
        const auto found = node().latest(chain_id).head_state()->account(account);
        return found ? found->balance : uint256{};
    }
    void mine_l1(uint64_t blocks) {
        for (uint64_t i = 0; i < blocks; ++i) ASSERT_TRUE(l1().mine({}).has_value());
    }
    Transaction signed_by(const demo::Person& from, ChainId chain_id, const Address& to, Bytes data,
                          uint64_t gas, const uint256& value) {
        const auto& chain = chain_id == L1 ? l1().chain() : node().latest(chain_id);
        Transaction tx;
        tx.type = TxType::dynamic_fee;
        tx.chain_id = chain_id;
        tx.nonce = chain.head_state()->account(from.address)->nonce;
        tx.gas_limit = gas;
        tx.max_priority_fee_per_gas = uint256{demo::GWEI};
        tx.max_fee_per_gas = uint256{1'000 * demo::GWEI};
        tx.to = to;
        tx.value = value;
        tx.data = std::move(data);
        sign(tx, from.key);
        return tx;
    }
    /// Bob moves 1 wei on a rollup.
    Transaction transfer(ChainId chain_id) {
        return signed_by(world_.bob(), chain_id, RECEIVER, {}, 21'000, uint256{1u});
    }
    /// Alice on A asks the answerer on L1.
    builder::L2Root asking() {
        return {A, signed_by(world_.alice(), A, world_.sites().asker,
                             demo::as_root(abi::call("ask(uint256,address,uint256)", uint256{L1},
                                                     world_.sites().answerer, uint256{6u})),
                             4'000'000, {})};
    }
    void queue(ChainId chain_id, const Bytes& calldata, const uint256& value) {
        const auto tx = signed_by(deployer_, L1, world_.network().contracts.settlement.settlement,
                                  calldata, 4'000'000, value);
        const auto mined = l1().mine(std::span{&tx, 1});
        ASSERT_TRUE(mined && mined->refused.empty() && mined->outcomes.at(0).succeeded())
            << chain_id.number();
    }
    void queue_deposit(ChainId chain_id) {
        queue(chain_id, protocol::deposit_and_call(chain_id, RECEIVER, uint256{1u}, 0, {}),
              uint256{demo::ETHER});
    }
    /// Queues a transfer of 1 wei by Bob, who has a nonce of his own for it.
    void queue_transfer(ChainId chain_id, uint64_t nonces_before) {
        auto tx = transfer(chain_id);
        tx.nonce += nonces_before;
        sign(tx, world_.bob().key);
        queue(chain_id, protocol::force_transaction(chain_id, encode(tx), tx.gas_limit),
              uint256{demo::ETHER});
    }
    bool is_known(ChainId chain_id, ChainId other) {
        return !world_
                    .number(chain_id, rollup::PREDEPLOY,
                            abi::call("isKnown(uint256)", uint256{other}))
                    .is_zero();
    }

    /// Takes turns until the root that was submitted has settled; returns what they settled.
    std::vector<builder::Bundle> settle_the_root(size_t most_turns) {
        std::vector<builder::Bundle> bundles;
        for (size_t turns = 0; turns < most_turns; ++turns) {
            auto turn = node().step();
            EXPECT_FALSE(turn.failed.has_value()) << to_string(turn.failed.value_or(SettleError{}));
            for (const auto& [root, refusal] : turn.refused)
                ADD_FAILURE() << "refused: " << refusal.reason;
            if (!turn.bundle) break;
            bundles.push_back(std::move(*turn.bundle));
            if (!bundles.back().roots.empty()) return bundles;
        }
        ADD_FAILURE() << "no root has settled";
        return bundles;
    }
    /// Takes turns until nothing settles any more; returns how many settled.
    size_t settle_the_rest() {
        size_t settled = 0;
        while (node().step().settled.has_value()) ++settled;
        return settled;
    }
    /// Expects that a rollup's next block can take all that L1 has said of chains.
    void expect_caught_up(ChainId chain_id) {
        const uint64_t origin = followed(chain_id).l1_origin_number();
        const uint64_t parent_s = followed(chain_id).chain.head()->header().timestamp_s;
        const uint64_t head = l1().chain().head()->header().number;
        EXPECT_EQ(builder::next_origin(node().follower(), origin, parent_s, head), head)
            << chain_id.number();
        EXPECT_LT(head - origin, builder::MAX_ORIGIN_AGE + 2);
    }
    /// Expects that nothing waits, and that who has L1 alone comes to the same heads.
    void expect_all_settled() {
        EXPECT_TRUE(node().unsettled().empty());
        rollup::Follower fresh{l1(), world_.network().rollups};
        ASSERT_TRUE(fresh.advance().has_value());
        for (const ChainId id : {A, B}) {
            ASSERT_FALSE(fresh.rollup(id)->stopped.has_value())
                << to_string(*fresh.rollup(id)->stopped);
            EXPECT_EQ(node().latest(id).head()->hash, fresh.rollup(id)->chain.head()->hash);
            EXPECT_EQ(node().latest(id).head_state()->state_root(),
                      fresh.rollup(id)->chain.head_state()->state_root());
        }
    }
};

TEST_F(Backlog, a_flood_of_registrations_keeps_no_rollup_from_settling) {
    flood_.add(3'000);  // more than 2^26 gas, which one system transaction has
    const auto before = followed(A).l1_origin_number();
    ASSERT_TRUE(node().submit(asking()));
    const auto bundles = settle_the_root(3);
    ASSERT_FALSE(bundles.empty());
    EXPECT_TRUE(bundles.back().roots.at(0).success);
    EXPECT_TRUE(is_known(A, flood_.last()));
    uint64_t origin = before;
    size_t blocks = 0;
    for (const auto& bundle : bundles)
        for (const auto& part : bundle.parts)
            for (const auto& block : part.batch.blocks) {
                if (part.chain_id != A) continue;
                EXPECT_GE(block.l1_origin_number, origin);
                origin = block.l1_origin_number;
                ++blocks;
            }
    EXPECT_GE(blocks, 3'000 / builder::MAX_CHAINS_PER_BLOCK);
    settle_the_rest();
    for (const ChainId id : {A, B}) expect_caught_up(id);
    expect_all_settled();
    // What next_origin takes for granted of L1.
    EXPECT_GT(flood_.gas_used() * builder::MAX_CHAINS_PER_BLOCK, 60'000'000u);
    RecordProperty("gas_of_a_registration", std::to_string(flood_.gas_used()));
}

TEST_F(Backlog, a_block_behind_a_flood_comes_after_those_that_catch_up) {
    flood_.add(1'200);
    const auto before = node().latest(A).head()->header().number;
    const auto built = node().build_block(A, std::vector{transfer(A)});
    ASSERT_TRUE(built.has_value()) << to_string(built.error());
    ASSERT_NE(built->block, nullptr);
    const auto blocks = node().unsettled().at(A);
    EXPECT_EQ(built->block, blocks.back()->block);
    EXPECT_EQ(built->block->header().number, before + blocks.size());
    EXPECT_GE(blocks.size(), 3u);
    EXPECT_EQ(blocks.back()->content.l1_origin_number, l1().chain().head()->header().number);
    for (const auto& block : blocks)
        EXPECT_LE(block->all_gas_used, builder::MAX_CHAINS_PER_BLOCK * builder::GAS_PER_CHAIN);
    EXPECT_TRUE(node().settle_unsettled().settled.has_value());
    expect_all_settled();
}

TEST_F(Backlog, more_than_half_a_batch_settles_in_several) {
    constexpr uint64_t MORE = rollup::MAX_BATCH_GAS / 2 / 23'000 + 1'500;  // registrations
    flood_.add(MORE);
    ASSERT_TRUE(node().submit(asking()));
    const auto bundles = settle_the_root(4);
    EXPECT_GE(bundles.size() + settle_the_rest(), 2u);
    for (const ChainId id : {A, B}) expect_caught_up(id);
    expect_all_settled();

    // Where the batch couldn't end with such an origin, it takes more.
    flood_.add(MORE);
    mine_l1(builder::MAX_SETTLED_ORIGIN_AGE - 10);
    ASSERT_TRUE(node().submit(asking()));
    EXPECT_EQ(settle_the_root(1).size(), 1u);
    settle_the_rest();
    for (const ChainId id : {A, B}) expect_caught_up(id);
    expect_all_settled();
}

TEST_F(Backlog, of_all_kinds_over_hundreds_of_l1_blocks_settles) {
    constexpr uint64_t ROUNDS = 60;
    for (uint64_t round = 0; round < ROUNDS; ++round) {
        flood_.add(30);
        queue_deposit(round % 3 == 0 ? B : A);
        if (round % 2 == 0) queue_transfer(A, round / 2);
        mine_l1(4);
    }
    ASSERT_TRUE(node().submit(asking()));
    settle_the_root(8);
    settle_the_rest();
    for (const ChainId id : {A, B}) {
        expect_caught_up(id);
        EXPECT_FALSE(node().has_entries(id));
    }
    // Deposits, and Bob's transfers.
    EXPECT_EQ(balance_of(A, RECEIVER), uint256{ROUNDS * 2 / 3 + ROUNDS / 2});
    EXPECT_EQ(balance_of(B, RECEIVER), uint256{ROUNDS / 3});
    expect_all_settled();
}

}  // namespace
}  // namespace scope::node
