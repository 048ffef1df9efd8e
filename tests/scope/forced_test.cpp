#include <gmock/gmock.h>

#include <algorithm>
#include <array>
#include <functional>

#include "base/hex.hpp"
#include "builder/assembly.hpp"
#include "builder/proving.hpp"
#include "crypto/keccak.hpp"
#include "demo/world.hpp"
#include "protocol/callable.hpp"
#include "protocol/registry.hpp"
#include "rollup/forced.hpp"
#include "rollup/predeploy_views.hpp"
#include "types/signing.hpp"

/// Deposits, forced transactions, closings and upgrades with the real contracts: what L1 queues for a
/// rollup stands on it, whatever its builder would like.
namespace scope::node {
namespace {

using demo::A;
using demo::B;
using demo::L1;
using protocol::ForcedKind;
using testing::HasSubstr;
using testing::IsEmpty;

const Address RECEIVER{{0xbe, 0xef}};
const uint256 ONE{demo::ETHER};
/// Enough for any fee; what is paid too much goes back.
const uint256 FEE{demo::ETHER / 100};

/// L1 to whoever would not like to see entries of forced queues.
class Blind final : public rollup::L1Origins {
  public:
    explicit Blind(const rollup::Follower& follower) : seen_(follower) {}

    [[nodiscard]] std::optional<Origin> l1_origin(uint64_t number) const override {
        return seen_.l1_origin(number);
    }
    [[nodiscard]] std::vector<ChainId> registered(uint64_t after, uint64_t up_to) const override {
        return seen_.registered(after, up_to);
    }
    [[nodiscard]] std::vector<ChainId> closed(uint64_t after, uint64_t up_to) const override {
        return seen_.closed(after, up_to);
    }
    [[nodiscard]] std::optional<Bytes> upgrade(ChainId chain_id, uint64_t after,
                                               uint64_t up_to) const override {
        return seen_.upgrade(chain_id, after, up_to);
    }
    [[nodiscard]] const rollup::QueuedEntry* forced_entry(ChainId, uint64_t) const override {
        return nullptr;
    }

  private:
    const rollup::Follower& seen_;
};

/// A committee that doesn't sign for one chain.
class Partial final : public prover::Prover {
  public:
    Partial(prover::Prover& committee, ChainId without)
        : committee_(committee), without_(without) {}

    Result<prover::Proof, prover::ProofFailure> prove(const prover::ProofInput& input) override {
        for (const auto& claim : input.claims)
            if (claim.chain_id == uint256{without_})
                return std::unexpected{prover::ProofFailure{
                    .error = prover::ProofError::too_few_attestations,
                    .dissents = {
                        {.kind = prover::DisagreementKind::refused_batch, .chain_id = without_}}}};
        return committee_.prove(input);
    }

  private:
    prover::Prover& committee_;
    ChainId without_;
};

/// A committee whose proofs L1 refuses where they are for one chain too; and in whose time, the first
/// time that they aren't, L1 goes on.
class SlowPartial final : public prover::Prover {
  public:
    SlowPartial(prover::Prover& committee, l1::LocalL1& l1, ChainId without)
        : committee_(committee), l1_(l1), without_(without) {}

    Result<prover::Proof, prover::ProofFailure> prove(const prover::ProofInput& input) override {
        std::vector<uint256> chains;
        for (const auto& claim : input.claims) chains.push_back(claim.chain_id);
        asked_.push_back(chains);
        if (std::ranges::find(chains, uint256{without_}) != chains.end())
            return prover::Proof{.bytes = Bytes(3 * 65), .dissents = {}};
        if (!std::exchange(has_gone_on_, true)) CHECK(l1_.mine({}).has_value());
        return committee_.prove(input);
    }
    /// Returns the chains of each proof that was asked for.
    [[nodiscard]] const std::vector<std::vector<uint256>>& asked() const noexcept { return asked_; }

  private:
    prover::Prover& committee_;
    l1::LocalL1& l1_;
    ChainId without_;
    bool has_gone_on_ = false;
    std::vector<std::vector<uint256>> asked_;
};

/// L1 where somebody always comes before the scope in its block, and once more behind that block.
class FrontRun final : public l1::L1Sender {
  public:
    FrontRun(l1::LocalL1& l1, std::function<Transaction()> make)
        : l1_(l1), make_(std::move(make)) {}

    Result<void, l1::SendError> send(const Transaction& tx,
                                     std::span<const chain::StoredBlobPtr> blobs) override {
        TRY_VOID(l1_.add_blobs_of(tx, blobs));
        const std::array both{make_(), tx};
        const auto mined = l1_.mine(both);
        CHECK(mined.has_value() && mined->refused.empty());
        const std::array behind{make_()};
        CHECK(l1_.mine(behind).has_value());
        return {};
    }
    [[nodiscard]] Result<l1::TransactionStatus, l1::L1Error> status(
        const Hash& transaction_hash) const override {
        return l1_.status(transaction_hash);
    }

  private:
    l1::LocalL1& l1_;
    std::function<Transaction()> make_;
};

class Forced : public testing::Test {
  protected:
    demo::Progress progress_;
    demo::World world_{devnet::Artifacts::locate(), builder::DataAvailability::calldata, progress_};
    demo::Person deployer_ = devnet::make_person("deployer");
    uint8_t branches_ = 0;

    Node& node() { return world_.devnet().node(); }
    l1::LocalL1& l1() { return world_.devnet().l1(); }
    const builder::L1Contracts& contracts() { return world_.network().contracts; }
    const chain::Chain& latest(ChainId chain_id) { return node().latest(chain_id); }
    uint256 balance_of(ChainId chain_id, const Address& account) {
        const auto found = latest(chain_id).head_state()->account(account);
        return found ? found->balance : uint256{};
    }
    protocol::RegisteredRollup registered(ChainId chain_id) {
        return protocol::decode_rollup(world_.view(L1, contracts().settlement.settlement,
                                                   protocol::get_rollup(chain_id)))
            .value();
    }
    /// Returns the alias of the deployer, who queues everything here, on rollups.
    Address alias_of_deployer() {
        const auto output =
            world_.view(A, rollup::PREDEPLOY,
                        abi::call("aliasOf(uint256,address)", uint256{L1}, deployer_.address));
        return Address::from(BytesView{output}.subspan(12, 20));
    }

    // ---- queueing

    /// Has L1 include a transaction of the deployer, with the nonce that L1 says: it may go back.
    void call_on_l1(const Address& to, Bytes data, const uint256& value = {}) {
        Transaction tx;
        tx.type = TxType::dynamic_fee;
        tx.chain_id = L1;
        tx.nonce = l1().chain().head_state()->account(deployer_.address)->nonce;
        tx.gas_limit = 4'000'000;
        tx.max_priority_fee_per_gas = uint256{demo::GWEI};
        tx.max_fee_per_gas = uint256{20 * demo::GWEI};
        tx.to = to;
        tx.value = value;
        tx.data = std::move(data);
        sign(tx, deployer_.key);
        const auto mined = l1().mine(std::span{&tx, 1});
        if (!mined || !mined->refused.empty() || !mined->outcomes.at(0).succeeded())
            throw std::runtime_error{"a transaction of the deployer's on L1"};
    }
    void queue_deposit(ChainId chain_id, const Address& to, const uint256& value,
                       uint64_t gas_limit = 100'000, const Bytes& data = {}) {
        call_on_l1(contracts().settlement.settlement,
                   protocol::deposit_and_call(chain_id, to, value, gas_limit, data), value + FEE);
    }
    void queue_transaction(ChainId chain_id, BytesView envelope, uint64_t gas_limit) {
        call_on_l1(contracts().settlement.settlement,
                   protocol::force_transaction(chain_id, envelope, gas_limit), FEE);
    }
    Transaction unsigned_transfer(uint64_t nonces_before = 0, ChainId chain_id = A) {
        const auto account = latest(chain_id).head_state()->account(world_.bob().address);
        Transaction tx;
        tx.type = TxType::dynamic_fee;
        tx.chain_id = chain_id;
        tx.nonce = account->nonce + nonces_before;
        tx.max_priority_fee_per_gas = uint256{demo::GWEI};
        tx.max_fee_per_gas = uint256{20 * demo::GWEI};
        tx.gas_limit = 50'000;
        tx.to = RECEIVER;
        tx.value = uint256{1u};
        return tx;
    }
    Transaction transfer(uint64_t nonces_before = 0, ChainId chain_id = A) {
        auto tx = unsigned_transfer(nonces_before, chain_id);
        sign(tx, world_.bob().key);
        return tx;
    }
    void mine_l1(uint64_t blocks) {
        for (uint64_t i = 0; i < blocks; ++i) ASSERT_TRUE(l1().mine({}).has_value());
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

    // ---- settling

    /// Returns a builder of its own, whose prover proves nothing of one rollup.
    std::unique_ptr<Node> builder_without(ChainId unproved) {
        return builder_with(std::make_shared<Partial>(world_.committee(), unproved));
    }
    std::unique_ptr<Node> builder_with(std::shared_ptr<prover::Prover> prover,
                                       std::shared_ptr<l1::L1Sender> sender = {}) {
        const std::shared_ptr<l1::LocalL1> at_l1{&l1(), [](auto*) {}};
        return std::make_unique<Node>(
            world_.network(),
            Components{
                .source = at_l1,
                .attester = {},
                .builder = Components::Builder{
                    .view = at_l1,
                    .sender = sender ? std::move(sender) : std::shared_ptr<l1::L1Sender>{at_l1},
                    .prover = std::move(prover),
                    .options = world_.options()}});
    }
    /// Returns a transaction of the deployer's that deploys code, or calls it without data.
    Transaction call_of_deployer(const std::optional<Address>& to, Bytes data = {}) {
        Transaction tx;
        tx.type = TxType::dynamic_fee;
        tx.chain_id = L1;
        tx.nonce = l1().chain().head_state()->account(deployer_.address)->nonce;
        tx.gas_limit = 400'000;
        tx.max_priority_fee_per_gas = uint256{demo::GWEI};
        tx.max_fee_per_gas = uint256{20 * demo::GWEI};
        tx.to = to;
        tx.data = std::move(data);
        sign(tx, deployer_.key);
        return tx;
    }
    /// Deploys code on L1.
    Address deploy(const std::string& runtime) {
        const Bytes code = *from_hex(runtime);
        Bytes init = *from_hex("0x6000600c60003960006000f3");
        init[1] = init[8] = static_cast<uint8_t>(code.size());
        const std::array create{call_of_deployer(std::nullopt, concat(init, code))};
        return l1().mine(create)->outcomes.at(0).created.value();
    }
    /// Returns a builder whose scopes somebody comes before in their blocks, who calls a contract.
    std::unique_ptr<Node> builder_behind(const Address& called) {
        return builder_with(
            std::shared_ptr<prover::Prover>{&world_.committee(), [](auto*) {}},
            std::make_shared<FrontRun>(l1(), [=, this] { return call_of_deployer(called); }));
    }
    /// Takes turns of a builder with a root of A in each; returns how many of them reverted on L1.
    size_t reverted_of(Node& builder, uint64_t turns) {
        size_t reverted = 0;
        for (uint64_t turn = 0; turn < turns; ++turn) {
            EXPECT_TRUE(node().follow().has_value());
            if (builder.waiting() == 0 || registered(A).next_batch > settled_)
                EXPECT_TRUE(builder.submit(builder::L2Root{A, transfer()}));
            settled_ = registered(A).next_batch;
            const auto failed = builder.step().failed;
            if (!failed) continue;
            EXPECT_EQ(failed->rule, SettleRule::reverted) << to_string(*failed);
            ++reverted;
        }
        return reverted;
    }
    uint256 settled_;
    Node::Turn settle() {
        auto turn = node().step();
        EXPECT_FALSE(turn.failed.has_value()) << to_string(turn.failed.value_or(SettleError{}));
        EXPECT_TRUE(turn.settled.has_value());
        if (turn.bundle) EXPECT_THAT(turn.bundle->dissents, IsEmpty());
        return turn;
    }
    chain::StoredBlockPtr build(ChainId chain_id, const std::vector<Transaction>& transactions) {
        const auto built = node().build_block(chain_id, transactions);
        if (!built) throw std::runtime_error{to_string(built.error())};
        for (const auto& outcome : built->outcomes)
            if (!outcome) throw std::runtime_error{outcome.error().to_string()};
        return built->block;
    }
    /// Expects that who has L1 alone comes to the same heads, and that L1 holds what exists.
    void expect_all_settled() {
        EXPECT_TRUE(node().unsettled().empty());
        rollup::Follower fresh{l1(), world_.network().rollups};
        ASSERT_TRUE(fresh.advance().has_value());
        for (const ChainId id : {A, B}) {
            ASSERT_FALSE(fresh.rollup(id)->stopped.has_value())
                << to_string(*fresh.rollup(id)->stopped);
            EXPECT_EQ(latest(id).head()->hash, fresh.rollup(id)->chain.head()->hash);
            EXPECT_EQ(registered(id).last_block_hash, latest(id).head()->hash);
            EXPECT_EQ(registered(id).forced_queue_position,
                      fresh.rollup(id)->forced_queue_position());
            // The base fee is burnt on the rollup alone.
            EXPECT_EQ(registered(id).escrow, world_.ether_on(id) + world_.ether_burnt_on(id));
        }
    }

    // ---- builders that don't keep to the rules

    /// Returns the honest next batch of A, alone in its scope, without the entries that it takes, as
    /// if nothing were wrong with that.
    builder::Bundle censored() {
        auto scope = world_.open();
        auto bundle = node().seal(scope);
        if (!bundle) throw std::runtime_error{to_string(bundle.error())};
        CHECK(bundle->parts.size() == 1 && bundle->parts[0].chain_id == A);
        auto& part = bundle->parts[0];
        std::erase_if(part.batch.blocks.front().transactions, [](const Transaction& tx) {
            const auto call = protocol::callable::decode_system_call(tx.data);
            return call && std::holds_alternative<protocol::callable::TakeForcedCall>(*call);
        });
        const auto& followed = *node().follower().rollup(A);
        const Blind blind{node().follower()};
        auto options = node().follower().options_for(followed);
        options.l1 = &blind;
        options.max_kept_bytes = rollup::MAX_KEPT_BYTES;
        auto executed = rollup::execute_batch(followed.chain, followed.config, part.batch, options);
        if (!executed) throw std::runtime_error{to_string(executed.error())};
        part.execution = std::move(*executed);
        part.batch_bytes = rollup::encode(part.batch);
        part.public_inputs.last_block_hash = part.execution.last_block_hash;
        part.public_inputs.remotes = part.execution.remotes;
        part.public_inputs.forced_queue_position = uint256{part.execution.forced_queue_position};
        bundle->scope.data =
            builder::put_data(bundle->parts, builder::DataAvailability::calldata)->calldata;
        bundle->scope.batches = {builder::claim_of(part)};
        return std::move(*bundle);
    }
    prover::ProofInput proof_input(const builder::Bundle& bundle) {
        prover::ProofInput input{
            .claims = {}, .data = bundle.scope.data, .blobs = {}, .digests = {}};
        for (const auto& part : bundle.parts) input.claims.push_back(part.public_inputs);
        return input;
    }
    /// Has all members sign, whatever it is, and returns what L1 says.
    std::string said_by_l1(builder::Bundle bundle) {
        const auto& inputs = bundle.parts[0].public_inputs;
        const Hash inputs_hash = protocol::public_inputs_hash(inputs);
        const Hash message =
            protocol::attestation_hash(inputs.program_id, std::span{&inputs_hash, 1});
        auto members = world_.members();
        std::ranges::sort(members, {}, &devnet::Person::address);
        bundle.scope.proofs = {{}};
        for (const auto& member : members)
            append(bundle.scope.proofs[0], crypto::to_rsv(crypto::sign(message, member.key)));
        const auto snapshot = builder::read_snapshot(l1());
        const auto tx = builder::make_bundle_transaction(*snapshot, contracts(), world_.options(),
                                                         bundle.scope, {});
        const auto outcome =
            builder::dry_run(*snapshot, snapshot->next, tx, world_.options().submitter->address());
        if (!outcome) return std::string{to_string(outcome.error())};
        return outcome->succeeded() ? "settled" : builder::describe_revert(outcome->output);
    }
};

// ---- deposits

TEST_F(Forced, a_deposit_settles_though_nothing_else_waits) {
    const auto escrow = registered(A).escrow;
    queue_deposit(A, RECEIVER, ONE);
    EXPECT_EQ(registered(A).escrow, escrow);  // not before it is taken
    const auto turn = settle();
    ASSERT_EQ(turn.bundle->parts.size(), 1u);
    EXPECT_EQ(turn.bundle->parts[0].batch.blocks.at(0).transactions.size(), 2u);  // not the deposit
    EXPECT_EQ(latest(A).head()->block.transactions.size(), 3u);
    EXPECT_EQ(balance_of(A, RECEIVER), ONE);
    EXPECT_EQ(registered(A).escrow, escrow + ONE);
    EXPECT_EQ(registered(A).forced_queue_position, 1u);
    expect_all_settled();
    EXPECT_FALSE(node().step().settled.has_value());  // nothing is left
}

TEST_F(Forced, a_deposit_whose_call_fails_leaves_its_value_with_the_alias) {
    const Bytes call = abi::call("nothingLikeThis()");
    queue_deposit(A, world_.sites().asker, ONE, 50'000, call);
    // Too little gas for the call, and a target that is no contract's to call.
    queue_deposit(A, world_.sites().asker, ONE, 0, call);
    queue_deposit(A, rollup::PREDEPLOY, ONE, 100'000, protocol::callable::close_root());
    settle();
    EXPECT_EQ(registered(A).forced_queue_position, 3u);
    EXPECT_EQ(balance_of(A, alias_of_deployer()), ONE * uint256{3u});
    expect_all_settled();
}

TEST_F(Forced, a_deposit_is_there_for_a_root_of_the_same_scope) {
    queue_deposit(A, RECEIVER, ONE);
    auto tx = unsigned_transfer();
    tx.to = world_.sites().asker;
    tx.value = {};
    tx.gas_limit = 4'000'000;
    tx.data = demo::as_root(abi::call("ask(uint256,address,uint256)", uint256{L1},
                                      world_.sites().answerer, uint256{6u}));
    sign(tx, world_.bob().key);
    ASSERT_TRUE(node().submit(builder::L2Root{A, tx}));
    const auto turn = settle();
    EXPECT_EQ(turn.bundle->roots.size(), 1u);
    EXPECT_TRUE(turn.bundle->roots.at(0).success);
    EXPECT_EQ(balance_of(A, RECEIVER), ONE);
    expect_all_settled();
}

// ---- forced transactions

TEST_F(Forced, a_transaction_stands_where_no_builder_was_asked) {
    const auto tx = transfer();
    queue_transaction(A, encode(tx), tx.gas_limit);
    settle();
    ASSERT_TRUE(latest(A).store().transaction(hash(tx)).has_value());
    EXPECT_EQ(balance_of(A, RECEIVER), uint256{1u});
    expect_all_settled();
}

TEST_F(Forced, junk_counts_as_taken_and_does_nothing) {
    const auto before = latest(A).head_state()->account(world_.bob().address)->nonce;
    queue_transaction(A, Bytes{}, 0);
    queue_transaction(A, Bytes{0x02, 0xc0}, 50'000);
    queue_transaction(A, concat(encode(transfer()), Bytes{0}), 50'000);
    queue_transaction(A, encode(transfer()), 49'999);  // paid for less than it may use
    queue_transaction(A, encode(transfer(7)), 50'000);
    auto elsewhere = unsigned_transfer();
    elsewhere.chain_id = B;
    sign(elsewhere, world_.bob().key);
    queue_transaction(A, encode(elsewhere), 50'000);
    auto root = unsigned_transfer();
    root.data = demo::as_root({});
    sign(root, world_.bob().key);
    queue_transaction(A, encode(root), 50'000);
    auto system = unsigned_transfer();
    system.type = TxType::system;
    system.max_fee_per_gas = system.max_priority_fee_per_gas = system.value = {};
    system.to = rollup::PREDEPLOY;
    system.data = protocol::callable::open_scope({});
    queue_transaction(A, encode(system), 50'000);
    queue_deposit(A, RECEIVER, ONE);
    settle();
    EXPECT_EQ(registered(A).forced_queue_position, 9u);
    EXPECT_EQ(latest(A).head_state()->account(world_.bob().address)->nonce, before);
    EXPECT_EQ(latest(A).head()->block.transactions.size(), 3u);  // the deposit alone
    EXPECT_EQ(balance_of(A, RECEIVER), ONE);
    expect_all_settled();
}

// ---- a flood

TEST_F(Forced, a_flood_is_taken_in_order_as_far_as_a_batch_may_and_stalls_nobody) {
    // One fills more than half of what a batch takes.
    constexpr uint64_t GAS = protocol::MAX_FORCED_GAS_LIMIT;
    constexpr uint64_t COUNT = 3;
    for (uint64_t i = 0; i < COUNT; ++i) {
        queue_deposit(A, RECEIVER, uint256{i + 1}, GAS);
        mine_l1(4);  // what is queued in a block has a bound, too
    }
    queue_deposit(B, RECEIVER, ONE);
    ASSERT_TRUE(node().submit(builder::L2Root{A, transfer()}));  // of others
    uint256 sum;
    for (uint64_t i = 0; i < COUNT; ++i) {
        EXPECT_TRUE(node().follow().has_value());
        EXPECT_TRUE(node().has_entries(A));
        settle();
        sum += uint256{i + 1};
        EXPECT_EQ(balance_of(A, RECEIVER), sum + uint256{1u});  // and that of others, in the first
        EXPECT_EQ(registered(A).forced_queue_position, i + 1);
    }
    EXPECT_FALSE(node().has_entries(A));
    EXPECT_EQ(balance_of(B, RECEIVER), ONE);
    expect_all_settled();
}

TEST_F(Forced, flooding_costs_more_the_more_is_queued) {
    const auto fee = [&] {
        return world_.number(L1, contracts().forced_queue,
                             protocol::fee_of(A, ForcedKind::deposit, 100'000, 0));
    };
    const auto first = fee();
    for (int i = 0; i < 2; ++i) {
        queue_deposit(A, RECEIVER, {}, protocol::MAX_FORCED_GAS_LIMIT);
        mine_l1(8);
    }
    EXPECT_GT(fee(), first * uint256{3u});
    EXPECT_EQ(world_.number(L1, contracts().forced_queue,
                            protocol::fee_of(B, ForcedKind::deposit, 100'000, 0)),
              first);
}

// ---- unsettled blocks

TEST_F(Forced, entries_stand_in_the_first_unsettled_block_or_behind_a_settlement) {
    queue_deposit(A, RECEIVER, ONE);
    const auto block = build(A, {});  // for the entry alone
    ASSERT_NE(block, nullptr);
    EXPECT_EQ(balance_of(A, RECEIVER), ONE);
    EXPECT_FALSE(node().has_entries(A));
    EXPECT_FALSE(node().must_settle());
    EXPECT_EQ(build(A, {}), nullptr);

    queue_deposit(A, RECEIVER, ONE);
    build(A, {transfer()});
    EXPECT_EQ(balance_of(A, RECEIVER), ONE + uint256{1u});  // only a batch's first block takes
    EXPECT_TRUE(node().has_entries(A));
    EXPECT_TRUE(node().must_settle());
    settle();  // what waits, though it wasn't asked for
    EXPECT_EQ(registered(A).forced_queue_position, 1u);
    EXPECT_NE(build(A, {}), nullptr);
    EXPECT_EQ(balance_of(A, RECEIVER), ONE * uint256{2u} + uint256{1u});
    EXPECT_TRUE(node().settle_unsettled().settled.has_value());
    expect_all_settled();
}

TEST_F(Forced, an_entry_that_l1_takes_back_is_on_the_rollup_no_more) {
    // Not settled yet.
    queue_deposit(A, RECEIVER, ONE);
    build(A, {transfer()});
    reorganise_l1(1);
    EXPECT_EQ(balance_of(A, RECEIVER), uint256{});
    EXPECT_EQ(node().take_dropped().size(), 1u);
    EXPECT_EQ(node().take_undone(A).size(), 1u);  // Bob's
    EXPECT_FALSE(node().has_entries(A));

    // Settled.
    queue_deposit(A, RECEIVER, ONE);
    settle();
    EXPECT_EQ(balance_of(A, RECEIVER), ONE);
    reorganise_l1(2);
    EXPECT_EQ(balance_of(A, RECEIVER), uint256{});
    EXPECT_EQ(registered(A).forced_queue_position, 0u);
    expect_all_settled();

    // It stays, and what settled it goes.
    queue_deposit(A, RECEIVER, ONE);
    settle();
    reorganise_l1(1);
    EXPECT_EQ(balance_of(A, RECEIVER), uint256{});
    EXPECT_TRUE(node().has_entries(A));
    settle();
    EXPECT_EQ(balance_of(A, RECEIVER), ONE);
    expect_all_settled();
}

// ---- deadlines

TEST_F(Forced, an_entry_that_falls_due_in_the_middle_of_a_batch_is_the_next_ones) {
    build(A, {transfer()});
    queue_deposit(A, RECEIVER, ONE);
    mine_l1(protocol::FORCED_DEADLINE);
    build(A, {transfer()});
    EXPECT_EQ(balance_of(A, RECEIVER), uint256{2u});
    EXPECT_TRUE(node().must_settle());
    settle();
    EXPECT_EQ(registered(A).forced_queue_position, 0u);
    expect_all_settled();
    settle();
    EXPECT_EQ(balance_of(A, RECEIVER), ONE + uint256{2u});
    expect_all_settled();
}

TEST_F(Forced, a_builder_that_leaves_a_due_entry_out_gets_no_signature_and_nothing_from_l1) {
    // L1 itself knows what was due when a batch before it settled.
    build(A, {transfer()});
    queue_deposit(A, RECEIVER, ONE);
    mine_l1(protocol::FORCED_DEADLINE);
    build(A, {transfer()});
    settle();
    const auto bundle = censored();
    const auto answer = world_.committee().prove(proof_input(bundle));
    ASSERT_FALSE(answer.has_value());
    EXPECT_EQ(answer.error().attestations, 0u);
    ASSERT_EQ(answer.error().dissents.size(), world_.members().size());
    for (const auto& dissent : answer.error().dissents) {
        EXPECT_EQ(dissent.kind, prover::DisagreementKind::refused_batch);
        EXPECT_THAT(dissent.detail, HasSubstr("missing_take_forced"));
    }
    EXPECT_THAT(said_by_l1(bundle), HasSubstr("ForcedEntryOverdue"));
    settle();  // an honest one
    EXPECT_EQ(balance_of(A, RECEIVER), ONE + uint256{2u});
    expect_all_settled();
}

TEST_F(Forced, a_builder_may_leave_out_what_is_not_due) {
    queue_deposit(A, RECEIVER, ONE);
    const auto bundle = censored();
    const auto answer = world_.committee().prove(proof_input(bundle));
    ASSERT_TRUE(answer.has_value());
    EXPECT_THAT(answer->dissents, IsEmpty());
    EXPECT_EQ(said_by_l1(bundle), "settled");
    mine_l1(protocol::FORCED_DEADLINE - 1);  // with the next slot's it is as old as that
    settle();
    EXPECT_EQ(balance_of(A, RECEIVER), ONE);
    expect_all_settled();
}

// ---- upgrades

TEST_F(Forced, a_rollup_that_nobody_proves_stops_no_other) {
    const auto builder = builder_without(B);
    queue_deposit(B, RECEIVER, ONE);  // which each scope would take
    const auto before = registered(A).next_batch;
    for (uint64_t roots = 1; roots <= 3; ++roots) {
        ASSERT_TRUE(node().follow().has_value());
        ASSERT_TRUE(builder->submit(builder::L2Root{A, transfer()}));
        builder->step();
        EXPECT_EQ(registered(A).next_batch, before + roots);
    }
    EXPECT_EQ(registered(B).forced_queue_position, 0u);
    settle();  // by who proves it
    EXPECT_EQ(registered(B).forced_queue_position, 1u);
}

TEST_F(Forced, roots_on_a_rollup_that_nobody_proves_stop_no_other) {
    const auto builder = builder_without(B);
    const auto before = registered(A).next_batch;
    const auto before_b = registered(B).next_batch;
    size_t refused = 0;
    for (uint64_t turns = 1; turns <= 8; ++turns) {
        ASSERT_TRUE(node().follow().has_value());
        if (builder->waiting() == 0)
            ASSERT_TRUE(builder->submit(builder::L2Root{B, transfer(0, B)}));
        ASSERT_TRUE(builder->submit(builder::L2Root{A, transfer()}));
        const auto turn = builder->step();
        EXPECT_TRUE(turn.dropped.empty());
        for (const auto& [root, refusal] : turn.refused) {
            EXPECT_THAT(refusal.reason, HasSubstr("rollup 902 is left out for a while"));
            ++refused;
        }
        EXPECT_EQ(registered(A).next_batch, before + turns);
    }
    EXPECT_GE(refused, 2u);
    EXPECT_EQ(registered(B).next_batch, before_b);
    ASSERT_TRUE(node().submit(builder::L2Root{B, transfer(0, B)}));
    settle();  // by who proves it
    EXPECT_EQ(registered(B).next_batch, before_b + 1);
}

TEST_F(Forced, a_rollup_whose_batch_is_refused_waits_though_no_root_is_to_blame) {
    build(A, {transfer()});
    auto blocks = node().unsettled();
    auto wrong = *blocks.at(A).front();
    wrong.content.transactions.back().blob_versioned_hashes = {Hash{{1}}};
    blocks[A] = {std::make_shared<const builder::UnsettledBlock>(std::move(wrong))};
    node().set_unsettled(blocks);

    // It waits for the rest of a turn; then, refused again, for another one too.
    for (const size_t suspected : {1u, 1u, 0u, 1u}) {
        ASSERT_TRUE(node().submit(builder::L2Root{B, transfer(0, B)}));
        const auto turn = settle();
        EXPECT_EQ(turn.suspected.size(), suspected);
        for (const auto& error : turn.suspected) {
            EXPECT_EQ(error.rule, builder::SealRule::batch_refused);
            EXPECT_EQ(error.suspects, (std::vector<std::vector<ChainId>>{{A}}));
        }
        EXPECT_THAT(turn.dropped, IsEmpty());
        EXPECT_EQ(turn.bundle->roots.size(), 0u);  // Bob's is an ordinary one
        EXPECT_EQ(turn.bundle->parts.size(), 1u);
    }
    node().drop_unsettled(A, 0, "it was wrong");
    expect_all_settled();
}

TEST_F(Forced, a_verifier_that_changes_its_mind_stops_no_other_rollup) {
    // Without calldata it changes its mind: sstore(0, !sload(0)). With some it reverts if sload(0).
    const Address verifier = deploy(
        "0x36600c5760005415600055005b60005460145700"
        "5b600080fd");
    constexpr uint64_t MONTH_S = 30 * 24 * 3600;
    const auto& configs = world_.network().rollups;
    const auto config = std::ranges::find(configs, B, &rollup::RollupConfig::chain_id);
    call_on_l1(contracts().registry,
               abi::call("announceChange(uint256,address,bytes32,address)", uint256{B}, verifier,
                         config->program_id, Address{}));
    l1().set_next({.timestamp_s = l1().chain().head()->header().timestamp_s + MONTH_S});
    ASSERT_TRUE(l1().mine({}).has_value());
    call_on_l1(contracts().registry, abi::call("applyChange(uint256)", uint256{B}));
    ASSERT_EQ(registered(B).verifier, verifier);

    const auto builder = builder_behind(verifier);
    queue_deposit(B, RECEIVER, ONE);  // which each scope would take
    const auto before = registered(A).next_batch;
    constexpr uint64_t TURNS = 20;
    const size_t reverted = reverted_of(*builder, TURNS);
    EXPECT_GT(reverted, 0u);
    EXPECT_LE(reverted, 6u);  // it waits for twice as many turns each time
    EXPECT_EQ(registered(A).next_batch, before + TURNS - reverted);
    EXPECT_EQ(registered(B).forced_queue_position, 0u);
}

TEST_F(Forced, an_operation_whose_outcome_changes_stops_no_rollup) {
    // Without calldata it changes its mind: sstore(0, !sload(0)). With some it returns sload(0).
    const Address fickle = deploy("0x36600c5760005415600055005b60005460005260206000f3");
    const auto builder = builder_behind(fickle);
    ASSERT_TRUE(node().follow().has_value());
    auto root = world_.operation(world_.alice(), fickle, Bytes{0x01}, 100'000);
    auto& operation = root.operation.operation;
    operation.deadline = uint256{l1().chain().head()->header().timestamp_s + 100'000};
    root.root_index = 0;
    const auto sign_root = [&] {
        root.operation.signature = to_bytes(crypto::to_rsv(crypto::sign(
            protocol::operation_digest(contracts().settlement, operation), world_.alice().key)));
    };
    sign_root();
    const auto simulated = world_.open().simulate(builder::Root{root});
    ASSERT_TRUE(simulated.has_value()) << simulated.error().to_string();
    operation.outcome = simulated->outcome;
    sign_root();

    ASSERT_TRUE(builder->submit(root));
    ASSERT_TRUE(builder->submit(builder::L2Root{A, transfer()}));
    const auto before = registered(A).next_batch;
    constexpr uint64_t TURNS = 20;
    const size_t reverted = reverted_of(*builder, TURNS);
    EXPECT_GT(reverted, 0u);
    EXPECT_LE(reverted, 8u);
    EXPECT_GE(registered(A).next_batch, before + TURNS - reverted - 1);
}

TEST_F(Forced, what_was_left_out_stays_so_where_l1_went_on_before_the_rest_settled) {
    const auto prover = std::make_shared<SlowPartial>(world_.committee(), l1(), B);
    const auto builder = builder_with(prover);
    queue_deposit(A, RECEIVER, ONE);
    queue_deposit(B, RECEIVER, ONE);
    const auto stale = builder->step();
    ASSERT_TRUE(stale.failed.has_value());
    EXPECT_EQ(stale.failed->rule, SettleRule::stale);
    EXPECT_TRUE(builder->step().settled.has_value());
    // Both; A, which was stale; A again, and not both.
    EXPECT_EQ(prover->asked(), (std::vector<std::vector<uint256>>{
                                   {uint256{A}, uint256{B}}, {uint256{A}}, {uint256{A}}}));
    EXPECT_EQ(registered(A).forced_queue_position, 1u);
    EXPECT_EQ(registered(B).forced_queue_position, 0u);
}

TEST_F(Forced, an_entry_waits_for_no_rollup_that_nobody_proves) {
    for (const size_t turns_before : {0u, 1u, 2u, 3u}) {
        for (const ChainId unproved : {A, B}) {
            const ChainId other = unproved == A ? B : A;
            const auto builder = builder_without(unproved);
            for (size_t i = 0; i < turns_before; ++i) builder->step();
            queue_deposit(A, RECEIVER, ONE);
            queue_deposit(B, RECEIVER, ONE);
            const auto before = registered(other).forced_queue_position;
            for (int turns = 0; turns < 4; ++turns) builder->step();
            EXPECT_EQ(registered(other).forced_queue_position, before + 1);
            settle();
        }
    }
}

TEST_F(Forced, an_upgrade_of_the_predeploy_comes_a_month_after_it_was_announced) {
    constexpr uint64_t MONTH_S = 30 * 24 * 3600;
    const auto upgrade = [&](ChainId chain_id, const Bytes& code) {
        call_on_l1(contracts().registry, abi::call("announceUpgrade(uint256,bytes32)",
                                                   uint256{chain_id}, crypto::keccak256(code)));
        l1().set_next({.timestamp_s = l1().chain().head()->header().timestamp_s + MONTH_S});
        ASSERT_TRUE(l1().mine({}).has_value());
        call_on_l1(contracts().registry,
                   abi::call("applyUpgrade(uint256,bytes)", uint256{chain_id}, code));
    };
    // The same with one byte more, which nothing reaches.
    const Bytes code = concat(latest(A).head_state()->code(rollup::PREDEPLOY)->bytes, Bytes{0x00});
    upgrade(A, code);
    queue_deposit(A, RECEIVER, ONE);
    settle();
    EXPECT_EQ(latest(A).head_state()->code(rollup::PREDEPLOY)->bytes, code);
    EXPECT_EQ(balance_of(A, RECEIVER), ONE);
    expect_all_settled();

    // Code that is no ScopedCallable stops its own rollup, and no other.
    upgrade(A, Bytes{0x00});
    queue_deposit(A, RECEIVER, ONE);
    queue_deposit(B, RECEIVER, ONE);
    settle();
    EXPECT_EQ(balance_of(A, RECEIVER), ONE);
    EXPECT_EQ(balance_of(B, RECEIVER), ONE);
    const auto refused = world_.open().add(builder::L2Root{A, transfer()});
    ASSERT_FALSE(refused.has_value());
    EXPECT_THAT(refused.error().reason, HasSubstr("upgraded to code that is no ScopedCallable"));
}

TEST_F(Forced, views_of_our_predeploy_take_an_eighth_of_their_gas_at_most) {
    const auto& chain = latest(A);
    std::vector<uint256> remotes;
    for (uint64_t id = 0; id < protocol::callable::MAX_REMOTES; ++id)
        remotes.emplace_back(100'000 + id);
    chain::BlockBuilder block{
        chain, chain.head()->hash, {.timestamp_s = chain.head()->header().timestamp_s + 1}};
    Transaction open;
    open.type = TxType::system;
    open.chain_id = A;
    open.nonce = block.state().nonce(rollup::SYSTEM_SENDER);
    open.gas_limit = rollup::MIN_GAS_LIMIT;
    open.to = rollup::PREDEPLOY;
    open.data = protocol::callable::open_scope(remotes);
    ASSERT_TRUE(block.try_transaction(open).has_value());
    const auto sealed = block.seal();
    ASSERT_TRUE(sealed.has_value());
    const auto& configs = world_.network().rollups;
    const auto config = std::ranges::find(configs, A, &rollup::RollupConfig::chain_id);
    const auto views = rollup::read_views(*config, sealed->block.header(), *sealed->state);
    ASSERT_TRUE(views.has_value()) << to_string(views.error());
    EXPECT_GT(views->gas_used, 253 * 7 * 2'100);
    EXPECT_LT(views->gas_used, rollup::VIEWS_GAS / 8);
    RecordProperty("gas", std::to_string(views->gas_used));
}

// ---- closings

TEST_F(Forced, a_closing_is_undone_by_a_batch_and_else_leaves_no_rollup) {
    const auto close = [&](ChainId chain_id) {
        call_on_l1(contracts().registry, protocol::close_rollup(chain_id));
    };
    const auto state = [&](ChainId chain_id) {
        return protocol::decode_rollup_state(
                   world_.view(L1, contracts().registry, protocol::state_of(chain_id)))
            .value();
    };
    mine_l1(protocol::CLOSING_IDLE + 1);
    EXPECT_FALSE(node().step().settled.has_value());  // nobody has started it
    close(A);
    EXPECT_NE(state(A).closes_at, 0u);
    const auto turn = settle();  // an empty batch
    ASSERT_EQ(turn.bundle->parts.size(), 1u);
    EXPECT_EQ(turn.bundle->parts[0].batch.blocks.size(), 1u);
    EXPECT_EQ(state(A).closes_at, 0u);
    expect_all_settled();

    // B's builder does nothing.
    close(B);
    mine_l1(protocol::CLOSING_NOTICE);
    queue_deposit(B, RECEIVER, ONE);
    close(B);
    EXPECT_TRUE(state(B).is_closed);
    auto scope = world_.open();
    auto asking_b = unsigned_transfer();
    asking_b.to = world_.sites().asker;
    asking_b.gas_limit = 4'000'000;
    asking_b.value = {};
    asking_b.data = demo::as_root(abi::call("ask(uint256,address,uint256)", uint256{B},
                                            world_.sites().persistent, uint256{6u}));
    sign(asking_b, world_.bob().key);
    const auto refused = scope.add(builder::L2Root{A, asking_b});
    if (!refused) EXPECT_THAT(refused.error().reason, HasSubstr("closed for good"));
    if (refused) EXPECT_FALSE(refused->success);  // A has forgotten it
    const auto on_b = scope.add(builder::L2Root{B, transfer()});
    ASSERT_FALSE(on_b.has_value());
    EXPECT_THAT(on_b.error().reason, HasSubstr("closed for good"));
    EXPECT_FALSE(node().has_entries(B));

    // A goes on, and knows B no more.
    queue_deposit(A, RECEIVER, ONE);
    settle();
    EXPECT_EQ(balance_of(A, RECEIVER), ONE);
    EXPECT_EQ(world_.number(A, rollup::PREDEPLOY, abi::call("isKnown(uint256)", uint256{B})),
              uint256{});
}

}  // namespace
}  // namespace scope::node
