#include <gmock/gmock.h>

#include "base/hex.hpp"
#include "demo/stories.hpp"
#include "demo/world.hpp"
#include "execution/forced.hpp"
#include "failing_state/failing_state.hpp"
#include "rollup/follower.hpp"
#include "state/unavailable.hpp"
#include "types/signing.hpp"

// A scope whose chains' states fail at any read: what reads throws, and leaves the scope as it was.

namespace scope::builder {
namespace {

using demo::A;
using demo::L1;

demo::World& world() {
    static const demo::Progress progress;
    static demo::World instance{devnet::Artifacts::locate(), DataAvailability::calldata, progress};
    return instance;
}

/// L1 as the world has it, with states that fail.
class FailingL1 final : public l1::L1View {
  public:
    FailingL1(const l1::LocalL1& l1, std::shared_ptr<testing::ReadCount> count)
        : l1_(l1), count_(std::move(count)) {}

    [[nodiscard]] const chain::ChainSpec& spec() const override { return l1_.spec(); }
    [[nodiscard]] Result<l1::L1Head, l1::L1Error> head() const override { return l1_.head(); }
    [[nodiscard]] Result<std::shared_ptr<const state::StateView>, l1::L1Error> state(
        const Hash& block) const override {
        return std::make_shared<const testing::FailingState>(l1_.chain().state_after(block),
                                                             count_);
    }
    [[nodiscard]] Result<std::unique_ptr<execution::BlockHashes>, l1::L1Error> ancestors(
        const Hash& parent) const override {
        return l1_.ancestors(parent);
    }
    [[nodiscard]] Result<chain::BlockAttributes, l1::L1Error> next_block() const override {
        return l1_.next_block();
    }

  private:
    const l1::LocalL1& l1_;
    std::shared_ptr<testing::ReadCount> count_;
};

/// The world's chains, followed by somebody whose states of heads fail.
struct FailingWorld {
    FailingWorld() {
        const auto& network = world().network();
        auto configs = network.rollups;
        for (auto& config : configs) config.spec.forced = std::make_shared<execution::Forced>();
        follower.emplace(world().devnet().l1(), configs, network.first_l1_block);
        CHECK(follower->advance());
        for (const auto& [chain_id, rollup] : follower->rollups()) {
            const auto head = rollup.chain.head()->hash;
            const testing::FailingState state{rollup.chain.head_state(), count};
            rollup.chain.spec().forced->change_state(head, state, {});
        }
    }
    [[nodiscard]] ScopeBuilder open() const {
        auto scope =
            ScopeBuilder::open(l1, *follower, world().network().contracts, world().options());
        CHECK(scope.has_value());
        return std::move(*scope);
    }

    std::shared_ptr<testing::ReadCount> count = std::make_shared<testing::ReadCount>();
    FailingL1 l1{world().devnet().l1(), count};
    std::optional<rollup::Follower> follower;
};

/// All that a root is, as text.
std::string describe(const Result<RootResult, Refusal>& root) {
    if (!root) return "refused: " + root.error().reason;
    std::string text = to_hex(root->root_id) + " " + to_hex(root->output) + " " +
                       to_hex(root->outcome) + " " + std::to_string(root->gas_used) + " " +
                       (root->success ? "success" : "failure") + " " +
                       std::to_string(count_calls(root->calls));
    for (const auto& [chain_id, section] : root->plan)
        text += " " + std::to_string(section.fills.size()) + " " +
                std::to_string(section.records.size());
    return text;
}

/// A root on L1: it calls rollup A, which calls back.
Root swap() {
    for (const auto& story : demo::stories())
        if (story.name == "swap") return story.make(world());
    throw std::logic_error{"no such story"};
}

/// A transaction of rollup A, with the sender's next nonce there.
Transaction transaction(const devnet::Person& from, const Address& to, Bytes data) {
    const auto& chain = world().chain(A);
    Transaction tx;
    tx.type = TxType::dynamic_fee;
    tx.chain_id = A;
    tx.nonce = chain.head_state()->account(from.address).value_or(Account{}).nonce;
    tx.max_priority_fee_per_gas = 1u;
    tx.max_fee_per_gas = *chain.head()->header().base_fee_per_gas * uint256{2u} + uint256{1u};
    tx.gas_limit = 4'000'000;
    tx.to = to;
    tx.data = std::move(data);
    sign(tx, from.key);
    return tx;
}

/// A root on rollup A: it calls L1.
Root asking() {
    const auto& sites = world().sites();
    return L2Root{A,
                  transaction(world().alice(), sites.asker,
                              demo::as_root(abi::call("ask(uint256,address,uint256)", uint256{L1},
                                                      sites.answerer, uint256{6u})))};
}

/// Something that is done with a scope: it may be repeated.
using Work = std::function<std::string(ScopeBuilder&)>;

/// Expects that a failure at any read leaves the scope as it was: that @p work, done then, gives what
/// it gives without one, and so does the root that comes behind.
void expect_no_mark(const FailingWorld& failing, const Work& work, const Root& behind) {
    std::string wanted, wanted_behind;
    size_t reads = 0;
    const auto finish = [&](ScopeBuilder& scope) {
        auto text = describe(scope.add(behind));
        const auto rehearsed = scope.rehearse();
        return text + (rehearsed ? " settles" : " " + rehearsed.error().reason);
    };
    {
        failing.count->start(0);
        auto scope = failing.open();
        failing.count->start(0);
        wanted = work(scope);
        reads = failing.count->reads;
        wanted_behind = finish(scope);
    }
    EXPECT_THAT(wanted, ::testing::Not(::testing::HasSubstr("refused")));
    EXPECT_THAT(wanted_behind, ::testing::EndsWith(" settles"));
    ASSERT_GT(reads, 2u);
    for (size_t fails_at = 1; fails_at <= reads; ++fails_at) {
        SCOPED_TRACE(fails_at);
        failing.count->start(0);
        auto scope = failing.open();
        failing.count->start(fails_at);
        EXPECT_THROW((void)work(scope), state::Unavailable);
        ASSERT_TRUE(scope.roots().empty());
        ASSERT_EQ(work(scope), wanted);
        ASSERT_EQ(finish(scope), wanted_behind);
    }
}

TEST(scope_unavailable, opens_again_after_each_read_that_failed) {
    const FailingWorld failing;
    failing.count->start(0);
    (void)failing.open();
    const size_t reads = failing.count->reads;
    ASSERT_GT(reads, 10u);
    for (size_t fails_at = 1; fails_at <= reads; ++fails_at) {
        failing.count->start(fails_at);
        EXPECT_THROW((void)failing.open(), state::Unavailable);
        (void)failing.open();
    }
}

TEST(scope_unavailable, leaves_no_mark_of_a_root) {
    const FailingWorld failing;
    const auto expect_of = [&](const Root& root, const Root& behind) {
        expect_no_mark(
            failing, [&](ScopeBuilder& scope) { return describe(scope.add(root)); }, behind);
        expect_no_mark(
            failing, [&](ScopeBuilder& scope) { return describe(scope.simulate(root)); }, behind);
    };
    const Root on_l1 = swap(), on_rollup = asking();
    expect_of(on_l1, on_rollup);
    expect_of(on_rollup, on_l1);
}

TEST(scope_unavailable, leaves_no_mark_of_an_ordinary_transaction) {
    const FailingWorld failing;
    const auto tx =
        transaction(world().bob(), world().sites().rollups.at(A).usd,
                    abi::call("transfer(address,uint256)", world().alice().address, uint256{}));
    expect_no_mark(
        failing,
        [&](ScopeBuilder& scope) {
            const auto outcome = scope.add_transaction(A, tx);
            return outcome ? std::to_string(outcome->gas_used)
                           : "refused: " + outcome.error().reason;
        },
        swap());
}

}  // namespace
}  // namespace scope::builder
