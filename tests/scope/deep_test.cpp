#include <gtest/gtest.h>

#include "devnet/deployment.hpp"
#include "devnet/genesis.hpp"
#include "scenarios/scenario_world.hpp"
#include "types/signing.hpp"

/// One user's root through a ring of rollups, on each as deep as its EVM allows: what it takes of
/// the builder's native stack.
namespace scope::scenarios {
namespace {

constexpr size_t RING = 12;

class Ring {
  public:
    /// @param first  Chain id of the first rollup.
    /// @param floor  Gas with which a Diver goes on to the next one.
    Ring(uint64_t first, const uint256& floor) : first_(first) {
        const auto diver = world_.deploy(A, "Counters", "Diver");
        world_.heads();
        diver_ = diver.address;
        const auto settlement = world_.demo().network().contracts;
        const auto state = world_.demo().chain(A).head_state();
        node::Network network{.contracts = settlement, .rollups = {}};
        for (size_t i = 0; i < RING; ++i) {
            auto alloc = devnet::rollup_alloc(state->code(rollup::PREDEPLOY)->bytes);
            alloc[world_.demo().alice().address].balance = uint256{ETHER};
            const auto word = [](const uint256& value) { return to_be(value); };
            alloc[diver_] = {.nonce = 1,
                             .balance = {},
                             .code = state->code(diver_)->bytes,
                             .storage = {{word(0u), word(to_uint256(rollup::PREDEPLOY))},
                                         {word(1u), word(uint256{first_ + (i + 1) % RING})},
                                         {word(2u), word(to_uint256(diver_))},
                                         {word(3u), word(floor)}}};
            network.rollups.push_back(devnet::rollup_config(
                ChainId{first_ + i}, settlement.settlement, std::move(alloc)));
        }
        register_all(network);
        auto& l1 = world_.demo().devnet().l1();
        const std::shared_ptr<l1::LocalL1> shared{&l1, [](auto*) {}};
        node_ = std::make_unique<node::Node>(
            network, node::Components{
                         .source = shared,
                         .attester = {},
                         .builder = node::Components::Builder{
                             .view = shared,
                             .sender = shared,
                             .prover = std::shared_ptr<prover::Prover>{&world_.demo().committee(),
                                                                       [](auto*) {}},
                             .options = world_.demo().options()}});
    }

    Result<builder::RootResult, builder::Refusal> dive(uint64_t hops) {
        Transaction tx;
        tx.type = TxType::dynamic_fee;
        tx.chain_id = ChainId{first_};
        tx.max_priority_fee_per_gas = uint256{demo::GWEI};
        tx.max_fee_per_gas = uint256{20 * demo::GWEI};
        tx.gas_limit = 16'700'000;
        tx.to = diver_;
        tx.data =
            demo::as_root(abi::call("dive(uint256,uint64)", uint256{hops}, uint256{14'000'000u}));
        sign(tx, world_.demo().alice().key);
        auto scope = node_->open_scope();
        if (!scope) throw std::runtime_error{to_string(scope.error())};
        return scope->add(builder::L2Root{ChainId{first_}, tx});
    }

  private:
    void register_all(const node::Network& network) {
        const auto& contracts = network.contracts;
        for (const auto& config : network.rollups) {
            const chain::Chain genesis{config.spec, config.genesis};
            world_.call({L1, contracts.registry},
                        world_.demo().register_rollup(config, genesis.head()->header()),
                        devnet::registration_value(config));
        }
        world_.heads();
    }

    ScenarioWorld& world_ = ScenarioWorld::instance();
    uint64_t first_;
    Address diver_;
    std::unique_ptr<node::Node> node_;
};

TEST(Deep, a_root_through_a_ring_of_rollups_ends_without_the_end_of_the_stack) {
    Ring ring{903, uint256{150'000u}};
    for (const uint64_t hops : {5u, 12u, 40u}) {
        const auto added = ring.dive(hops);
        if (!added) EXPECT_FALSE(added.error().reason.empty());
    }
}

TEST(Deep, one_more_nested_call_than_the_protocol_allows_fails_where_it_is_made) {
    Ring ring{1'003, ~uint256{}};
    const auto allowed = ring.dive(protocol::MAX_DEPTH);
    ASSERT_TRUE(allowed.has_value()) << allowed.error().reason;
    EXPECT_TRUE(allowed->success);
    EXPECT_EQ(builder::count_calls(allowed->calls), protocol::MAX_DEPTH);
    const auto deeper = ring.dive(protocol::MAX_DEPTH + 1);
    ASSERT_TRUE(deeper.has_value()) << deeper.error().reason;
    EXPECT_FALSE(deeper->success);
    EXPECT_EQ(deeper->output, abi::call("TooDeep()"));
}

}  // namespace
}  // namespace scope::scenarios
