#include "service/builder_network.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "base/hex.hpp"
#include "demo/world.hpp"
#include "pooled_l1.hpp"
#include "rpc/errors.hpp"
#include "rpc/params.hpp"
#include "rpc/service.hpp"
#include "store/test_folder.hpp"
#include "types/signing.hpp"

// A builder's network on an L1 that isn't its own: what it takes settles, waits, or is refused with a
// reason, whatever L1 does and wherever the process ends.

namespace scope::service {
namespace {

using demo::A;
using demo::B;
using demo::L1;
using ::testing::HasSubstr;

/// What listeners are told, as text.
class Told final : public rpc::Listener {
  public:
    void on_blocks(ChainId /*chain_id*/, std::span<const chain::StoredBlockPtr> removed,
                   std::span<const chain::StoredBlockPtr> added) override {
        blocks += added.size();
        undone += removed.size();
    }
    void on_pending(ChainId /*chain_id*/, const pool::PooledTransaction& /*tx*/) override {
        ++pending;
    }
    void on_scope(const rpc::ScopeRecordPtr& scope) override { scopes.push_back(scope->number); }
    void on_refusal(const rpc::RefusalRecord& refusal) override {
        refusals.push_back(refusal.reason);
    }
    void on_trouble(std::string_view reason) override { troubles.emplace_back(reason); }

    size_t blocks = 0;
    size_t undone = 0;
    size_t pending = 0;
    size_t works = 0;
    std::vector<uint64_t> scopes;
    std::vector<std::string> refusals;
    std::vector<std::string> troubles;
};

class BuilderNetworks : public testing::Test {
  protected:
    BuilderNetworks() { start(); }

    l1::LocalL1& l1() { return world_.devnet().l1(); }

    /// Starts a process; the one before ends without a word.
    void start() {
        network_.reset();
        const std::shared_ptr<prover::Prover> prover{&world_.committee(), [](auto*) {}};
        BuilderNetworkOptions options{.clock_ms = [this] { return now_ms_; },
                                      .on_work = [this] { ++told_.works; }};
        options.settle_after_ms = 12'000;
        options.l1_head_number = [this] { return l1().chain().head()->header().number + unread_; };
        network_ = std::make_unique<BuilderNetwork>(
            world_.network(),
            node::Components{
                .source = pool_,
                .database = folder_ ? std::make_shared<store::NodeDatabase>(
                                          store::NodeDatabaseOptions{.disk = folder_->options(),
                                                                     .cache_bytes = size_t{4} << 20,
                                                                     .chains = 2})
                                    : nullptr,
                .attester = {},
                .builder = node::Components::Builder{pool_, pool_, prover, world_.options()}},
            std::move(options));
        network_->listen(&told_);
        network_->tick();
        work();
    }
    void on_disk() {
        network_.reset();
        folder_.emplace();
        start();
    }

    Transaction on_a(const demo::Person& from, uint64_t nonce, const Address& to, Bytes data,
                     uint64_t value = 0) {
        Transaction tx;
        tx.type = TxType::dynamic_fee;
        tx.chain_id = A;
        tx.nonce = nonce;
        tx.max_priority_fee_per_gas = uint256{demo::GWEI};
        tx.max_fee_per_gas = uint256{20 * demo::GWEI};
        tx.gas_limit = 4'000'000;
        tx.to = to;
        tx.value = uint256{value};
        tx.data = std::move(data);
        sign(tx, from.key);
        return tx;
    }
    /// Alice on A asks the answerer on L1.
    Transaction asking(uint64_t nonces_before = 0) {
        return asking_with(nonce_of(world_.alice()) + nonces_before);
    }
    Transaction asking_with(uint64_t nonce, uint64_t number = 6) {
        return on_a(world_.alice(), nonce, world_.sites().asker,
                    demo::as_root(abi::call("ask(uint256,address,uint256)", uint256{L1},
                                            world_.sites().answerer, uint256{number})));
    }
    Transaction paying(uint64_t nonces_before = 0) {
        return on_a(world_.bob(), nonce_of(world_.bob()) + nonces_before, world_.alice().address,
                    {}, 5);
    }
    builder::L1Root transfer() {
        return world_.operation(world_.alice(), world_.bob().address, {}, 100'000);
    }
    uint64_t nonce_of(const demo::Person& person) {
        return network_->chain(A)
            ->chain()
            .head_state()
            ->account(person.address)
            .value_or(Account{})
            .nonce;
    }

    /// Does what a server does with a request: it is committed before it is answered.
    Hash send(const Transaction& transaction) {
        auto sent = network_->send(A, transaction, {}, {});
        network_->finish();
        EXPECT_TRUE(sent) << sent.error().message;
        return sent.value_or(Hash{});
    }
    Hash send(const builder::L1Root& root) {
        auto sent = network_->send_operation(root.operation, root.root_index);
        network_->finish();
        EXPECT_TRUE(sent) << sent.error().message;
        return sent.value_or(Hash{});
    }
    /// Ticks as long as there is something to do at once.
    void work() {
        for (int i = 0; i < 64 && network_->ms_to_next_tick() == 0; ++i) network_->tick();
        ASSERT_NE(network_->ms_to_next_tick(), 0u) << "it never comes to rest";
    }
    /// L1 mines what waits there.
    void mine() {
        pool_->mine();
        network_->on_new_head();
        work();
    }
    /// Mines until nothing is in flight or waits.
    void settle_all() {
        for (int i = 0; i < 8; ++i) {
            now_ms_ += 12'000;
            network_->tick();
            work();
            mine();
        }
    }
    rpc::RpcResult ask(std::string_view method, const std::string& params) {
        rpc::Service service{*network_};
        simdjson::dom::parser parser;
        std::optional<rpc::RpcResult> answer;
        service.call({.chain_id = A,
                      .method = method,
                      .params = rpc::Json{parser.parse(params)},
                      .subscriber = nullptr},
                     [&](rpc::RpcResult result) { answer = std::move(result); });
        return answer.value();
    }
    bool stands_on_a(const Hash& hash) {
        return network_->chain(A)->chain().store().transaction(hash).has_value();
    }
    bool waits_on_a(const Hash& hash) { return network_->chain(A)->pool()->find(hash) != nullptr; }
    /// Returns how a transaction of A or an operation stands: one of these, or nothing.
    std::string standing(const Hash& hash) {
        std::string text;
        if (stands_on_a(hash) || network_->scope(hash)) text += "stands ";
        if (waits_on_a(hash) || network_->why_waiting(hash)) text += "waits ";
        if (network_->refusal(hash)) text += "refused ";
        return text;
    }
    void expect_as_fresh() {
        rollup::Follower fresh{l1(), world_.network().rollups};
        ASSERT_TRUE(fresh.advance().has_value());
        for (const ChainId id : {A, B})
            EXPECT_EQ(network_->follower()->rollup(id)->chain.head()->hash,
                      fresh.rollup(id)->chain.head()->hash);
    }

    demo::Progress progress_;
    demo::World world_{devnet::Artifacts::locate(), builder::DataAvailability::calldata, progress_};
    std::shared_ptr<demo::PooledL1> pool_ = std::make_shared<demo::PooledL1>(l1());
    std::optional<store::TestFolder> folder_;
    uint64_t now_ms_ = 1'800'000'000'000;
    uint64_t unread_ = 0;  ///< blocks of L1 that are known and not here
    Told told_;
    std::unique_ptr<BuilderNetwork> network_;
};

TEST_F(BuilderNetworks, have_the_rollups_alone_as_chains) {
    EXPECT_EQ(network_->chains(), (std::vector<ChainId>{A, B}));
    EXPECT_EQ(network_->chain(L1), nullptr);
    EXPECT_EQ(network_->controls(), nullptr);
    EXPECT_TRUE(network_->accounts().empty());
    EXPECT_TRUE(network_->is_ready()) << network_->trouble();
    // Those of the world's making.
    EXPECT_GT(network_->scopes(), 0u);
    EXPECT_EQ(network_->ms_to_next_tick(), std::nullopt);
}

TEST_F(BuilderNetworks, settle_a_root_that_waited_for_its_block_on_l1) {
    const auto scopes = network_->scopes();
    const Hash root = send(asking());
    EXPECT_EQ(told_.pending, 1u);
    EXPECT_EQ(told_.works, 1u);
    EXPECT_EQ(network_->why_waiting(root), "it comes with the next scope");
    EXPECT_EQ(network_->ms_to_next_tick(), 0u);
    work();
    ASSERT_TRUE(network_->node().in_flight());
    EXPECT_THAT(network_->why_waiting(root).value_or(""), HasSubstr("on its way to L1"));
    // Another one waits behind it, and isn't sent.
    const Hash next = send(asking(1));
    work();
    EXPECT_EQ(pool_->sent.size(), 1u);
    mine();
    EXPECT_EQ(standing(root), "stands ");
    EXPECT_EQ(network_->scopes(), scopes + 1);
    ASSERT_NE(network_->scope(root), nullptr);
    EXPECT_EQ(network_->scope(root)->roots.size(), 1u);
    EXPECT_EQ(network_->scope(root)->l1_transaction, hash(pool_->sent[0]));
    EXPECT_EQ(told_.scopes.back(), scopes);
    EXPECT_EQ(standing(next), "waits ");
    ASSERT_TRUE(network_->node().in_flight());
    mine();
    EXPECT_EQ(standing(next), "stands ");
    EXPECT_TRUE(told_.refusals.empty());
    EXPECT_TRUE(told_.troubles.empty()) << told_.troubles.front();
    expect_as_fresh();
}

TEST_F(BuilderNetworks, build_blocks_of_ordinary_transactions_at_once_and_settle_them_later) {
    const Hash first = send(paying());
    work();
    EXPECT_EQ(standing(first), "stands ");
    EXPECT_TRUE(pool_->sent.empty());
    const auto wait = network_->ms_to_next_tick();
    ASSERT_TRUE(wait && *wait > 0 && *wait <= 12'000);
    now_ms_ += *wait;
    network_->tick();
    ASSERT_TRUE(network_->node().in_flight());
    // No block is built that the scope knows nothing of.
    const Hash second = send(paying());
    work();
    EXPECT_EQ(standing(second), "waits ");
    mine();
    EXPECT_EQ(standing(first), "stands ");
    EXPECT_EQ(network_->chain(A)->head(rpc::Label::safe)->hash,
              network_->follower()->rollup(A)->chain.head()->hash);
    work();
    EXPECT_EQ(standing(second), "stands ");
    settle_all();
    expect_as_fresh();
}

TEST_F(BuilderNetworks, settle_operations_and_have_them_wait_again_when_l1_undoes_them) {
    const auto root = transfer();
    const Hash operation = send(root);
    const Hash asked = send(asking());
    EXPECT_EQ(network_->next_operation_nonce(root.operation.operation.account),
              root.operation.operation.nonce + uint256{1u});
    const auto before = l1().chain().head()->hash;
    work();
    ASSERT_TRUE(network_->node().in_flight());
    mine();
    EXPECT_EQ(standing(operation), "stands ");
    EXPECT_EQ(standing(asked), "stands ");
    l1().set_head(before);
    pool_->mine_empty();
    pool_->mine_empty();
    network_->on_new_head();
    network_->tick();
    EXPECT_GT(told_.undone, 0u);
    EXPECT_EQ(standing(operation), "waits ");
    EXPECT_EQ(standing(asked), "waits ");
    settle_all();
    EXPECT_EQ(standing(operation), "stands ");
    EXPECT_EQ(standing(asked), "stands ");
    EXPECT_TRUE(told_.refusals.empty()) << told_.refusals.front();
    expect_as_fresh();
}

TEST_F(BuilderNetworks, refuse_at_the_door_and_say_why) {
    auto bad = transfer();
    bad.operation.signature[0] ^= 1;
    const auto unsigned_one = network_->send_operation(bad.operation, {});
    ASSERT_FALSE(unsigned_one);
    EXPECT_THAT(unsigned_one.error().message, HasSubstr("signature"));
    EXPECT_FALSE(network_->send(L1, paying(), {}, {}));
    EXPECT_FALSE(network_->send(A, paying(), {}, world_.bob().address));
}

TEST_F(BuilderNetworks, say_that_l1_is_away_and_go_on_when_it_is_back) {
    const Hash before = send(asking());
    pool_->is_source_away = pool_->is_state_away = pool_->is_status_away = true;
    network_->on_new_head();
    network_->tick();
    EXPECT_FALSE(network_->is_ready());
    ASSERT_EQ(told_.troubles.size(), 1u);
    EXPECT_THAT(network_->why_waiting(before).value_or(""), HasSubstr("unreachable"));
    const auto refused = network_->send(A, asking(1), {}, {});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, rpc::SERVER_ERROR);
    EXPECT_THAT(refused.error().message, HasSubstr("L1 can't be read"));
    const auto operation = network_->send_operation(transfer().operation, {});
    ASSERT_FALSE(operation);
    EXPECT_THAT(operation.error().message, HasSubstr("L1 can't be read"));
    // It is asked again after a while, and told of once.
    for (int i = 0; i < 3; ++i) {
        const auto wait = network_->ms_to_next_tick();
        ASSERT_TRUE(wait && *wait > 0);
        now_ms_ += *wait;
        network_->tick();
    }
    EXPECT_EQ(told_.troubles.size(), 1u);
    pool_->is_source_away = pool_->is_state_away = pool_->is_status_away = false;
    now_ms_ += *network_->ms_to_next_tick();
    network_->tick();
    EXPECT_TRUE(network_->is_ready());
    work();
    mine();
    EXPECT_EQ(standing(before), "stands ");
    expect_as_fresh();
}

TEST_F(BuilderNetworks, start_while_l1_is_away_and_take_nothing_until_it_answers) {
    on_disk();
    const Hash root = send(asking());
    pool_->is_source_away = true;
    start();
    EXPECT_FALSE(network_->is_ready());
    EXPECT_FALSE(network_->send(A, asking(1), {}, {}));
    start();
    pool_->is_source_away = false;
    start();
    EXPECT_TRUE(network_->is_ready());
    EXPECT_EQ(standing(root), "waits ");
    work();
    mine();
    EXPECT_EQ(standing(root), "stands ");
}

TEST_F(BuilderNetworks, lose_nothing_where_l1s_state_can_not_be_read_when_they_start_again) {
    on_disk();
    const auto first = transfer();
    const Hash operation = send(first);
    const Hash root = send(asking());
    for (const bool is_there : {false, false, true}) {
        pool_->is_state_away = !is_there;
        start();
        EXPECT_EQ(network_->is_ready(), is_there);
    }
    EXPECT_EQ(standing(operation), "waits ");
    EXPECT_EQ(standing(root), "waits ");
    work();
    mine();
    EXPECT_EQ(standing(operation), "stands ");
    EXPECT_EQ(standing(root), "stands ");
}

TEST_F(BuilderNetworks, refuse_a_root_that_reads_too_much_of_l1_at_the_door_and_in_a_scope) {
    pool_->most_reads = 3;
    const auto refused = network_->send(A, asking(), {}, {});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, rpc::code_of(builder::RefusalRule::gas_budget));
    EXPECT_THAT(refused.error().message, HasSubstr("it reads too much"));
    // Who sent it knows: it takes no other refusal's place.
    EXPECT_EQ(network_->refusal(hash(asking())), nullptr);
    pool_->most_reads.reset();
    const Hash root = send(asking());
    const Hash payment = send(paying());
    pool_->most_reads = 3;  // now it does
    work();
    EXPECT_EQ(standing(root), "refused ");
    EXPECT_THAT(network_->refusal(root)->reason, HasSubstr("it reads too much"));
    EXPECT_TRUE(network_->is_ready());
    pool_->most_reads.reset();
    now_ms_ += 12'000;
    network_->tick();
    mine();
    EXPECT_EQ(standing(payment), "stands ");
}

TEST_F(BuilderNetworks, build_nothing_before_they_have_all_of_l1) {
    on_disk();
    const Hash root = send(asking());
    unread_ = 1;
    start();
    EXPECT_FALSE(network_->is_ready());
    now_ms_ += 60'000;
    network_->tick();
    EXPECT_FALSE(network_->node().in_flight());
    EXPECT_TRUE(told_.troubles.empty());
    unread_ = 0;
    network_->on_new_head();
    network_->tick();
    EXPECT_TRUE(network_->is_ready());
    EXPECT_EQ(standing(root), "waits ");
    work();
    mine();
    EXPECT_EQ(standing(root), "stands ");
}

TEST_F(BuilderNetworks, have_what_waited_when_they_start_again_in_its_order) {
    on_disk();
    const auto first = asking(), second = asking(1);
    send(first);
    send(second);
    const Hash operation = send(transfer());
    // It pays more, so that it takes the second one's place.
    auto dearer = second;
    dearer.max_priority_fee_per_gas = dearer.max_priority_fee_per_gas * uint256{2u};
    dearer.max_fee_per_gas = dearer.max_fee_per_gas * uint256{2u};
    sign(dearer, world_.alice().key);
    send(dearer);
    start();
    EXPECT_EQ(standing(hash(first)), "waits ");
    EXPECT_EQ(standing(hash(dearer)), "waits ");
    EXPECT_EQ(standing(hash(second)), "refused ");
    EXPECT_THAT(network_->refusal(hash(second))->reason, HasSubstr("replaced by"));
    EXPECT_EQ(standing(operation), "waits ");
    start();
    work();
    mine();
    for (const Hash& each : {hash(first), hash(dearer), operation})
        EXPECT_EQ(standing(each), "stands ");
    start();
    for (const Hash& each : {hash(first), hash(dearer), operation})
        EXPECT_EQ(standing(each), "stands ");
    EXPECT_EQ(standing(hash(second)), "refused ");
    expect_as_fresh();
}

TEST_F(BuilderNetworks, refuse_with_a_reason_what_no_longer_passes_when_they_start_again) {
    on_disk();
    const uint64_t nonce = nonce_of(world_.alice());
    const Hash root = send(asking());
    network_.reset();
    // Another builder settles something else of the same nonce.
    {
        auto scope = world_.open();
        const builder::L2Root other{A, asking_with(nonce, 7)};
        ASSERT_TRUE(scope.add(other));
        auto bundle = world_.devnet().node().seal(scope);
        ASSERT_TRUE(bundle);
        ASSERT_TRUE(world_.devnet().node().settle(*bundle));
    }
    start();
    ASSERT_EQ(standing(root), "refused ");
    EXPECT_THAT(network_->refusal(root)->reason, HasSubstr("nonce too low"));
    EXPECT_EQ(network_->chain(A)->pool()->size(), 0u);
}

TEST_F(BuilderNetworks, read_l1_for_who_asks_what_it_says) {
    const auto l1 = network_->l1_state();
    ASSERT_TRUE(l1);
    const auto& head = *this->l1().chain().head();
    EXPECT_EQ(l1->environment.block.number, head.header().number);
    EXPECT_GT(l1->next_timestamp_s, head.header().timestamp_s);
    EXPECT_EQ(l1->state->account(world_.alice().address),
              this->l1().chain().head_state()->account(world_.alice().address));
}

TEST_F(BuilderNetworks, read_nothing_of_l1_before_they_are_at_its_head) {
    pool_->is_source_away = true;
    start();
    EXPECT_THROW((void)network_->l1_state(), state::Unavailable);
}

// What was sent settles though who sent it has ended, and with it what it knew of its roots.
TEST_F(BuilderNetworks, have_a_receipt_of_an_operation_that_an_earlier_process_settled) {
    on_disk();
    const Hash operation = send(transfer());
    const Hash asked = send(asking());
    const auto receipt = [&](const Hash& hash) {
        return ask("scope_getOperationReceipt", fmt::format(R"(["{}"])", to_hex(hash))).value();
    };
    work();
    ASSERT_TRUE(network_->node().in_flight());
    EXPECT_EQ(receipt(operation), "null");
    const auto sent = pool_->pooled().value();
    pool_->is_state_away = true;  // so that it doesn't build the same again
    start();
    pool_->mine(sent);
    pool_->is_state_away = false;
    network_->on_new_head();
    network_->tick();
    EXPECT_EQ(standing(operation), "stands ");
    EXPECT_EQ(standing(asked), "stands ");
    const auto scope = network_->scope(operation);
    ASSERT_NE(scope, nullptr);
    EXPECT_THAT(receipt(operation), HasSubstr(R"("success":null)"));
    EXPECT_THAT(receipt(operation), HasSubstr(to_hex(scope->l1_transaction)));
    for (const Hash& other : {asked, scope->l1_transaction, scope->l1_block})
        EXPECT_EQ(receipt(other), "null");
}

// L1 undoes a scope while the builder is off, and goes away while what came instead is read.
TEST_F(BuilderNetworks, keep_what_l1_undid_though_they_end_before_they_are_at_its_head) {
    for (const uint64_t blocks : {3u, 300u}) {
        SCOPED_TRACE(blocks);
        on_disk();
        const auto before = l1().chain().head()->hash;
        const Hash root = send(asking());
        const Hash payment = send(paying());
        settle_all();
        ASSERT_EQ(standing(root) + standing(payment), "stands stands ");
        l1().set_head(before);
        for (uint64_t i = 0; i < 8 + blocks; ++i) pool_->mine_empty();
        pool_->first_away = l1().chain().head()->header().number;
        start();
        ASSERT_FALSE(network_->is_ready());
        pool_->first_away = UINT64_MAX;
        start();
        // It is on its way already, and a block has the payment.
        EXPECT_EQ(standing(root) + standing(payment), "waits stands ");
        settle_all();
        EXPECT_EQ(standing(root) + standing(payment), "stands stands ");
        expect_as_fresh();
    }
}

// What is in flight was built on what L1 then undoes.
TEST_F(BuilderNetworks, have_wait_what_is_in_flight_behind_an_operation_that_l1_undid) {
    const auto before = l1().chain().head()->hash;
    const Hash first = send(transfer());
    const Hash first_asked = send(asking());
    settle_all();
    ASSERT_EQ(standing(first) + standing(first_asked), "stands stands ");
    const Hash second = send(transfer());
    const Hash second_asked = send(asking());
    work();
    ASSERT_TRUE(network_->node().in_flight());
    l1().set_head(before);
    pool_->has_pooled = false;
    for (int i = 0; i < 12; ++i) pool_->mine_empty();
    network_->on_new_head();
    network_->tick();
    for (const Hash& each : {first, first_asked, second, second_asked})
        EXPECT_EQ(standing(each), "waits ");
    settle_all();
    for (const Hash& each : {first, first_asked, second, second_asked})
        EXPECT_EQ(standing(each), "stands ");
    EXPECT_TRUE(told_.refusals.empty()) << told_.refusals.front();
    expect_as_fresh();
}

// A block is followed, the next one can't be read, and then neither is on L1.
TEST_F(BuilderNetworks, refuse_nothing_that_waits_when_l1_undoes_its_block) {
    const Hash root = send(asking());
    const auto before = l1().chain().head()->hash;
    work();
    pool_->mine();
    pool_->mine_empty();
    pool_->first_away = l1().chain().head()->header().number;
    network_->on_new_head();
    network_->tick();
    EXPECT_FALSE(network_->is_ready());
    l1().set_head(before);
    for (int i = 0; i < 3; ++i) pool_->mine_empty();
    pool_->first_away = UINT64_MAX;
    network_->on_new_head();
    network_->tick();
    EXPECT_EQ(standing(root), "waits ");
    settle_all();
    EXPECT_EQ(standing(root), "stands ");
    EXPECT_TRUE(told_.refusals.empty());
    expect_as_fresh();
}

// A kill takes what was not committed; what was answered was.
TEST_F(BuilderNetworks, account_for_every_root_wherever_they_end) {
    on_disk();
    enum class Step : uint8_t { root, operation, pay, tick, mine, miss, drop, reorganise };
    using enum Step;
    const std::vector<Step> steps{root,       operation, tick, pay,  miss, tick,      root, mine,
                                  tick,       mine,      pay,  tick, root, tick,      drop, tick,
                                  miss,       miss,      miss, mine, root, operation, tick, mine,
                                  reorganise, tick,      mine, tick, mine};
    std::vector<Hash> taken;
    uint64_t alice = nonce_of(world_.alice()), bob = nonce_of(world_.bob());
    Hash before_last = l1().chain().head()->hash;
    for (size_t i = 0; i < steps.size(); ++i) {
        SCOPED_TRACE(i);
        switch (steps[i]) {
            case root:
                taken.push_back(send(asking_with(alice++)));
                break;
            case operation: {
                const auto one = transfer();
                if (!network_->next_operation_nonce(one.operation.operation.account))
                    taken.push_back(send(one));
                break;
            }
            case pay:
                taken.push_back(send(on_a(world_.bob(), bob++, world_.alice().address, {}, 5)));
                break;
            case tick:
                now_ms_ += 12'000;
                network_->tick();
                break;
            case mine:
                before_last = l1().chain().head()->hash;
                pool_->mine();
                break;
            case miss:
                pool_->mine_empty();
                break;
            case drop:
                pool_->has_pooled = false;
                break;
            case reorganise:
                l1().set_head(before_last);
                pool_->has_pooled = false;
                pool_->mine_empty();
                pool_->mine_empty();
                break;
        }
        // It ends here: before L1's new head is seen, or after; what it did since is lost.
        if (i % 2 == 1) {
            network_->on_new_head();
            network_->tick();
        }
        start();
        for (const auto& each : taken) {
            const auto is = standing(each);
            EXPECT_TRUE(is == "stands " || is == "waits ") << is;
        }
    }
    settle_all();
    for (const auto& each : taken) EXPECT_EQ(standing(each), "stands ");
    EXPECT_EQ(nonce_of(world_.alice()), alice);
    EXPECT_EQ(nonce_of(world_.bob()), bob);
    expect_as_fresh();
}

}  // namespace
}  // namespace scope::service
