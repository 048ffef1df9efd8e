#include <gmock/gmock.h>

#include "base/hex.hpp"
#include "demo/stories.hpp"
#include "demo/world.hpp"
#include "devnet/deployment.hpp"
#include "prover/attester.hpp"
#include "rollup/follower.hpp"
#include "types/signing.hpp"

namespace scope::builder {
namespace {

using demo::A;
using demo::B;
using demo::L1;
using testing::HasSubstr;

/// One world for all tests of this file; each leaves it as it found it, or settled.
demo::World& world() {
    static const demo::Progress progress;
    static demo::World instance{devnet::Artifacts::locate(), DataAvailability::blobs, progress};
    return instance;
}

node::Node& node() {
    return world().devnet().node();
}

const demo::Story& story(std::string_view name) {
    for (const auto& candidate : demo::stories())
        if (candidate.name == name) return candidate;
    throw std::logic_error{"no such story"};
}

std::vector<Hash> heads() {
    std::vector<Hash> out;
    for (const ChainId id : {L1, A, B}) out.push_back(world().chain(id).head()->hash);
    return out;
}

/// A root of @p from that the world's own count of nonces does not know.
Transaction transaction(ChainId chain_id, const devnet::Person& from, const Address& to,
                        Bytes data) {
    const auto& chain = world().chain(chain_id);
    const auto account = chain.head_state()->account(from.address);
    Transaction tx;
    tx.type = TxType::dynamic_fee;
    tx.chain_id = chain_id;
    tx.nonce = account ? account->nonce : 0;
    tx.max_priority_fee_per_gas = 1u;
    tx.max_fee_per_gas = *chain.head()->header().base_fee_per_gas * uint256{2u} + uint256{1u};
    tx.gas_limit = 4'000'000;
    tx.to = to;
    tx.data = demo::as_root(std::move(data));
    sign(tx, from.key);
    return tx;
}

/// Returns a rollup that L1 knows, and so do others, but not this builder.
ChainId unfollowed_rollup() {
    static const ChainId CHAIN = [] {
        const auto& contracts = world().network().contracts;
        const auto config =
            devnet::rollup_config(ChainId{77}, contracts.settlement, devnet::rollup_alloc({}));
        const chain::Chain genesis{config.spec, config.genesis};
        world().call_on_l1(contracts.registry,
                           world().register_rollup(config, genesis.head()->header()),
                           devnet::registration_value(config));
        return config.chain_id();
    }();
    return CHAIN;
}

Bytes ask(ChainId chain_id, const Address& answerer) {
    return abi::call("ask(uint256,address,uint256)", uint256{chain_id}, answerer, uint256{6u});
}

Transaction asking(ChainId chain_id, const Address& answerer) {
    return transaction(A, world().alice(), world().sites().asker, ask(chain_id, answerer));
}

/// Adds a root to a scope of its own, which is not settled.
Result<RootResult, Refusal> try_root(const Root& root) {
    auto scope = world().open();
    return scope.add(root);
}

void expect_refused(const Root& root, RefusalRule rule, const std::string& reason) {
    const auto before = heads();
    const auto refused = try_root(root);
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(to_string(refused.error().rule), to_string(rule));
    EXPECT_THAT(refused.error().reason, HasSubstr(reason));
    EXPECT_EQ(heads(), before);
}

L1Root signed_operation(protocol::Operation operation) {
    const auto signature =
        crypto::sign(protocol::operation_digest(world().network().contracts.settlement, operation),
                     world().alice().key);
    auto bytes = to_bytes(crypto::to_rsv(signature));
    return {.operation = {std::move(operation), std::move(bytes), {}}, .root_index = {}};
}

protocol::Operation sample_operation() {
    const auto root = std::get<L1Root>(story("swap").make(world()));
    return root.operation.operation;
}

}  // namespace

TEST(refusal, names_a_rollup_that_is_not_there) {
    expect_refused(L2Root{ChainId{999}, asking(L1, world().sites().answerer)},
                   RefusalRule::unknown_chain, "no rollup 999");
}

TEST(refusal, names_the_rule_that_a_transaction_breaks) {
    const auto rule = [&](auto change, const std::string& reason) {
        auto tx = asking(L1, world().sites().answerer);
        change(tx);
        sign(tx, world().alice().key);
        expect_refused(L2Root{A, tx}, RefusalRule::transaction, reason);
    };
    rule([](Transaction& tx) { tx.nonce += 1; }, "nonce_too_high");
    rule([](Transaction& tx) { tx.chain_id = B; }, "wrong_chain_id");
    rule([](Transaction& tx) { tx.max_fee_per_gas = tx.max_priority_fee_per_gas = 1u; },
         "fee_below_base_fee");
    rule([](Transaction& tx) { tx.gas_limit = 21'000; }, "intrinsic_gas_too_low");
    rule([](Transaction& tx) { tx.value = uint256{1u} << 200; }, "insufficient_funds");
}

TEST(refusal, a_root_is_a_users_transaction) {
    auto tx = asking(L1, world().sites().answerer);
    tx.type = TxType::system;
    expect_refused(L2Root{A, tx}, RefusalRule::transaction, "user's transaction");
}

TEST(refusal, names_the_rule_that_an_operation_breaks) {
    const auto rule = [&](auto change, const std::string& reason) {
        auto operation = sample_operation();
        change(operation);
        expect_refused(signed_operation(operation), RefusalRule::operation, reason);
    };
    rule([](protocol::Operation& o) { o.nonce += 1u; }, "nonce");
    rule([](protocol::Operation& o) { o.deadline = 1u; }, "deadline");
    rule([](protocol::Operation& o) { o.submitter[0] ^= 1; }, "submitter");
    rule([](protocol::Operation& o) { o.account[0] ^= 1; }, "not delegated");
    rule([](protocol::Operation& o) { o.outcome = Hash{{1}}; }, "outcome");
}

TEST(refusal, of_an_operation_that_another_key_signed) {
    auto root = signed_operation(sample_operation());
    root.operation.operation.value += 1u;  // no longer what was signed
    expect_refused(root, RefusalRule::operation, "WrongSignature");
}

TEST(refusal, tells_the_call_to_a_chain_outside_the_scope) {
    const auto refused = try_root(L2Root{A, asking(unfollowed_rollup(), world().sites().answerer)});
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(to_string(refused.error().rule), to_string(RefusalRule::unknown_chain));
    EXPECT_THAT(refused.error().reason, HasSubstr("calls chain 77"));
    ASSERT_EQ(refused.error().calls.size(), 1u);
    EXPECT_EQ(refused.error().calls[0].request.to, world().sites().answerer);
    EXPECT_THAT(refused.error().to_string(), HasSubstr("chain 901 -> 77"));
}

TEST(root, that_calls_a_chain_that_nobody_registered_fails_by_itself) {
    const auto root = try_root(L2Root{A, asking(ChainId{78}, world().sites().answerer)});
    ASSERT_TRUE(root.has_value()) << root.error().to_string();
    EXPECT_FALSE(root->success);
    EXPECT_EQ(root->output, abi::call("UnknownChain(uint256)", uint256{78u}));
    EXPECT_TRUE(root->calls.empty());
}

TEST(root, that_fails_as_a_whole_settles_without_effect_and_says_why) {
    // The answerer finds that its caller is not asking: the user calls it through nobody.
    const std::tuple request{world().sites().answerer, uint256{}, uint256{300'000u},
                             abi::call("answer(uint256)", uint256{7u})};
    const auto data = abi::call("scopedCall(uint256,address,(address,uint256,uint256,bytes))",
                                uint256{L1}, world().alice().address, request);
    auto scope = world().open();
    const auto root =
        scope.add(L2Root{A, transaction(A, world().alice(), rollup::PREDEPLOY, data)});
    ASSERT_TRUE(root.has_value()) << root.error().to_string();
    EXPECT_FALSE(root->success);
    ASSERT_EQ(root->calls.size(), 1u);
    EXPECT_FALSE(root->calls[0].success);
    EXPECT_FALSE(root->calls[0].kept);
    const auto bundle = node().seal(scope);
    ASSERT_TRUE(bundle.has_value()) << to_string(bundle.error());
    ASSERT_TRUE(node().settle(*bundle).has_value());
}

TEST(scope, without_roots_has_nothing_to_settle) {
    auto scope = world().open();
    const auto bundle = node().seal(scope);
    ASSERT_FALSE(bundle.has_value());
    EXPECT_EQ(bundle.error().rule, SealRule::empty);
}

TEST(scope, a_refused_root_leaves_no_trace) {
    const auto build = [&](bool with_refused) {
        auto scope = world().open();
        if (with_refused) {
            EXPECT_FALSE(scope.add(L2Root{A, asking(unfollowed_rollup(), world().sites().answerer)})
                             .has_value());
            auto operation = sample_operation();
            operation.outcome = Hash{{1}};
            EXPECT_FALSE(scope.add(signed_operation(operation)).has_value());
        }
        EXPECT_TRUE(scope.add(L2Root{A, asking(L1, world().sites().answerer)}).has_value());
        auto bundle = node().seal(scope);
        EXPECT_TRUE(bundle.has_value());
        return protocol::execute_scope(bundle->scope);
    };
    EXPECT_EQ(build(true), build(false));
}

TEST(scope, settles_with_batches_in_calldata_and_in_blobs) {
    for (const auto where : {DataAvailability::calldata, DataAvailability::blobs}) {
        auto options = world().options();
        options.data_availability = where;
        auto scope = world().open(options);
        const L2Root root{A, asking(L1, world().sites().answerer)};
        ASSERT_TRUE(scope.add(root).has_value());
        const auto bundle = node().seal(scope);
        ASSERT_TRUE(bundle.has_value()) << to_string(bundle.error());
        EXPECT_EQ(bundle->transaction.type,
                  where == DataAvailability::blobs ? TxType::blob : TxType::dynamic_fee);
        const auto before = heads();
        const auto settled = node().settle(*bundle);
        ASSERT_TRUE(settled.has_value());
        EXPECT_NE(heads()[0], before[0]);
        EXPECT_NE(heads()[1], before[1]);
        EXPECT_EQ(heads()[2], before[2]);  // B took no part

        // A second time it can't, neither the bundle nor the root.
        expect_refused(root, RefusalRule::transaction, "nonce_too_low");
        EXPECT_EQ(node().settle(*bundle).error().rule, node::SettleRule::stale);
    }
}

TEST(scope, a_bundle_on_a_drifted_l1_is_refused_by_its_environment) {
    // TIMESTAMP STOP, behind what returns it.
    const auto clock = world().create_on_l1(from_hex("6142005f526002601ef3").value());
    auto operation = sample_operation();
    operation.nonce += 1u;
    operation.target = clock;
    operation.data.clear();
    auto scope = world().open();
    ASSERT_TRUE(scope.add(signed_operation(sample_operation())).has_value());
    ASSERT_TRUE(scope.add(signed_operation(operation)).has_value());
    const auto bundle = node().seal(scope);
    ASSERT_TRUE(bundle.has_value());
    auto later = bundle->attributes;
    later.timestamp_s += 1;
    const auto outcome = dry_run(*read_snapshot(world().devnet().l1()), later, bundle->transaction);
    ASSERT_TRUE(outcome.has_value());
    EXPECT_FALSE(outcome->succeeded());
    EXPECT_THAT(describe_revert(outcome->output), HasSubstr("EnvironmentDrifted(2,"));
}

/// Expects a bundle to revert for a reason on L1 as it is, and to cost at most so much more than every
/// transaction of its bytes.
void expect_cheap_revert(const Bundle& bundle, const std::string& reason) {
    constexpr uint64_t MOST_GAS = 40'000;
    const auto snapshot = read_snapshot(world().devnet().l1());
    const auto outcome = dry_run(*snapshot, snapshot->next, bundle.transaction);
    ASSERT_TRUE(outcome.has_value()) << to_string(outcome.error());
    EXPECT_THAT(describe_revert(outcome->output), HasSubstr(reason));
    const auto least = execution::intrinsic_gas(bundle.transaction, evm::Revision::osaka);
    EXPECT_LE(outcome->gas_used, std::max(least.intrinsic, least.floor) + MOST_GAS);
}

TEST(scope, drift_costs_little_gas) {
    for (const auto where : {DataAvailability::calldata, DataAvailability::blobs}) {
        auto options = world().options();
        options.data_availability = where;
        options.pins_l1_parent = true;
        const auto make = [&] {
            auto scope = world().open(options);
            EXPECT_TRUE(scope.add(signed_operation(sample_operation())).has_value());
            EXPECT_TRUE(scope.add(L2Root{A, asking(L1, world().sites().answerer)}).has_value());
            return node().seal(scope).value();
        };
        const auto pinned = make();
        world().call_on_l1(world().bob().address, {}, uint256{1u});
        expect_cheap_revert(pinned, "EnvironmentDrifted(0,");  // ParentHash

        options.pins_l1_parent = false;
        const auto late = make();
        ASSERT_TRUE(node().settle(make()).has_value());
        auto replayed = late;
        replayed.transaction.nonce += 1;
        sign(replayed.transaction, *options.submitter).value();
        expect_cheap_revert(replayed, "WrongBatchNumber");
    }
}

TEST(scope, refuses_what_no_longer_fits_and_settles_the_rest) {
    auto scope = world().open();
    auto operation = sample_operation();
    operation.gas = 12'000'000u;  // must be there when it runs, whatever it takes of it
    std::optional<Refusal> refused;
    while (!refused && scope.roots().size() < 50) {
        const auto root = scope.add(signed_operation(operation));
        operation.nonce += 1u;
        if (!root) refused = root.error();
    }
    ASSERT_TRUE(refused.has_value());
    EXPECT_EQ(to_string(refused->rule), to_string(RefusalRule::scope_full)) << refused->reason;
    EXPECT_GT(scope.roots().size(), 1u);
    const auto bundle = node().seal(scope);
    ASSERT_TRUE(bundle.has_value()) << to_string(bundle.error());
    ASSERT_TRUE(node().settle(*bundle).has_value());
}

TEST(scope, what_settled_is_what_a_follower_derives) {
    rollup::Follower follower{world().devnet().l1(), world().network().rollups};
    ASSERT_TRUE(follower.advance().has_value());
    for (const ChainId id : {A, B})
        EXPECT_EQ(follower.rollup(id)->chain.head()->hash, world().chain(id).head()->hash);
}

TEST(simulation, reaches_what_execution_does_for_every_story) {
    // ScopeBuilder refuses a root whose execution differs; so that it takes them is the property.
    auto scope = world().open();
    for (const auto& each : demo::stories()) {
        const auto root = scope.add(each.make(world()));
        ASSERT_TRUE(root.has_value()) << root.error().to_string();
        EXPECT_TRUE(root->success) << each.name;
        EXPECT_EQ(count_calls(root->calls), each.calls) << each.name;
        size_t fills = 0;
        size_t records = 0;
        for (const auto& [chain_id, section] : root->plan) {
            fills += section.fills.size();
            records += section.records.size();
        }
        EXPECT_EQ(fills, records) << each.name;
    }
    const auto bundle = node().seal(scope);
    ASSERT_TRUE(bundle.has_value()) << to_string(bundle.error());
    // Every pair's streams mirror each other, seen from the rollups.
    for (const auto& here : bundle->scope.batches) {
        for (const auto& there : bundle->scope.batches) {
            for (const auto& x : here.remotes) {
                for (const auto& y : there.remotes) {
                    if (x.chain_id != there.chain_id || y.chain_id != here.chain_id) continue;
                    EXPECT_EQ(x.hashes.requests_out, y.hashes.requests_in);
                    EXPECT_EQ(x.hashes.responses_in, y.hashes.responses_out);
                    EXPECT_EQ(x.value_out, y.value_in);
                }
            }
        }
    }
    ASSERT_TRUE(node().settle(*bundle).has_value());
}

}  // namespace scope::builder
