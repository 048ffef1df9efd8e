#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

#include "base/hex.hpp"
#include "demo/world.hpp"
#include "evm/analysis.hpp"
#include "flood.hpp"
#include "types/signing.hpp"

/// Blocks of rollups that wait for a batch: what is built over the followed heads, what settles of
/// it, and what becomes of it when L1 is reorganised.
namespace scope::node {
namespace {

using demo::A;
using demo::B;
using demo::L1;

constexpr uint64_t TRANSFER_GAS = 21'000;
const Address RECEIVER{{0xbe, 0xef}};

std::vector<Hash> hashes_of(const std::vector<Transaction>& transactions) {
    std::vector<Hash> hashes;
    for (const auto& tx : transactions) hashes.push_back(hash(tx));
    return hashes;
}

class Unsettled : public testing::Test {
  protected:
    explicit Unsettled(builder::DataAvailability availability = builder::DataAvailability::calldata)
        : world_(devnet::Artifacts::locate(), availability, progress_) {}

    demo::Progress progress_;
    demo::World world_;
    uint8_t branches_ = 0;

    Node& node() { return world_.devnet().node(); }
    l1::LocalL1& l1() { return world_.devnet().l1(); }
    const chain::Chain& followed(ChainId chain_id) { return world_.chain(chain_id); }
    const chain::Chain& latest(ChainId chain_id) { return node().latest(chain_id); }

    uint64_t nonce_of(ChainId chain_id, const Address& account) {
        const auto found = latest(chain_id).head_state()->account(account);
        return found ? found->nonce : 0;
    }
    uint256 balance_of(ChainId chain_id, const Address& account) {
        const auto found = latest(chain_id).head_state()->account(account);
        return found ? found->balance : uint256{};
    }

    Transaction unsigned_one(ChainId chain_id, uint64_t nonce, std::optional<Address> to,
                             Bytes data, uint64_t gas) {
        Transaction tx;
        tx.type = TxType::dynamic_fee;
        tx.chain_id = chain_id;
        tx.nonce = nonce;
        tx.max_priority_fee_per_gas = uint256{demo::GWEI};
        tx.max_fee_per_gas = uint256{20 * demo::GWEI};
        tx.gas_limit = gas;
        tx.to = to;
        tx.data = std::move(data);
        return tx;
    }
    Transaction made(ChainId chain_id, const demo::Person& from, uint64_t nonce,
                     std::optional<Address> to, Bytes data, uint64_t gas) {
        auto tx = unsigned_one(chain_id, nonce, to, std::move(data), gas);
        sign(tx, from.key);
        return tx;
    }
    /// A transfer of 1 wei by Bob.
    Transaction transfer_with(ChainId chain_id, uint64_t nonce) {
        auto tx = unsigned_one(chain_id, nonce, RECEIVER, {}, TRANSFER_GAS);
        tx.value = uint256{1u};
        sign(tx, world_.bob().key);
        return tx;
    }
    Transaction transfer(ChainId chain_id, uint64_t nonces_before = 0) {
        return transfer_with(chain_id, nonce_of(chain_id, world_.bob().address) + nonces_before);
    }
    /// Alice on A asks the answerer on L1.
    Transaction asking_with(uint64_t nonce) {
        return made(A, world_.alice(), nonce, world_.sites().asker,
                    demo::as_root(abi::call("ask(uint256,address,uint256)", uint256{L1},
                                            world_.sites().answerer, uint256{6u})),
                    4'000'000);
    }
    Transaction asking() { return asking_with(nonce_of(A, world_.alice().address)); }

    chain::StoredBlockPtr build(ChainId chain_id, const std::vector<Transaction>& transactions,
                                EmptyBlock empty = EmptyBlock::no) {
        const auto built = node().build_block(chain_id, transactions, empty);
        if (!built) throw std::runtime_error{to_string(built.error())};
        for (const auto& outcome : built->outcomes)
            if (!outcome) throw std::runtime_error{outcome.error().to_string()};
        return built->block;
    }

    /// Has the last blocks of L1 replaced by one more, which are other ones.
    void reorganise_l1(uint64_t depth) {
        const auto head = l1().chain().head()->header().number;
        l1().set_head((*l1().block(head - depth))->hash);
        ++branches_;
        for (uint64_t i = 0; i <= depth; ++i) {
            l1().set_next({.coinbase = Address{{0xc0, branches_}}});
            ASSERT_TRUE(l1().mine({}).has_value());
        }
        ASSERT_TRUE(node().follow().has_value());
    }

    /// Nothing waits, and who has L1 alone comes to the same heads.
    void expect_all_settled() {
        EXPECT_TRUE(node().unsettled().empty());
        rollup::Follower fresh{l1(), world_.network().rollups};
        ASSERT_TRUE(fresh.advance().has_value());
        for (const ChainId id : {A, B}) {
            EXPECT_FALSE(fresh.rollup(id)->stopped.has_value());
            EXPECT_EQ(latest(id).head()->hash, followed(id).head()->hash);
            EXPECT_EQ(latest(id).head()->hash, fresh.rollup(id)->chain.head()->hash);
            EXPECT_EQ(latest(id).head_state()->state_root(),
                      fresh.rollup(id)->chain.head_state()->state_root());
        }
    }
    Node::Turn settle_unsettled() {
        auto turn = node().settle_unsettled();
        EXPECT_FALSE(turn.failed.has_value()) << to_string(turn.failed.value_or(SettleError{}));
        EXPECT_TRUE(turn.settled.has_value());
        return turn;
    }
    /// Alice's root settles, with all that waits.
    void settle_a_root() {
        ASSERT_TRUE(node().submit(builder::L2Root{A, asking()}));
        const auto turn = node().step();
        ASSERT_FALSE(turn.failed.has_value()) << to_string(*turn.failed);
        ASSERT_TRUE(turn.refused.empty()) << turn.refused.front().second.to_string();
        ASSERT_TRUE(turn.settled.has_value());
        EXPECT_TRUE(turn.bundle->dissents.empty());
        EXPECT_EQ(turn.bundle->roots.size(), 1u);
        EXPECT_TRUE(turn.bundle->roots.at(0).success);
        expect_all_settled();
    }
};

class UnsettledInBlobs : public Unsettled {
  protected:
    UnsettledInBlobs() : Unsettled(builder::DataAvailability::blobs) {}
};

TEST_F(UnsettledInBlobs, ordinary_blocks_and_a_root_settle_as_one_batch_a_rollup) {
    const auto head_of_a = followed(A).head();
    const auto head_of_b = followed(B).head();
    std::vector<Hash> blocks;
    for (int i = 0; i < 3; ++i) {
        const auto tx = transfer(A);
        const auto block = build(A, {tx});
        ASSERT_NE(block, nullptr);
        EXPECT_EQ(latest(A).head(), block);
        EXPECT_EQ(latest(A).store().transaction(hash(tx))->block, block);
        blocks.push_back(block->hash);
    }
    EXPECT_EQ(balance_of(A, RECEIVER), uint256{3u});
    build(B, {transfer(B), transfer(B, 1)});
    build(B, {}, EmptyBlock::yes);
    EXPECT_EQ(followed(A).head(), head_of_a);
    EXPECT_EQ(latest(A).store().canonical_block(head_of_a->header().number), head_of_a);

    // Alone they wait.
    EXPECT_FALSE(node().step().settled.has_value());
    ASSERT_TRUE(node().submit(builder::L2Root{A, asking()}));
    const auto turn = node().step();
    ASSERT_TRUE(turn.settled.has_value());
    const auto& bundle = *turn.bundle;
    EXPECT_TRUE(bundle.dissents.empty());
    EXPECT_EQ(bundle.roots.size(), 1u);
    ASSERT_EQ(bundle.parts.size(), 2u);
    EXPECT_EQ(bundle.parts[0].batch.blocks.size(), 4u);  // the root's comes behind
    EXPECT_EQ(bundle.parts[1].batch.blocks.size(), 2u);  // nothing does
    EXPECT_EQ(bundle.parts[0].public_inputs.parent_block_hash, head_of_a->hash);
    EXPECT_EQ(bundle.parts[1].public_inputs.parent_block_hash, head_of_b->hash);
    for (size_t i = 0; i < blocks.size(); ++i)
        EXPECT_EQ(followed(A).store().canonical_block(head_of_a->header().number + 1 + i)->hash,
                  blocks[i]);
    EXPECT_EQ(followed(B).head()->header().number, head_of_b->header().number + 2);
    expect_all_settled();
    EXPECT_TRUE(node().take_dropped().empty());
    settle_a_root();
}

TEST_F(Unsettled, settle_without_a_root_when_they_are_asked_to) {
    const auto l1_head = l1().chain().head();
    EXPECT_FALSE(node().settle_unsettled().settled.has_value());
    EXPECT_EQ(l1().chain().head(), l1_head);

    build(B, {transfer(B)});
    const auto turn = settle_unsettled();
    EXPECT_EQ(turn.bundle->parts.size(), 1u);
    EXPECT_EQ(turn.bundle->parts[0].batch.blocks.size(), 1u);
    EXPECT_TRUE(turn.bundle->roots.empty());
    expect_all_settled();
    EXPECT_TRUE(node().take_undone(B).empty());
}

TEST_F(Unsettled, settle_also_where_l1_alone_has_a_root) {
    build(B, {transfer(B)});
    ASSERT_TRUE(node().submit(world_.operation(world_.alice(), world_.bob().address, {}, 100'000)));
    const auto turn = node().step();
    ASSERT_TRUE(turn.settled.has_value());
    EXPECT_EQ(turn.bundle->roots.size(), 1u);
    expect_all_settled();
}

TEST_F(Unsettled, hold_nothing_but_ordinary_transactions_that_can_stand) {
    const auto root = asking();
    const auto built = node().build_block(A, std::vector{root, transfer(A, 7)});
    ASSERT_TRUE(built.has_value());
    EXPECT_EQ(built->block, nullptr);
    ASSERT_EQ(built->outcomes.size(), 2u);
    EXPECT_EQ(built->outcomes[0].error().reason, "chain 901: root_without_load");
    EXPECT_EQ(built->outcomes[1].error().reason, "chain 901: nonce_too_high");
    EXPECT_TRUE(node().unsettled().empty());
    // Of what is settled later nothing may be wrong that is seen then.
    auto strange = transfer(A);
    strange.blob_versioned_hashes = {Hash{{1}}};
    EXPECT_EQ(node().build_block(A, std::vector{strange})->outcomes[0].error().rule,
              builder::RefusalRule::transaction);

    const auto some = node().build_block(A, std::vector{root, transfer(A), transfer(A)});
    ASSERT_TRUE(some.has_value());
    ASSERT_NE(some->block, nullptr);
    EXPECT_EQ(some->block->block.transactions.size(), 2u);  // openScope and the transfer
    EXPECT_TRUE(some->outcomes[1].has_value());
    EXPECT_FALSE(some->outcomes[2].has_value());
}

TEST_F(Unsettled, are_what_scopes_are_simulated_on) {
    // A contract that is not settled: returns 42.
    const auto create =
        made(A, world_.bob(), nonce_of(A, world_.bob().address), std::nullopt,
             from_hex("69602a5f5260205ff3000000005f52600a6016f3").value(), 1'000'000);
    build(A, {create});
    auto scope = node().open_scope();
    ASSERT_TRUE(scope.has_value());
    EXPECT_FALSE(scope->why_absent(A).has_value());
    EXPECT_EQ(scope->add_transaction(A, create).error().reason, "chain 901: nonce_too_low");
    EXPECT_TRUE(scope->add_transaction(A, transfer(A)).has_value());
}

TEST_F(Unsettled, stay_if_l1_keeps_the_block_that_they_name) {
    const auto block = build(A, {transfer(A)});
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(l1().mine({}).has_value());
    reorganise_l1(3);
    EXPECT_EQ(latest(A).head(), block);
    EXPECT_TRUE(node().take_dropped().empty());
    settle_unsettled();
    expect_all_settled();
}

TEST_F(Unsettled, give_their_transactions_back_if_l1_is_reorganised_by_one) {
    ASSERT_TRUE(l1().mine({}).has_value());
    const auto before = followed(A).head();
    const std::vector transactions{transfer(A), transfer(A, 1), transfer(A, 2)};
    build(A, {transactions[0], transactions[1]});
    build(A, {transactions[2]});
    reorganise_l1(1);
    EXPECT_EQ(latest(A).head(), before);
    const auto dropped = node().take_dropped();
    ASSERT_EQ(dropped.size(), 1u);
    EXPECT_EQ(dropped[0].chain_id, A);
    EXPECT_EQ(dropped[0].blocks.size(), 2u);
    auto undone = node().take_undone(A);
    EXPECT_EQ(hashes_of(undone), hashes_of(transactions));
    EXPECT_TRUE(node().take_undone(A).empty());
    EXPECT_TRUE(node().take_undone(B).empty());
    build(A, undone);
    settle_a_root();
}

TEST_F(Unsettled, come_back_behind_what_had_settled_if_l1_is_reorganised_by_three) {
    const std::vector transactions{transfer(A), transfer(A, 1), transfer(A, 2)};
    const auto before = followed(A).head();
    build(A, {transactions[0]});
    settle_unsettled();
    ASSERT_TRUE(l1().mine({}).has_value());
    ASSERT_TRUE(l1().mine({}).has_value());
    build(A, {transactions[1]});
    build(A, {transactions[2]});
    // One is built again before anybody asks for what was undone: it is not given back.
    reorganise_l1(3);
    EXPECT_EQ(latest(A).head(), before);
    build(A, {transactions[0]});
    auto undone = node().take_undone(A);
    EXPECT_EQ(hashes_of(undone), hashes_of({transactions[1], transactions[2]}));
    build(A, undone);
    settle_a_root();
}

TEST_F(Unsettled, come_back_after_a_snapshot) {
    build(A, {transfer(A)});
    build(B, {transfer(B)});
    const auto head = l1().chain().head();
    const auto blocks = node().unsettled();
    build(A, {transfer(A)});
    settle_unsettled();
    l1().set_head(head->hash);
    ASSERT_TRUE(node().follow().has_value());
    EXPECT_EQ(node().take_undone(A).size(), 2u);
    node().set_unsettled(blocks);
    for (const ChainId id : {A, B}) EXPECT_EQ(latest(id).head(), blocks.at(id).back()->block);
    settle_a_root();
    // Of another head none is put back.
    node().set_unsettled(blocks);
    EXPECT_TRUE(node().unsettled().empty());
    EXPECT_TRUE(node().take_dropped().empty());
}

TEST_F(Unsettled, are_dropped_from_the_last_one_back) {
    const auto kept = build(A, {transfer(A)});
    const auto dropped = transfer(A);
    build(A, {dropped});
    node().drop_unsettled(A, 1, "rollback");
    EXPECT_EQ(latest(A).head(), kept);
    EXPECT_EQ(node().take_dropped().at(0).reason, "rollback");
    EXPECT_EQ(hashes_of(node().take_undone(A)), std::vector{hash(dropped)});
    settle_a_root();
}

TEST_F(Unsettled, have_at_most_the_time_that_l1_gives_them) {
    size_t built = 0;
    auto next = node().build_block(A, {}, EmptyBlock::yes);
    for (; next; next = node().build_block(A, {}, EmptyBlock::yes)) ++built;
    EXPECT_EQ(next.error().rule, SettleRule::left_out);
    EXPECT_EQ(next.error().reason, "the clock of rollup 901 is as far ahead of L1's as it may be");
    // From 12 s after L1's head to a second less than 600.
    EXPECT_EQ(built, 588u);
    EXPECT_TRUE(node().must_settle());
    // The scope that settles them has a block of its own.
    settle_a_root();
}

TEST_F(Unsettled, have_at_most_the_blocks_of_a_batch) {
    size_t built = 0;
    const auto build_all = [&] {
        auto next = node().build_block(A, {}, EmptyBlock::yes);
        for (; next; next = node().build_block(A, {}, EmptyBlock::yes)) ++built;
        return next.error().reason;
    };
    build_all();
    l1().set_next({.timestamp_s = l1().head()->header.timestamp_s + 600});
    ASSERT_TRUE(l1().mine({}).has_value());
    EXPECT_EQ(build_all(), "as many blocks of rollup 901 are unsettled as a batch may have");
    EXPECT_EQ(built, rollup::MAX_BATCH_BLOCKS - 1);
    settle_a_root();
}

TEST_F(Unsettled, leave_a_root_to_the_next_scope_if_they_take_all_gas) {
    // JUMPDEST PUSH0 JUMP: takes all it gets.
    const Bytes endless = from_hex("5b5f56").value();
    const auto fill = [&](uint64_t gas) {
        for (int i = 0; i < 20; ++i) {
            const auto burning = made(A, world_.bob(), nonce_of(A, world_.bob().address),
                                      std::nullopt, endless, gas);
            std::vector<Transaction> transactions;
            for (uint64_t j = 0; j < 20; ++j) {
                auto next = burning;
                next.nonce += j;
                sign(next, world_.bob().key);
                transactions.push_back(std::move(next));
            }
            const auto built = node().build_block(A, transactions);
            if (!built) return false;
            const auto refused = std::ranges::find_if_not(
                built->outcomes, [](const auto& outcome) { return outcome.has_value(); });
            if (refused == built->outcomes.end()) continue;
            return refused->error().rule == builder::RefusalRule::scope_full;
        }
        return false;
    };
    const bool is_full = fill(execution::MAX_TRANSACTION_GAS) && fill(1'000'000);
    ASSERT_TRUE(is_full);
    EXPECT_TRUE(node().must_settle());
    // It waits on, and what stands in its way settles. A second gives 10'000'000 gas.
    auto root = asking();
    root.gas_limit = 12'000'000;
    sign(root, world_.alice().key);
    ASSERT_TRUE(node().submit(builder::L2Root{A, root}));
    const auto turn = node().step();
    ASSERT_TRUE(turn.settled.has_value());
    EXPECT_TRUE(turn.refused.empty());
    EXPECT_TRUE(turn.bundle->roots.empty());
    EXPECT_EQ(node().waiting(), 1u);
    const auto next = node().step();
    ASSERT_TRUE(next.settled.has_value());
    EXPECT_EQ(next.bundle->roots.size(), 1u);
    expect_all_settled();
}

TEST_F(Unsettled, settle_with_a_fresh_origin_if_theirs_is_old) {
    build(A, {transfer(A)});
    for (int i = 0; i < 300; ++i) ASSERT_TRUE(l1().mine({}).has_value());
    const auto turn = settle_unsettled();
    EXPECT_EQ(turn.bundle->parts.at(0).batch.blocks.size(), 2u);
    expect_all_settled();
}

TEST_F(Unsettled, wait_on_if_no_root_is_taken) {
    build(A, {transfer(A)});
    ASSERT_TRUE(node().submit(builder::L2Root{A, asking_with(99)}));
    const auto turn = node().step();
    EXPECT_EQ(turn.refused.size(), 1u);
    EXPECT_FALSE(turn.settled.has_value());
    EXPECT_EQ(node().unsettled().at(A).size(), 1u);
    settle_a_root();
}

// ---- changes by force

class ForcedChanges : public Unsettled {
  protected:
    void force(ChainId chain_id, const std::function<void(state::State&)>& change) {
        const auto& chain = chain_id == L1 ? l1().chain() : latest(chain_id);
        chain::force_state(chain, chain.head()->hash, change);
    }
    execution::Forced& forced(ChainId chain_id) {
        return chain_id == L1 ? *l1().chain().spec().forced : *latest(chain_id).spec().forced;
    }
    /// On the followed head, behind an unsettled block, and as the last thing before settling.
    void expect_to_settle(ChainId chain_id, const std::function<void(state::State&)>& change,
                          const std::function<void()>& look) {
        force(chain_id, change);
        look();
        settle_a_root();
        look();
        build(A, {transfer(A)});
        force(chain_id, change);
        look();
        build(A, {transfer(A)});
        force(chain_id, change);
        settle_unsettled();
        expect_all_settled();
        look();
        settle_a_root();
        look();
    }
};

TEST_F(ForcedChanges, of_a_balance_settle) {
    const Address rich{{0x11}};
    for (const ChainId id : {A, L1})
        expect_to_settle(
            id, [&](state::State& state) { state.set_balance(rich, uint256{77u}); },
            [&] {
                const auto& chain = id == L1 ? l1().chain() : latest(id);
                EXPECT_EQ(chain.head_state()->account(rich)->balance, uint256{77u});
            });
}

TEST_F(ForcedChanges, of_code_and_storage_settle_and_are_what_roots_see) {
    // The answerer on L1 answers what is in slot 0 of its own.
    const Bytes code = from_hex("5f545f5260205ff3").value();
    const auto answerer = world_.sites().answerer;
    const auto look = [&] {
        EXPECT_EQ(l1().chain().head_state()->storage(answerer, Hash{}), to_be(uint256{42u}));
    };
    force(L1, [&](state::State& state) {
        state.set_code(answerer, evm::make_code(code));
        state.set_storage(answerer, Hash{}, to_be(uint256{42u}));
    });
    look();
    ASSERT_TRUE(node().submit(builder::L2Root{A, asking()}));
    const auto turn = node().step();
    ASSERT_TRUE(turn.settled.has_value());
    EXPECT_EQ(turn.bundle->roots.at(0).success, true);
    expect_all_settled();
    look();

    const Address on_a{{0x12}};
    expect_to_settle(
        A,
        [&](state::State& state) {
            state.set_code(on_a, evm::make_code(code));
            state.set_storage(on_a, Hash{{1}}, Hash{{2}});
        },
        [&] {
            EXPECT_EQ(latest(A).head_state()->code(on_a)->bytes, code);
            EXPECT_EQ(latest(A).head_state()->storage(on_a, Hash{{1}}), (Hash{{2}}));
        });
}

TEST_F(ForcedChanges, of_a_nonce_settle) {
    uint64_t nonce = 1000;
    expect_to_settle(
        A, [&](state::State& state) { state.set_nonce(world_.bob().address, nonce += 1000); },
        [&] { EXPECT_GE(nonce_of(A, world_.bob().address), nonce); });
}

TEST_F(ForcedChanges, of_base_fee_and_gas_limit_settle) {
    build(A, {transfer(A)});
    forced(A).set_child(latest(A).head()->hash,
                        {.base_fee = uint256{123'456'789u}, .gas_limit = 45'000'000});
    const auto block = build(A, {transfer(A)});
    EXPECT_EQ(block->header().base_fee_per_gas, uint256{123'456'789u});
    EXPECT_EQ(block->header().gas_limit, 45'000'000u);
    settle_a_root();
    EXPECT_EQ(followed(A).head()->header().gas_limit, 45'000'000u);
    // In the block of the root itself, and on L1.
    for (const auto& [id, chain] : {std::pair{A, &latest(A)}, std::pair{L1, &l1().chain()}})
        forced(id).set_child(chain->head()->hash, {.base_fee = uint256{7u}, .gas_limit = {}});
    settle_a_root();
    EXPECT_EQ(followed(A).head()->header().base_fee_per_gas, uint256{7u});
    EXPECT_EQ(l1().chain().head()->header().base_fee_per_gas, uint256{7u});
}

TEST_F(ForcedChanges, of_who_sent_a_transaction_settle) {
    // A contract: an ordinary transaction, then a root.
    const Address sender = world_.sites().asker;
    force(A, [&](state::State& state) { state.set_balance(sender, uint256{demo::ETHER}); });
    const auto impersonated = [&](Transaction tx) {
        tx.nonce = nonce_of(A, sender);
        execution::impersonate(tx, sender);
        forced(A).set_sender(hash(tx), sender);
        return tx;
    };
    const auto block = build(A, {impersonated(transfer(A))});
    EXPECT_EQ(block->senders.back(), sender);
    const auto root = impersonated(asking());
    ASSERT_TRUE(node().submit(builder::L2Root{A, root}));
    const auto turn = node().step();
    ASSERT_TRUE(turn.settled.has_value());
    EXPECT_TRUE(turn.bundle->roots.at(0).success);
    expect_all_settled();
    EXPECT_EQ(followed(A).head()->senders.back(), sender);
    settle_a_root();
}

// ---- property

/// A network under random use: who sends, and what becomes of it.
class RandomUse : public Unsettled {
  protected:
    std::mt19937 random_{20261129};
    std::map<ChainId, std::vector<Transaction>> pool_;  // what no chain has
    std::map<ChainId, std::vector<Hash>> sent_;
    std::map<std::pair<ChainId, Address>, uint64_t> next_nonce_;
    uint64_t first_l1_block_ = 0;
    Flood flood_{world_};

    uint64_t up_to(uint64_t most) {
        return std::uniform_int_distribution<uint64_t>{0, most}(random_);
    }
    ChainId any_rollup() { return up_to(1) == 0 ? A : B; }
    uint64_t new_nonce(ChainId chain_id, const Address& account) {
        const auto [place, is_new] =
            next_nonce_.try_emplace({chain_id, account}, nonce_of(chain_id, account));
        return place->second++;
    }
    void send(ChainId chain_id, Transaction tx) {
        sent_[chain_id].push_back(hash(tx));
        pool_[chain_id].push_back(std::move(tx));
    }
    static bool is_root(const Transaction& tx) { return !tx.data.empty(); }
    /// Takes from the pool what is a root, or what is none, by nonce.
    std::vector<Transaction> take(ChainId chain_id, bool roots) {
        auto& pool = pool_[chain_id];
        const auto rest = std::ranges::partition(
            pool, [&](const Transaction& tx) { return is_root(tx) != roots; });
        std::vector<Transaction> taken{rest.begin(), rest.end()};
        pool.erase(rest.begin(), rest.end());
        std::ranges::sort(taken, {}, &Transaction::nonce);
        return taken;
    }

    void build_some(ChainId chain_id) {
        const auto transactions = take(chain_id, false);
        const auto built = node().build_block(chain_id, transactions,
                                              up_to(3) == 0 ? EmptyBlock::yes : EmptyBlock::no);
        for (size_t i = 0; i < transactions.size(); ++i)
            if (!built || !built->outcomes[i]) pool_[chain_id].push_back(transactions[i]);
    }
    void settle_roots() {
        for (auto& tx : take(A, true))
            ASSERT_TRUE(node().submit(builder::L2Root{A, std::move(tx)}));
        auto turn = node().step();
        EXPECT_TRUE(turn.dropped.empty());
        for (auto& [root, refusal] : turn.refused)
            pool_[A].push_back(std::get<builder::L2Root>(root).transaction);
        for (auto& root : node().take_waiting())
            pool_[A].push_back(std::get<builder::L2Root>(root).transaction);
    }
    void act() {
        switch (up_to(10)) {
            case 0:
            case 1:
            case 2:
            case 3: {
                const ChainId chain_id = any_rollup();
                for (uint64_t i = up_to(3); i > 0; --i)
                    send(chain_id,
                         transfer_with(chain_id, new_nonce(chain_id, world_.bob().address)));
                build_some(chain_id);
                break;
            }
            case 4:
            case 5:
                send(A, asking_with(new_nonce(A, world_.alice().address)));
                settle_roots();
                break;
            case 6:
                node().settle_unsettled();
                break;
            case 7:
                ASSERT_TRUE(l1().mine({}).has_value());
                break;
            case 8:
                // Now and then more than a block makes known.
                flood_.add(up_to(1'000));
                break;
            default:
                reorganise_l1(
                    std::min(up_to(3), l1().chain().head()->header().number - first_l1_block_));
                break;
        }
    }
    void check() {
        for (const ChainId id : {A, B}) {
            for (auto& tx : node().take_undone(id)) pool_[id].push_back(std::move(tx));
            const auto head = followed(id).head();
            const auto below = latest(id).store().canonical_block(head->header().number);
            ASSERT_NE(below, nullptr);
            EXPECT_EQ(below->hash, head->hash);
            std::multiset<Hash> known;
            for (const auto& tx : pool_[id]) known.insert(hash(tx));
            for (const auto& each : sent_[id]) {
                const bool stands = latest(id).store().transaction(each).has_value();
                EXPECT_EQ(known.count(each) + (stands ? 1 : 0), 1u) << to_hex(each);
            }
        }
    }
};

TEST_F(RandomUse, loses_no_transaction_and_keeps_latest_above_the_followed_head) {
    first_l1_block_ = l1().chain().head()->header().number;
    for (int i = 0; i < 150 && !HasFailure(); ++i) {
        act();
        ASSERT_TRUE(node().follow().has_value());
        check();
    }
    for (const ChainId id : {A, B}) build_some(id);
    settle_roots();
    node().settle_unsettled();
    expect_all_settled();
    for (const ChainId id : {A, B}) {
        EXPECT_TRUE(pool_[id].empty());
        EXPECT_FALSE(sent_[id].empty());
        for (const auto& each : sent_[id])
            EXPECT_TRUE(followed(id).store().transaction(each).has_value());
    }
}

}  // namespace
}  // namespace scope::node
