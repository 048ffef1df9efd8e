#include <gtest/gtest.h>

#include <atomic>

#include "base/hex.hpp"
#include "demo/stories.hpp"
#include "demo/world.hpp"
#include "execution/statistics.hpp"
#include "types/signing.hpp"

/// Nodes that follow one L1: what they do once, and what they do when L1 is reorganised.
namespace scope::node {
namespace {

using demo::A;
using demo::B;
using demo::L1;

class Nodes : public testing::Test {
  protected:
    demo::Progress progress_;
    demo::World world_{devnet::Artifacts::locate(), builder::DataAvailability::calldata, progress_};

    Node& node() { return world_.devnet().node(); }
    l1::LocalL1& l1() { return world_.devnet().l1(); }

    uint64_t nonce_of(const demo::Person& person) {
        return world_.chain(A).head_state()->account(person.address)->nonce;
    }
    /// Alice on A asks the answerer on L1.
    builder::L2Root asking(uint64_t nonces_before = 0) {
        return asking_with(nonce_of(world_.alice()) + nonces_before);
    }
    builder::L2Root asking_with(uint64_t nonce) {
        return calling(world_.alice(), nonce, world_.sites().asker, ask_answerer());
    }
    Bytes ask_answerer() {
        return abi::call("ask(uint256,address,uint256)", uint256{L1}, world_.sites().answerer,
                         uint256{6u});
    }
    static builder::L2Root calling(const demo::Person& from, uint64_t nonce, const Address& to,
                                   Bytes data) {
        Transaction tx;
        tx.type = TxType::dynamic_fee;
        tx.chain_id = A;
        tx.nonce = nonce;
        tx.max_priority_fee_per_gas = uint256{demo::GWEI};
        tx.max_fee_per_gas = uint256{20 * demo::GWEI};
        tx.gas_limit = 4'000'000;
        tx.to = to;
        tx.data = demo::as_root(std::move(data));
        sign(tx, from.key);
        return {A, std::move(tx)};
    }

    Settled settle(const std::vector<builder::Root>& roots) {
        auto scope = world_.open();
        for (const auto& root : roots) {
            const auto added = scope.add(root);
            if (!added) throw std::runtime_error{added.error().to_string()};
        }
        auto bundle = node().seal(scope);
        if (!bundle) throw std::runtime_error{to_string(bundle.error())};
        EXPECT_TRUE(bundle->dissents.empty());
        auto settled = node().settle(*bundle);
        if (!settled) throw std::runtime_error{to_string(settled.error())};
        return std::move(*settled);
    }

    void expect_as_fresh() {
        rollup::Follower fresh{l1(), world_.network().rollups};
        ASSERT_TRUE(fresh.advance().has_value());
        for (const ChainId id : {A, B}) {
            const auto& chain = node().follower().rollup(id)->chain;
            EXPECT_EQ(chain.head()->hash, fresh.rollup(id)->chain.head()->hash);
            EXPECT_EQ(chain.head_state()->state_root(),
                      fresh.rollup(id)->chain.head_state()->state_root());
            EXPECT_EQ(node().follower().head(id).position.next_batch,
                      fresh.head(id).position.next_batch);
        }
    }
};

TEST_F(Nodes, execute_a_transaction_at_most_seven_times_from_add_to_follower) {
    // The builder simulates and executes it, three attesters and one follower execute it once each;
    // the builder's own node adopts.
    rollup::Follower follower{l1(), world_.network().rollups};
    ASSERT_TRUE(follower.advance().has_value());
    struct Spent {
        uint64_t executed = 0;
        uint64_t recovered = 0;
    };
    const auto spent_on = [&](const std::vector<builder::Root>& roots) {
        const Spent before{execution::statistics.executed, execution::statistics.recovered};
        settle(roots);
        EXPECT_EQ(follower.advance()->batches, 1u);
        return Spent{execution::statistics.executed - before.executed,
                     execution::statistics.recovered - before.recovered};
    };
    const auto one = spent_on({asking()});
    const auto two = spent_on({asking(), asking(1)});
    const uint64_t transactions = 2;  // of one root more: loadRoot and the user's
    EXPECT_LE(two.executed - one.executed, 7 * transactions);
    RecordProperty("executions", std::to_string((two.executed - one.executed) / transactions));
    // The builder recovers its sender once, then whoever doesn't believe the builder.
    EXPECT_LE(two.recovered - one.recovered, 5u);
}

TEST_F(Nodes, go_back_with_l1_and_settle_again_what_was_undone) {
    const auto before = l1().chain().head();
    const auto root = asking();
    std::vector<Hash> undone;
    for (int i = 0; i < 3; ++i) {
        const auto next = asking();
        undone.push_back(hash(next.transaction));
        settle({next});
    }
    EXPECT_EQ(undone.front(), hash(root.transaction));
    const auto lost = l1().chain().head()->hash;

    l1().set_head(before->hash);
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(l1().mine({}).has_value());
    EXPECT_EQ(node().follow()->unwound, 3u);
    expect_as_fresh();
    auto transactions = node().take_undone(A);
    ASSERT_EQ(transactions.size(), undone.size());
    for (size_t i = 0; i < undone.size(); ++i) EXPECT_EQ(hash(transactions[i]), undone[i]);

    // Builder and attesters go on from there with the same transactions.
    std::vector<builder::Root> roots;
    for (auto& tx : transactions) roots.emplace_back(builder::L2Root{A, std::move(tx)});
    settle(roots);
    expect_as_fresh();

    // The old branch comes back: what stands on it is not handed back.
    l1().set_head(lost);
    EXPECT_GT(node().follow()->unwound, 0u);
    expect_as_fresh();
    EXPECT_TRUE(node().take_undone(A).empty());
    settle({asking()});
    expect_as_fresh();
}

TEST_F(Nodes, settle_no_bundle_that_was_built_on_another_head) {
    auto scope = world_.open();
    ASSERT_TRUE(scope.add(asking()).has_value());
    const auto bundle = node().seal(scope);
    ASSERT_TRUE(bundle.has_value());
    const auto parent = l1().chain().head()->hash;
    ASSERT_TRUE(l1().mine({}).has_value());
    EXPECT_EQ(node().settle(*bundle).error().rule, SettleRule::stale);
    // Where L1 comes back to that head it settles.
    l1().set_head(parent);
    EXPECT_TRUE(node().settle(*bundle).has_value());
    expect_as_fresh();
}

/// An L1 that goes wrong as it is told.
class FaultyL1 final : public l1::L1Source, public l1::L1Sender {
  public:
    explicit FaultyL1(l1::LocalL1& l1) : l1_(l1) {}

    [[nodiscard]] Result<l1::L1Heads, l1::L1Error> heads() const override {
        if (is_source_away) return std::unexpected{l1::L1Error::unreachable};
        return l1_.heads();
    }
    [[nodiscard]] Result<chain::StoredBlockPtr, l1::L1Error> block(uint64_t number) const override {
        return l1_.block(number);
    }
    [[nodiscard]] Result<chain::StoredBlobPtr, l1::L1Error> blob(const Hash& hash) const override {
        return l1_.blob(hash);
    }
    Result<void, l1::SendError> send(const Transaction& transaction,
                                     std::span<const chain::StoredBlobPtr> blobs) override {
        if (is_sender_away)
            return std::unexpected{l1::SendError{l1::SendError::Rule::unreachable, {}}};
        is_source_away = goes_away_after_sending;
        if (drops) return {};
        if (is_late) {
            auto later = *l1_.next_block();
            later.timestamp_s += 1;
            l1_.set_next_block(later);
        }
        return l1_.send(transaction, blobs);
    }
    [[nodiscard]] Result<l1::TransactionStatus, l1::L1Error> status(
        const Hash& transaction_hash) const override {
        return l1_.status(transaction_hash);
    }

    bool is_source_away = false;
    bool is_sender_away = false;
    bool goes_away_after_sending = false;
    bool drops = false;
    bool is_late = false;

  private:
    l1::LocalL1& l1_;
};

TEST_F(Nodes, say_why_a_bundle_did_not_settle_and_keep_the_heads_of_l1) {
    struct Case {
        SettleRule rule{};
        bool FaultyL1::* fault;
        std::string reason;
    };
    const std::vector<Case> cases{
        {SettleRule::not_sent, &FaultyL1::is_sender_away, "not_sent: unreachable"},
        {SettleRule::not_included, &FaultyL1::drops, "not_included: unknown"},
        {SettleRule::not_followed, &FaultyL1::goes_away_after_sending,
         "l1_unreachable: unreachable"},
        {SettleRule::reverted, &FaultyL1::is_late, "reverted"}};
    // TIMESTAMP STOP, behind what returns it.
    const auto clock = world_.create_on_l1(from_hex("6142005f526002601ef3").value());
    for (const auto& [rule, fault, reason] : cases) {
        SCOPED_TRACE(to_string(rule));
        const auto faulty = std::make_shared<FaultyL1>(l1());
        const std::shared_ptr<l1::LocalL1> view{&l1(), [](auto*) {}};
        const std::shared_ptr<prover::Prover> prover{&world_.committee(), [](auto*) {}};
        Node other{world_.network(),
                   {.source = faulty,
                    .attester = {},
                    .builder = Components::Builder{view, faulty, prover, world_.options()}}};
        auto scope = other.open_scope();
        ASSERT_TRUE(scope.has_value());
        // It looks at the time, so that it settles in no later block.
        ASSERT_TRUE(scope->add(world_.operation(world_.alice(), clock, {}, 100'000)).has_value());
        ASSERT_TRUE(scope->add(asking()).has_value());
        const auto bundle = other.seal(*scope);
        ASSERT_TRUE(bundle.has_value());
        (*faulty).*fault = true;
        const auto settled = other.settle(*bundle);
        ASSERT_FALSE(settled.has_value());
        EXPECT_EQ(to_string(settled.error().rule), to_string(rule));
        EXPECT_NE(to_string(settled.error()).find(reason), std::string::npos)
            << to_string(settled.error());
        // Back on its feet, it stands where L1 is.
        (*faulty).*fault = false;
        faulty->is_source_away = false;
        ASSERT_TRUE(other.follow().has_value());
        ASSERT_TRUE(node().follow().has_value());
        for (const auto id : {A, B})
            EXPECT_EQ(other.follower().rollup(id)->chain.head()->hash,
                      world_.chain(id).head()->hash);
        expect_as_fresh();
    }
}

TEST_F(Nodes, open_no_scope_that_anything_joins_where_l1_is_before_the_contracts) {
    l1().set_head((*l1().block(0))->hash);
    ASSERT_TRUE(node().follow().has_value());
    auto scope = node().open_scope();
    ASSERT_TRUE(scope.has_value());
    const auto added = scope->add(asking_with(0));
    ASSERT_FALSE(added.has_value());
    EXPECT_EQ(added.error().reason, "L1 does not know rollup 901");
    EXPECT_EQ(node().seal(*scope).error().rule, builder::SealRule::empty);
}

TEST_F(Nodes, go_back_in_the_middle_of_scopes_of_several_rollups) {
    const auto before = l1().chain().head()->hash;
    std::vector<builder::Root> roots;
    for (const auto& story : demo::stories()) roots.push_back(story.make(world_));
    settle(roots);
    const auto all_at_once = l1().chain().head();
    l1().set_head(before);
    ASSERT_TRUE(l1().mine({}).has_value());
    ASSERT_TRUE(node().follow().has_value());
    expect_as_fresh();
    for (const auto& root : roots) settle({root});
    expect_as_fresh();
    l1().set_head(all_at_once->hash);
    ASSERT_TRUE(node().follow().has_value());
    expect_as_fresh();
}

TEST_F(Nodes, take_turns_in_which_what_waits_settles) {
    ASSERT_TRUE(node().submit(asking()));
    ASSERT_TRUE(node().submit(asking_with(99)));  // a nonce that is far away
    ASSERT_TRUE(node().submit(asking(1)));
    std::vector<size_t> settled;
    std::vector<std::string> refused;
    node().run([&](const Node::Turn& turn) {
        EXPECT_FALSE(turn.failed.has_value());
        settled.push_back(turn.settled ? 1 : 0);
        for (const auto& [root, refusal] : turn.refused) refused.push_back(refusal.reason);
        return settled.size() < 3;
    });
    EXPECT_EQ(settled, (std::vector<size_t>{1, 0, 0}));
    EXPECT_EQ(refused, std::vector<std::string>{"chain 901: nonce_too_high"});
    EXPECT_EQ(node().waiting(), 0u);
    EXPECT_EQ(world_.chain(A).head_state()->account(world_.alice().address)->nonce,
              asking().transaction.nonce);
    expect_as_fresh();
}

/// If they waited, they could fill the queue for nothing.
TEST_F(Nodes, settle_roots_of_l1_alone_with_others_or_refuse_them) {
    const auto& to = world_.bob().address;
    const auto transfer = [&] { return world_.operation(world_.alice(), to, {}, 100'000); };
    ASSERT_TRUE(node().submit(transfer()));
    const auto refused = node().step();
    EXPECT_FALSE(refused.failed.has_value());
    EXPECT_FALSE(refused.settled.has_value());
    ASSERT_EQ(refused.refused.size(), 1u);
    EXPECT_EQ(refused.refused[0].second.reason,
              "it touches no rollup, and no root that does waits with it");
    EXPECT_EQ(node().waiting(), 0u);
    ASSERT_TRUE(node().submit(transfer()));
    ASSERT_TRUE(node().submit(asking()));
    const auto settled = node().step();
    EXPECT_TRUE(settled.settled.has_value());
    EXPECT_TRUE(settled.refused.empty());
}

TEST_F(Nodes, refuse_no_more_roots_in_a_turn_than_are_worth_looking_at) {
    for (size_t i = 0; i < Node::MAX_REFUSED + 8; ++i) ASSERT_TRUE(node().submit(asking_with(99)));
    EXPECT_EQ(node().step().refused.size(), Node::MAX_REFUSED);
    EXPECT_EQ(node().waiting(), 8u);
    EXPECT_EQ(node().step().refused.size(), 8u);
}

TEST_F(Nodes, let_roots_wait_on_whose_scope_did_not_settle) {
    const auto faulty = std::make_shared<FaultyL1>(l1());
    const std::shared_ptr<l1::LocalL1> view{&l1(), [](auto*) {}};
    const std::shared_ptr<prover::Prover> prover{&world_.committee(), [](auto*) {}};
    Node other{world_.network(),
               {.source = faulty,
                .attester = {},
                .builder = Components::Builder{view, faulty, prover, world_.options()}}};
    for (uint64_t i = 0; i < 3; ++i) ASSERT_TRUE(other.submit(asking(i)));
    faulty->is_sender_away = true;
    ASSERT_TRUE(other.submit(asking_with(99)));
    const auto failed = other.step();
    ASSERT_TRUE(failed.failed.has_value());
    EXPECT_EQ(failed.failed->rule, SettleRule::not_sent);
    EXPECT_EQ(failed.refused.size(), 1u);
    // Somebody may have it, so that they wait for it.
    ASSERT_TRUE(failed.in_flight.has_value());
    EXPECT_EQ(failed.in_flight->roots, 3u);
    EXPECT_EQ(other.waiting(), 0u);
    faulty->is_source_away = true;
    EXPECT_EQ(other.step().failed->rule, SettleRule::not_followed);
    faulty->is_source_away = false;
    faulty->is_sender_away = false;
    const auto turn = other.step();
    EXPECT_FALSE(turn.failed.has_value());
    EXPECT_TRUE(turn.settled.has_value());
    EXPECT_TRUE(turn.refused.empty());
    EXPECT_EQ(other.waiting(), 0u);
    for (size_t i = 0; i < Node::MAX_WAITING; ++i) ASSERT_TRUE(other.submit(asking()));
    EXPECT_EQ(other.submit(asking()).error(), SubmitError::queue_full);
}

/// A state of L1 in which storage of a contract reads differently from the second time on, so that
/// what a builder simulated does not settle.
class FickleState final : public state::StateView {
  public:
    /// @param only_after  Another contract, without whose storage read before it doesn't.
    FickleState(std::shared_ptr<const state::StateView> state, const Address& fickle,
                const std::optional<Address>& only_after)
        : state_(std::move(state)), fickle_(fickle), only_after_(only_after) {}

    [[nodiscard]] std::optional<Account> account(const Address& address) const override {
        return state_->account(address);
    }
    [[nodiscard]] evm::CodePtr code(const Address& address) const override {
        return state_->code(address);
    }
    [[nodiscard]] Hash storage(const Address& address, const Hash& key) const override {
        if (address == only_after_) is_other_read_ = true;
        Hash value = state_->storage(address, key);
        if (address == fickle_ && (!only_after_ || is_other_read_) && times_read_++ > 0)
            value[31] ^= 1;
        return value;
    }
    [[nodiscard]] bool has_storage(const Address& address) const override {
        return state_->has_storage(address);
    }

  private:
    std::shared_ptr<const state::StateView> state_;
    Address fickle_;
    std::optional<Address> only_after_;
    mutable int times_read_ = 0;
    mutable bool is_other_read_ = false;
};

class FickleL1 final : public l1::L1View {
  public:
    FickleL1(const l1::L1View& l1, const Address& fickle) : fickle(fickle), l1_(l1) {}

    [[nodiscard]] const chain::ChainSpec& spec() const override { return l1_.spec(); }
    [[nodiscard]] Result<l1::L1Head, l1::L1Error> head() const override { return l1_.head(); }
    [[nodiscard]] Result<std::shared_ptr<const state::StateView>, l1::L1Error> state(
        const Hash& block) const override {
        ++scopes;
        return std::make_shared<FickleState>(*l1_.state(block), fickle, only_after);
    }
    [[nodiscard]] Result<std::unique_ptr<execution::BlockHashes>, l1::L1Error> ancestors(
        const Hash& parent) const override {
        return l1_.ancestors(parent);
    }
    [[nodiscard]] Result<chain::BlockAttributes, l1::L1Error> next_block() const override {
        return l1_.next_block();
    }

    Address fickle;
    std::optional<Address> only_after;
    mutable size_t scopes = 0;  ///< that were opened on it

  private:
    const l1::L1View& l1_;
};

/// The committee, as long as it is not told to fail or to lie.
class ToldProver final : public prover::Prover {
  public:
    enum class Told : uint8_t { nothing, fail, lie };

    explicit ToldProver(prover::Prover& prover) : prover_(prover) {}
    Result<prover::Proof, prover::ProofFailure> prove(const prover::ProofInput& input) override {
        ++asked;
        if (told == Told::fail) return std::unexpected{prover::ProofFailure{}};
        if (told == Told::lie) return prover::Proof{};
        return prover_.prove(input);
    }

    Told told = Told::nothing;
    std::atomic<size_t> asked = 0;

  private:
    prover::Prover& prover_;
};

/// A node whose L1 makes roots that read the USD token there poison: add takes them, and no scope
/// with them settles.
class PoisonedNodes : public Nodes {
  protected:
    std::shared_ptr<FickleL1> view_ = std::make_shared<FickleL1>(l1(), world_.sites().usd);
    std::shared_ptr<ToldProver> prover_ = std::make_shared<ToldProver>(world_.committee());
    std::shared_ptr<l1::LocalL1> at_l1_{&l1(), [](auto*) {}};
    Node builder_{world_.network(),
                  {.source = at_l1_,
                   .attester = {},
                   .builder = Components::Builder{view_, at_l1_, prover_, world_.options()}}};

    /// A root that reads the person's balance of the token on L1.
    static builder::L2Root reading(const demo::Person& from, uint64_t nonce, const Address& token) {
        const std::tuple request{token, uint256{}, uint256{300'000u},
                                 abi::call("balanceOf(address)", from.address)};
        return calling(from, nonce, rollup::PREDEPLOY,
                       abi::call("scopedCall(uint256,address,(address,uint256,uint256,bytes))",
                                 uint256{L1}, from.address, request));
    }
    builder::L2Root poison(uint64_t nonces_before = 0) {
        return reading(world_.alice(), nonce_of(world_.alice()) + nonces_before,
                       world_.sites().usd);
    }
    builder::L2Root bob_asks(uint64_t nonces_before = 0) {
        return calling(world_.bob(), nonce_of(world_.bob()) + nonces_before, world_.sites().asker,
                       ask_answerer());
    }
    static Hash hash_of(const builder::Root& root) {
        return hash(std::get<builder::L2Root>(root).transaction);
    }
    Node::Turn step() {
        auto turn = builder_.step();
        EXPECT_TRUE(node().follow().has_value());
        return turn;
    }
};

TEST_F(PoisonedNodes, drop_the_root_that_keeps_a_scope_from_sealing_and_settle_the_others) {
    constexpr uint64_t BEFORE = 5;
    constexpr uint64_t AFTER = 4;
    const auto bad = poison();
    const auto bobs = nonce_of(world_.bob());
    for (uint64_t i = 0; i < BEFORE; ++i) ASSERT_TRUE(builder_.submit(bob_asks(i)));
    ASSERT_TRUE(builder_.submit(bad));
    ASSERT_TRUE(builder_.submit(bad));
    ASSERT_TRUE(builder_.submit(asking(1)));
    for (uint64_t i = 0; i < AFTER; ++i) ASSERT_TRUE(builder_.submit(bob_asks(BEFORE + i)));

    const auto turn = step();
    EXPECT_FALSE(turn.failed.has_value());
    EXPECT_TRUE(turn.settled.has_value());
    ASSERT_EQ(turn.dropped.size(), 1u);
    EXPECT_EQ(hash_of(turn.dropped[0].first), hash(bad.transaction));
    EXPECT_EQ(turn.dropped[0].second.rule, builder::SealRule::not_settled);
    EXPECT_NE(turn.dropped[0].second.reason.find("NotReproduced"), std::string::npos)
        << to_string(turn.dropped[0].second);
    EXPECT_EQ(nonce_of(world_.bob()), bobs + BEFORE + AFTER);
    // At first, the bisection of 11 roots, the one alone, and the others.
    EXPECT_LE(view_->scopes, 1u + 4 + 1 + 1);
    EXPECT_EQ(prover_->asked, 1u);  // nobody proves what does not settle
    // The second copy is refused for its nonce, or gone with the first.
    EXPECT_EQ(builder_.waiting(), 1u);
    EXPECT_EQ(builder_.submit(bad).error(), SubmitError::known_bad);
    expect_as_fresh();

    // Her other root waits for a turn more, and nobody else's.
    ASSERT_TRUE(builder_.submit(bob_asks()));
    EXPECT_TRUE(step().settled.has_value());
    EXPECT_EQ(builder_.waiting(), 1u);
    const auto after = step();
    EXPECT_EQ(builder_.waiting(), 0u);
    ASSERT_EQ(after.refused.size(), 1u);
    EXPECT_EQ(after.refused[0].second.reason, "chain 901: nonce_too_high");
}

TEST_F(PoisonedNodes, hold_a_sender_back_for_longer_each_time_until_a_root_of_it_settles) {
    const auto turns_until_dropped = [&](const builder::L2Root& root) {
        EXPECT_TRUE(builder_.submit(root));
        for (int turns = 1; turns <= 10; ++turns)
            if (!step().dropped.empty()) return turns;
        return 0;
    };
    auto bad = poison();
    const auto another = [&] {
        bad.transaction.gas_limit += 1;
        sign(bad.transaction, world_.alice().key);
        return bad;
    };
    EXPECT_EQ(turns_until_dropped(bad), 1);  // alone in its scope
    EXPECT_EQ(turns_until_dropped(another()), 1 + 1);
    EXPECT_EQ(turns_until_dropped(another()), 2 + 1);
    ASSERT_TRUE(builder_.submit(asking()));
    for (int turns = 0; turns < 4; ++turns) EXPECT_FALSE(step().settled.has_value());
    EXPECT_TRUE(step().settled.has_value());
    bad = poison();
    EXPECT_EQ(turns_until_dropped(bad), 1);
    EXPECT_EQ(turns_until_dropped(another()), 1 + 1);
    EXPECT_EQ(prover_->asked, 1u);
}

TEST_F(PoisonedNodes, drop_a_root_from_behind_blocks_that_wait_to_be_settled) {
    auto ordinary = bob_asks().transaction;
    ordinary.data = {};
    ordinary.to = world_.alice().address;
    sign(ordinary, world_.bob().key);
    const auto built = builder_.build_block(A, std::vector{ordinary});
    ASSERT_TRUE(built.has_value());
    ASSERT_NE(built->block, nullptr);
    ASSERT_TRUE(builder_.submit(poison()));
    ASSERT_TRUE(builder_.submit(bob_asks(1)));
    const auto turn = step();
    ASSERT_TRUE(turn.settled.has_value());
    EXPECT_EQ(turn.dropped.size(), 1u);
    EXPECT_EQ(turn.bundle->roots.size(), 1u);
    EXPECT_TRUE(world_.chain(A).store().transaction(hash(ordinary)).has_value());
    EXPECT_TRUE(builder_.unsettled().empty());
    expect_as_fresh();
}

TEST_F(PoisonedNodes, blame_no_root_for_what_its_scope_alone_is_to_blame_for) {
    // Alice's root does not settle behind Bob's, and does before it.
    view_->only_after = world_.sites().gold;
    ASSERT_TRUE(
        builder_.submit(reading(world_.bob(), nonce_of(world_.bob()), world_.sites().gold)));
    ASSERT_TRUE(builder_.submit(poison()));
    ASSERT_TRUE(builder_.submit(bob_asks(1)));
    for (const size_t waiting : {2u, 0u}) {
        const auto turn = step();
        EXPECT_TRUE(turn.settled.has_value());
        EXPECT_FALSE(turn.failed.has_value());
        EXPECT_TRUE(turn.dropped.empty());
        EXPECT_TRUE(turn.refused.empty());
        EXPECT_EQ(builder_.waiting(), waiting);
    }
    expect_as_fresh();
}

TEST_F(PoisonedNodes, blame_no_root_for_the_prover_or_the_submitter) {
    using Told = ToldProver::Told;
    struct Case {
        Told told;
        std::string reason;
    };
    for (const auto& [told, reason] :
         {Case{Told::fail, "not_sealed: not_proved: "}, Case{Told::lie, "not_sealed: proof_"}}) {
        prover_->told = told;
        const auto root = asking();
        ASSERT_TRUE(builder_.submit(root));
        const auto failed = step();
        ASSERT_TRUE(failed.failed.has_value());
        EXPECT_EQ(to_string(*failed.failed).find(reason), 0u) << to_string(*failed.failed);
        EXPECT_TRUE(failed.dropped.empty());
        EXPECT_EQ(builder_.waiting(), 1u);
        prover_->told = Told::nothing;
        EXPECT_TRUE(step().settled.has_value());
    }
    auto options = world_.options();
    options.submitter = crypto::local_signer(devnet::make_person("nobody").key);
    Node poor{world_.network(),
              {.source = at_l1_,
               .attester = {},
               .builder = Components::Builder{at_l1_, at_l1_, prover_, options}}};
    ASSERT_TRUE(poor.submit(asking()));
    const auto asked = prover_->asked.load();
    const auto failed = poor.step();
    ASSERT_TRUE(failed.failed.has_value());
    EXPECT_EQ(failed.failed->reason, "submitter_refused: insufficient_funds");
    EXPECT_TRUE(failed.dropped.empty());
    EXPECT_EQ(poor.waiting(), 1u);
    EXPECT_EQ(prover_->asked, asked);
}

TEST_F(Nodes, that_only_follow_need_nothing_but_a_source) {
    settle({asking()});
    const auto follower = world_.devnet().make_follower();
    ASSERT_TRUE(follower->follow().has_value());
    for (const ChainId id : {A, B})
        EXPECT_EQ(follower->follower().rollup(id)->chain.head()->hash,
                  world_.chain(id).head()->hash);
}

}  // namespace
}  // namespace scope::node
