// The demonstration's swap, simulated on an L1 that is asked over JSON-RPC.

#include <gtest/gtest.h>

#include "demo/stories.hpp"
#include "l1/rpc_l1_view.hpp"
#include "served.hpp"

namespace scope::l1 {
namespace {

class RpcSwap : public ::testing::Test {
  protected:
    /// Returns what a scope of the swap alone comes to, which settles nothing.
    builder::RootResult swap_on(const L1View& view) {
        auto scope = builder::ScopeBuilder::open(view, world_.devnet().node().follower(),
                                                 world_.network().contracts, world_.options());
        EXPECT_TRUE(scope) << to_string(scope.error());
        auto result = scope->add(root_);
        EXPECT_TRUE(result) << result.error().to_string();
        EXPECT_TRUE(result->success);
        return std::move(*result);
    }
    void expect_as_on_the_l1_itself(const builder::RootResult& told) {
        const auto own = swap_on(world_.devnet().l1());
        EXPECT_EQ(told.root_id, own.root_id);
        EXPECT_EQ(told.output, own.output);
        EXPECT_EQ(told.outcome, own.outcome);
        EXPECT_EQ(told.gas_used, own.gas_used);
        EXPECT_EQ(builder::count_calls(told.calls), builder::count_calls(own.calls));
    }
    [[nodiscard]] uint64_t trips() const { return endpoint_->counts().round_trips; }
    /// Returns the round trips that @p run takes.
    template <typename Run>
    uint64_t trips_of(Run&& run) {
        const uint64_t before = trips();
        run();
        return trips() - before;
    }

    demo::Progress progress_;
    demo::World world_{demo::Artifacts::locate(), builder::DataAvailability::calldata, progress_};
    builder::Root root_ = demo::stories()[0].make(world_);
    LocalL1Network network_{world_.devnet().l1()};
    rpc::Service service_{network_};
    Served served_{service_, demo::L1};
    std::shared_ptr<const RpcEndpoint> endpoint_ = served_.endpoint();
    RpcL1View view_{world_.devnet().l1().spec(), endpoint_, {.slot_s = demo::SLOT_S}};
};

TEST_F(RpcSwap, stands_on_the_same_chain_with_all_that_settled_on_it) {
    expect_same_chain(world_.devnet().l1(), RpcL1Source{endpoint_});
}

TEST_F(RpcSwap, takes_two_round_trips_where_one_was_before) {
    expect_as_on_the_l1_itself(swap_on(view_));
    for (int i = 0; i < 3; ++i) {
        ASSERT_TRUE(world_.devnet().l1().mine({}));
        ASSERT_TRUE(world_.devnet().node().follow());
        const uint64_t before = trips();
        expect_as_on_the_l1_itself(swap_on(view_));
        EXPECT_EQ(trips() - before, 2u);  // the head, and all that the last one touched
    }
}

TEST_F(RpcSwap, takes_twelve_round_trips_where_nothing_is_known_and_it_is_rehearsed) {
    const auto trips_with = [&](const Foreseen* foreseen) {
        const RpcL1View view{world_.devnet().l1().spec(), endpoint_, {.slot_s = demo::SLOT_S}};
        return trips_of([&] {
            if (foreseen != nullptr)
                view.rehearse(*foreseen, [&](const L1View& guessed) {
                    auto scope =
                        builder::ScopeBuilder::open(guessed, world_.devnet().node().follower(),
                                                    world_.network().contracts, world_.options());
                    if (scope) (void)scope->add(root_);
                });
            expect_as_on_the_l1_itself(swap_on(view));
        });
    };
    // What a builder knows: the network's contracts, and the operation.
    const auto& sites = world_.sites();
    const auto& operation = std::get<builder::L1Root>(root_).operation.operation;
    Foreseen foreseen{
        .contracts = {sites.settlement, sites.l1_callable, sites.verifier, sites.bridge},
        .call = Foreseen::Call{.from = operation.account, .transaction = {}}};
    foreseen.call->transaction.to = operation.target;
    foreseen.call->transaction.data = operation.data;
    foreseen.call->transaction.gas_limit = 10'000'000;
    const Foreseen nothing;
    const uint64_t cold = trips_with(nullptr);
    const uint64_t rehearsed = trips_with(&nothing);
    const uint64_t both = trips_with(&foreseen);
    std::cout << fmt::format("cold {}, rehearsed {}, foreseen too {}\n", cold, rehearsed, both);
    EXPECT_LE(cold, 40u);
    EXPECT_LE(rehearsed, 24u);
    EXPECT_LE(both, 12u);
}

TEST_F(RpcSwap, takes_no_further_round_trip_to_rehearse_what_is_known) {
    expect_as_on_the_l1_itself(swap_on(view_));
    ASSERT_TRUE(world_.devnet().l1().mine({}));
    ASSERT_TRUE(world_.devnet().node().follow());
    EXPECT_EQ(trips_of([&] {
                  view_.rehearse({}, [&](const L1View& guessed) {
                      auto scope =
                          builder::ScopeBuilder::open(guessed, world_.devnet().node().follower(),
                                                      world_.network().contracts, world_.options());
                      ASSERT_TRUE(scope);
                      EXPECT_TRUE(scope->add(root_));
                  });
                  expect_as_on_the_l1_itself(swap_on(view_));
              }),
              3u);
}

}  // namespace
}  // namespace scope::l1
