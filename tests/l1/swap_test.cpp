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

TEST_F(RpcSwap, takes_fewer_round_trips_where_what_it_touches_is_named) {
    const uint64_t cold = trips_of([&] { swap_on(view_); });
    const RpcL1View other{world_.devnet().l1().spec(), endpoint_, {.slot_s = demo::SLOT_S}};
    const uint64_t named = trips_of([&] {
        const Hash head = other.head()->hash;
        std::vector<Touch> touches;
        const auto& sites = world_.sites();
        for (const Address& site : {sites.settlement, sites.l1_callable, sites.verifier,
                                    sites.bridge, sites.usd, sites.gold, sites.remote_swap})
            touches.push_back({site, {}});
        ASSERT_TRUE(other.prefetch(head, touches));
        const auto& operation = std::get<builder::L1Root>(root_).operation.operation;
        Transaction call;
        call.to = operation.target;
        call.data = operation.data;
        call.gas_limit = 10'000'000;
        const auto done = other.prefetch_call(head, operation.account, call);
        ASSERT_TRUE(done) << to_string(done.error());
        swap_on(other);
    });
    RecordProperty("cold", static_cast<int>(cold));
    RecordProperty("named", static_cast<int>(named));
    std::cout << "cold " << cold << ", named " << named << "\n";
    EXPECT_LE(cold, 40u);
    EXPECT_LE(named, 24u);
}

}  // namespace
}  // namespace scope::l1
