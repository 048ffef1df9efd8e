#include "builder/root_call.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "base/hex.hpp"
#include "builder/price.hpp"
#include "builder/test_network.hpp"
#include "state/state.hpp"
#include "types/signing.hpp"

namespace scope::builder {
namespace {

using namespace literals;
using rollup::test::Author;
using rollup::test::L1_CHAIN;
using test::CHAIN;
using test::REMOTE;
using test::TestNetwork;
using test::with_batons;
using testing::HasSubstr;

constexpr Address CONTRACT = "0x00000000000000000000000000000000000000c1"_address;
constexpr Address STRANGER = "0x00000000000000000000000000000000000000a9"_address;
/// Counts in slot 0 and returns ORIGIN, CALLER and the count.
const Bytes COUNTER = "325f52336020525f54600101806040525f5560605ff3"_hex;

/// A network with CONTRACT on all chains.
test::NetworkChanges with_contract() {
    auto changes = with_batons();
    changes.l1[CONTRACT].code = COUNTER;
    changes.rollup = [others = changes.rollup](rollup::RollupConfig& config) {
        others(config);
        config.genesis.alloc[CONTRACT].code = COUNTER;
    };
    return changes;
}

RootCall call_on(ChainId chain_id) {
    RootCall call{.chain_id = chain_id, .from = STRANGER, .transaction = {}};
    call.transaction.type = TxType::dynamic_fee;
    call.transaction.chain_id = chain_id;
    call.transaction.gas_limit = 200'000;
    call.transaction.to = CONTRACT;
    return call;
}

Bytes answer(const Address& origin, const Address& caller, uint64_t count) {
    return concat(Bytes(12), origin, Bytes(12), caller, to_be(uint256{count}));
}

TEST(root_call, runs_what_nobody_signed_and_keeps_nothing) {
    const TestNetwork network{with_contract()};
    auto scope = network.open();
    for (int again = 0; again < 2; ++again) {
        const auto result = scope.simulate_call(call_on(CHAIN));
        ASSERT_TRUE(result.has_value()) << result.error().to_string();
        EXPECT_TRUE(result->outcome.succeeded());
        EXPECT_EQ(result->outcome.output, answer(STRANGER, STRANGER, 1));
        EXPECT_EQ(result->root.output, result->outcome.output);
        EXPECT_EQ(result->root.context.root_index, uint256{});
        EXPECT_FALSE(result->root.root_id.is_zero());
    }
    EXPECT_TRUE(scope.roots().empty());
    EXPECT_EQ(scope.rehearse().error().rule, SealRule::empty);
}

TEST(root_call, is_called_on_l1_by_who_asks_and_not_by_the_submitter) {
    const TestNetwork network{with_contract()};
    auto scope = network.open();
    for (int again = 0; again < 2; ++again) {
        const auto result = scope.simulate_call(call_on(L1_CHAIN));
        ASSERT_TRUE(result.has_value()) << result.error().to_string();
        EXPECT_EQ(result->outcome.output,
                  answer(network.options.submitter->address(), STRANGER, 1));
        EXPECT_EQ(result->root.gas_used, result->outcome.gas_used);
    }
}

TEST(root_call, stands_behind_the_roots_that_the_scope_has) {
    const TestNetwork network{with_contract()};
    auto scope = network.open();
    Author author;
    ASSERT_TRUE(scope.add(L2Root{CHAIN, author.root()}).has_value());
    const auto result = scope.simulate_call(call_on(CHAIN));
    ASSERT_TRUE(result.has_value());
    EXPECT_EQ(result->root.context.root_index, uint256{1u});
}

TEST(root_call, can_be_prepared_on_every_chain) {
    const TestNetwork network{with_contract()};
    auto scope = network.open();
    for (const ChainId chain_id : {L1_CHAIN, CHAIN, REMOTE}) {
        auto call = call_on(chain_id);
        std::vector<ChainId> prepared;
        call.prepare = [&](ChainId id, state::State& state) {
            prepared.push_back(id);
            if (id == chain_id) state.set_storage(CONTRACT, {}, to_be(uint256{41u}));
        };
        const auto result = scope.simulate_call(call);
        ASSERT_TRUE(result.has_value()) << result.error().to_string();
        EXPECT_EQ(BytesView{result->outcome.output}.last(32).back(), 42);
        EXPECT_EQ(prepared, (std::vector{L1_CHAIN, CHAIN, REMOTE}));
        // And is as it was afterwards.
        EXPECT_EQ(BytesView{scope.simulate_call(call_on(chain_id))->outcome.output}.back(), 1);
    }
}

TEST(root_call, has_its_instructions_traced_on_its_chain_alone) {
    class Counter final : public evm::Tracer {
      public:
        void on_call_start(const evm::Message& message) override {
            calls += message.recipient == CONTRACT ? 1 : 100;
        }
        void on_instruction(const evm::TraceStep& /*step*/) override { ++instructions; }
        int calls = 0;
        int instructions = 0;
    };
    const TestNetwork network{with_contract()};
    auto scope = network.open();
    for (const ChainId chain_id : {L1_CHAIN, CHAIN}) {
        Counter counter;
        auto call = call_on(chain_id);
        call.tracer = &counter;
        ASSERT_TRUE(scope.simulate_call(call).has_value());
        EXPECT_EQ(counter.calls, 1);
        EXPECT_EQ(counter.instructions, 18);
        Counter elsewhere;
        call.tracer = &elsewhere;
        call.traced_chain = REMOTE;
        ASSERT_TRUE(scope.simulate_call(call).has_value());
        EXPECT_EQ(elsewhere.instructions, 0);
    }
}

TEST(root_call, is_refused_by_the_rule_that_it_breaks) {
    const TestNetwork network{with_contract()};
    auto scope = network.open();
    const auto refusal_of = [&](const RootCall& call) {
        const auto result = scope.simulate_call(call);
        EXPECT_FALSE(result.has_value());
        return result ? Refusal{} : result.error();
    };
    EXPECT_EQ(refusal_of(call_on(ChainId{999})).rule, RefusalRule::unknown_chain);

    auto poor = call_on(CHAIN);
    poor.transaction.value = uint256{1u};
    EXPECT_EQ(refusal_of(poor).rule, RefusalRule::transaction);
    EXPECT_THAT(refusal_of(poor).reason, HasSubstr("insufficient_funds"));

    auto blob = call_on(CHAIN);
    blob.transaction.type = TxType::blob;
    blob.transaction.blob_versioned_hashes = {Hash{{1}}};
    EXPECT_THAT(refusal_of(blob).reason, HasSubstr("without blobs"));

    auto greedy = call_on(CHAIN);
    greedy.transaction.gas_limit = UINT64_MAX;
    EXPECT_THAT(refusal_of(greedy).reason, HasSubstr("gas"));

    // What runs and fails is an outcome.
    auto fails = call_on(L1_CHAIN);
    fails.transaction.value = uint256{1u};
    const auto result = scope.simulate_call(fails);
    ASSERT_TRUE(result.has_value());
    EXPECT_EQ(result->outcome.status, evm::Status::insufficient_balance);
}

TEST(root_call, says_what_the_builder_asks_for_it) {
    const TestNetwork network{with_contract()};
    auto options = network.options;
    for (const uint64_t margin : {0u, 100'000u}) {
        options.price.margin_percent = margin;
        auto scope = ScopeBuilder::open(*network.l1, *network.follower, network.contracts, options);
        ASSERT_TRUE(scope.has_value());
        Author author;
        auto tx = author.root();
        const RootCall call{.chain_id = CHAIN, .from = rollup::test::user(), .transaction = tx};
        const auto priced = scope->simulate_call(call);
        ASSERT_TRUE(priced.has_value()) << priced.error().to_string();
        EXPECT_EQ(priced->asked_wei.is_zero(), margin == 0);
        if (margin == 0) continue;

        const uint256 fee = priority_fee_for(priced->asked_wei, priced->outcome.gas_used);
        for (const bool enough : {false, true}) {
            Author signer;
            auto paying = signer.root();
            paying.max_priority_fee_per_gas = enough ? fee : fee - uint256{1u};
            paying.max_fee_per_gas = fee + uint256{10'000'000'000u};
            sign(paying, rollup::test::key(1));
            const auto added = scope->simulate(L2Root{CHAIN, paying});
            EXPECT_EQ(added.has_value(), enough) << added.error().to_string();
            if (enough) continue;
            EXPECT_EQ(added.error().rule, RefusalRule::underpaid);
            EXPECT_EQ(added.error().sufficient_fee, fee);
        }
    }
}

TEST(scope_builder, simulates_a_root_and_keeps_nothing) {
    const TestNetwork network{with_batons()};
    auto scope = network.open();
    Author author;
    const Root root = L2Root{CHAIN, author.root()};
    const auto simulated = scope.simulate(root);
    ASSERT_TRUE(simulated.has_value()) << simulated.error().to_string();
    EXPECT_TRUE(scope.roots().empty());
    const auto added = scope.add(root);
    ASSERT_TRUE(added.has_value()) << added.error().to_string();
    EXPECT_EQ(added->root_id, simulated->root_id);
    EXPECT_EQ(added->gas_used, simulated->gas_used);
    EXPECT_EQ(scope.simulate(root).error().reason, fmt::format("chain {}: nonce_too_low", CHAIN));
}

}  // namespace
}  // namespace scope::builder
